//! Texts and labels of whatever type in, the same of one type out, without a copy.
//!
//! What is generic over the types of its caller is compiled again in each crate that calls it, and takes minutes where it is
//! a training. So what is public takes any type and lends it at once as one of these, and all that is behind it is compiled
//! once, here.

use std::borrow::Cow;
use std::hint::black_box;
use std::ops::Range;

use crate::sentiment::Label;

trait TextList: Sync {
    fn text(&self, i: usize) -> &str;

    /// Looks at where some texts begin and end.
    fn glance(&self, texts: Range<usize>);
}

impl<T: AsRef<str> + Sync> TextList for &[T] {
    fn text(&self, i: usize) -> &str {
        self[i].as_ref()
    }

    fn glance(&self, texts: Range<usize>) {
        let ends = self[texts].iter().flat_map(|text| {
            let bytes = text.as_ref().as_bytes();
            [bytes.first(), bytes.last()].map(|byte| byte.copied().unwrap_or(0))
        });
        black_box(ends.fold(0, |any, byte| any | byte));
    }
}

/// So many texts or labels, of those to come, are looked at together. Each lies elsewhere in memory: so a processor waits for
/// them all at once, and while it works on others.
const AHEAD: usize = 32;

/// Texts, or a part of them.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    list: &'a dyn TextList,
    start: usize,
    end: usize,
}

impl<'a> Texts<'a> {
    pub(crate) fn of<T: AsRef<str> + Sync>(texts: &'a &[T]) -> Self {
        Self { list: texts, start: 0, end: texts.len() }
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(self, i: usize) -> &'a str {
        assert!(i < self.len(), "there are {} texts, not {i}", self.len());
        self.list.text(self.start + i)
    }

    /// One after the other.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = &'a str> {
        (self.start..self.end).map(move |i| {
            if (i - self.start).is_multiple_of(AHEAD) {
                self.list.glance(self.end.min(i + AHEAD)..self.end.min(i + 2 * AHEAD));
            }
            self.list.text(i)
        })
    }

    /// Those of some rows.
    pub(crate) fn pick(self, rows: &[usize]) -> Vec<&'a str> {
        rows.iter().map(|&row| self.get(row)).collect()
    }

    pub(crate) fn part(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} is not within");
        Self { start: self.start + range.start, end: self.start + range.end, ..self }
    }

    /// Parts of so many texts, the last of as many as are left.
    pub(crate) fn chunks(self, n: usize) -> impl ExactSizeIterator<Item = Self> {
        let of = move |i: usize| self.part(i * n..self.len().min((i + 1) * n));
        (0..self.len().div_ceil(n)).map(of)
    }
}

trait LabelList: Sync {
    fn label(&self, i: usize) -> Cow<'_, str>;

    /// Looks at where some labels begin.
    fn glance(&self, labels: Range<usize>);
}

impl<L: Label> LabelList for &[L] {
    fn label(&self, i: usize) -> Cow<'_, str> {
        self[i].as_label()
    }

    fn glance(&self, labels: Range<usize>) {
        black_box(self[labels].iter().fold(0, |any, label| any | label.glance()));
    }
}

/// Labels, or a part of them.
#[derive(Clone, Copy)]
pub(crate) struct Labels<'a> {
    list: &'a dyn LabelList,
    start: usize,
    end: usize,
}

impl<'a> Labels<'a> {
    pub(crate) fn of<L: Label>(labels: &'a &[L]) -> Self {
        Self { list: labels, start: 0, end: labels.len() }
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Cow<'a, str>> {
        (self.start..self.end).map(move |i| {
            if (i - self.start).is_multiple_of(AHEAD) {
                self.list.glance(self.end.min(i + AHEAD)..self.end.min(i + 2 * AHEAD));
            }
            self.list.label(i)
        })
    }

    /// Those of some rows.
    pub(crate) fn pick(self, rows: &[usize]) -> Vec<Cow<'a, str>> {
        rows.iter().map(|&row| self.list.label(self.start + row)).collect()
    }

    pub(crate) fn part(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} is not within");
        Self { start: self.start + range.start, end: self.start + range.end, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_rows_are_those_of_the_whole() {
        let texts = ["a", "b", "c", "d", "e"].map(String::from);
        let all = &texts[..];
        let all = Texts::of(&all);
        let chunks: Vec<Vec<&str>> = all.chunks(2).map(|part| part.iter().collect()).collect();
        assert_eq!(chunks, [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
        let part = all.part(1..4);
        assert_eq!((part.len(), part.get(2), part.pick(&[1, 0])), (3, "d", vec!["c", "b"]));
        assert!(part.part(1..1).is_empty() && all.part(5..5).chunks(3).len() == 0);
        let labels = &[true, false][..];
        let labels = Labels::of(&labels);
        assert_eq!((labels.len(), labels.pick(&[1])), (2, vec![Cow::from("false")]));
        assert_eq!(labels.iter().collect::<Vec<_>>(), ["true", "false"]);
        let part = labels.part(1..2);
        assert_eq!((part.len(), part.pick(&[0])), (1, vec![Cow::from("false")]));
    }
}
