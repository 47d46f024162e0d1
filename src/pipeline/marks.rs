//! Pieces of a text and what they weigh in, a text with marks around them out.
//!
//! Where pieces lie one over the other, as those of words and of characters do, they are one mark. Why a piece weighs what it
//! does is not known here.

use std::fmt::Write;
use std::ops::Range;

/// A piece of a text that speaks for a label or against it.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let explanation = pipeline.explain("a lovely bag, and lovely it was")?;
/// let marks = explanation.marks();
/// assert_eq!((marks[0].range.clone(), marks[1].range.clone()), (2..8, 9..12));
/// assert!(marks[0].weight > 0.0 && marks[1].weight < 0.0);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mark {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What they add to the decision value of the label.
    pub weight: f64,
}

/// Marks in the making.
pub(super) struct Marks {
    pieces: Vec<Mark>,
}

impl Marks {
    pub(super) fn of(pieces: &[Range<usize>]) -> Self {
        let mark = |range: &Range<usize>| Mark { range: range.clone(), weight: 0.0 };
        Self { pieces: pieces.iter().map(mark).collect() }
    }

    /// Shares a weight among the pieces from one to before another.
    pub(super) fn add(&mut self, (first, end): (u32, u32), weight: f64) {
        let share = weight / f64::from(end - first);
        for piece in &mut self.pieces[first as usize..end as usize] {
            piece.weight += share;
        }
    }

    /// From the left, those that weigh something; those that lie one over the other are one.
    pub(super) fn finish(self) -> Vec<Mark> {
        let mut marks = self.pieces;
        marks.retain(|piece| piece.weight != 0.0 && !piece.range.is_empty());
        marks.sort_by_key(|mark| mark.range.start);
        marks.dedup_by(|next, kept| {
            let is_one = next.range.start < kept.range.end;
            if is_one {
                kept.range.end = kept.range.end.max(next.range.end);
                kept.weight += next.weight;
            }
            is_one
        });
        marks
    }
}

/// The pieces of a text between marks and under them, from the left.
fn pieces<'t>(text: &'t str, marks: &[Mark], mut each: impl FnMut(&'t str, Option<f64>)) {
    let mut end = 0;
    for Mark { range, weight } in marks {
        each(&text[end..range.start], None);
        each(&text[range.clone()], Some(*weight));
        end = range.end;
    }
    each(&text[end..], None);
}

/// See [`Explanation::marked`](super::Explanation::marked).
pub(super) fn marked(text: &str, marks: &[Mark]) -> String {
    let mut out = String::with_capacity(text.len() + 4 * marks.len());
    pieces(text, marks, |piece, weight| match weight {
        None => out.push_str(piece),
        Some(weight) => {
            let sign = if weight > 0.0 { '+' } else { '-' };
            let _ = write!(out, "[{sign}{piece}{sign}]");
        }
    });
    out
}

/// See [`Explanation::to_html`](super::Explanation::to_html).
pub(super) fn to_html(text: &str, marks: &[Mark]) -> String {
    let mut out = String::with_capacity(text.len() + 48 * marks.len());
    pieces(text, marks, |piece, weight| {
        if let Some(weight) = weight {
            let class = if weight > 0.0 { "for" } else { "against" };
            let _ = write!(out, "<mark class=\"{class}\" data-weight=\"{weight:.3}\">");
        }
        for c in piece.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                _ => out.push(c),
            }
        }
        if weight.is_some() {
            out.push_str("</mark>");
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_that_overlap_are_one_mark() {
        let mut marks = Marks::of(&[0..3, 4..7, 8..9, 0..5, 9..9]);
        marks.add((0, 2), 1.0);
        marks.add((3, 4), -3.0);
        marks.add((4, 5), 1.0);
        let marks = marks.finish();
        assert_eq!(marks, [Mark { range: 0..7, weight: -2.0 }]);
        assert_eq!(marked("bad bad <&", &marks), "[-bad bad-] <&");
        assert_eq!(
            to_html("bad bad <&\">", &marks),
            "<mark class=\"against\" data-weight=\"-2.000\">bad bad</mark> &lt;&amp;&quot;&gt;"
        );
    }
}
