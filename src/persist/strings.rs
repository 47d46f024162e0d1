//! Sorted terms as they are stored: each as what it adds to the one before it.
//!
//! In a file a term is the number of bytes that it shares with the term before, at most 255 and up to a whole character, the
//! number of those that follow, and these. In formats that people read, it is written out. Whether terms ascend is not known
//! here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The stored form of a file.
#[derive(Serialize, Deserialize)]
struct Packed {
    shared: Vec<u8>,
    lengths: Vec<u32>,
    text: String,
}

/// Writes terms.
pub(crate) fn serialize<'t, S: Serializer>(
    terms: impl Iterator<Item = &'t str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.collect_seq(terms);
    }
    let mut packed = Packed { shared: Vec::new(), lengths: Vec::new(), text: String::new() };
    let mut last = "";
    for term in terms {
        let equal = last.bytes().zip(term.bytes()).take_while(|(a, b)| a == b).count();
        let mut shared = equal.min(u8::MAX.into());
        while !term.is_char_boundary(shared) {
            shared -= 1;
        }
        packed.shared.push(shared as u8);
        packed.lengths.push((term.len() - shared) as u32);
        packed.text.push_str(&term[shared..]);
        last = term;
    }
    packed.serialize(serializer)
}

/// Reads terms and gives each to `add`; whatever it answers is the end.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, E: std::fmt::Display>(
    deserializer: D,
    mut add: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), D::Error> {
    use serde::de::Error as _;
    if deserializer.is_human_readable() {
        let terms = Vec::<String>::deserialize(deserializer)?;
        return terms.iter().try_for_each(|term| add(term)).map_err(D::Error::custom);
    }
    let Packed { shared, lengths, text } = Packed::deserialize(deserializer)?;
    let wrong = || D::Error::custom("invalid vocabulary: lengths and text do not agree");
    if shared.len() != lengths.len() {
        return Err(wrong());
    }
    let (mut term, mut rest) = (String::new(), text.as_str());
    // Terms that share much are longer together than what was stored: no further than this, which no model needs.
    let mut room = u32::MAX as usize;
    for (shared, length) in shared.into_iter().zip(lengths) {
        let split = rest.split_at_checked(length as usize);
        let (own, after) = split.ok_or_else(wrong)?;
        if !term.is_char_boundary(shared.into()) {
            return Err(wrong());
        }
        term.truncate(shared.into());
        term.push_str(own);
        room = room.checked_sub(term.len()).ok_or_else(wrong)?;
        add(&term).map_err(D::Error::custom)?;
        rest = after;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(D::Error::custom("invalid vocabulary: text goes on after the last term"))
    }
}
