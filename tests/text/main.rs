//! From texts to rows: tokens, stems and lemmas are those that were promised, and terms are counted as a naive twin counts.

#[path = "../common/mod.rs"]
mod common;

mod lemmas;
mod settings;
mod snowball;
mod social_tokens;
mod term_counts;
mod vectorizer_properties;
