//! Labelled texts from a file.
//!
//! A file of tab-separated values in; labels and texts out, every one of them or an error that names the line. What the
//! labels mean is not known here.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::error::{Error, Result};

/// Texts and their labels; equally many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dataset {
    /// The label of each text.
    pub labels: Vec<String>,
    /// The texts.
    pub texts: Vec<String>,
}

/// Reads a file whose first line is `label<TAB>text` and each further line a label, a tab and a text.
///
/// The first tab splits; quotes are ordinary characters and there is no escaping. Lines end in LF or CR LF. A text may be
/// empty, a label may not.
///
/// Errors: [`Error::Io`], and [`Error::Dataset`] for a missing header, a line without a tab, an empty label or bytes that
/// are not UTF-8, with the number of the line.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("tweets.tsv");
/// std::fs::write(&path, "label\ttext\n1\tsay \"thanks\"\n0\tnever\tagain\n").unwrap();
/// let data = ressenti::dataset::read_tsv(&path)?;
/// assert_eq!(data.labels, ["1", "0"]);
/// assert_eq!(data.texts, ["say \"thanks\"", "never\tagain"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
pub fn read_tsv(path: impl AsRef<Path>) -> Result<Dataset> {
    let path = path.as_ref();
    let fail =
        |line: usize, problem: String| Error::Dataset { path: path.to_owned(), line, problem };
    let mut file = BufReader::new(File::open(path).map_err(Error::io("read", path))?);
    let mut data = Dataset::default();
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = file.read_until(b'\n', &mut bytes).map_err(Error::io("read", path))?;
        if read == 0 && number > 1 {
            break;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|error| {
            let (at, byte) = (error.valid_up_to(), line[error.valid_up_to()]);
            fail(
                number,
                format!(
                    "byte {byte:#04x} at position {at} is not UTF-8; convert the file to UTF-8"
                ),
            )
        })?;
        if number == 1 {
            // A mark that some editors put in front of UTF-8.
            let header = line.trim_start_matches('\u{feff}');
            if header != "label\ttext" {
                let start: String = header.chars().take(40).collect();
                let problem =
                    format!("the header is {start:?}; it must be \"label\", a tab and \"text\"");
                return Err(fail(1, problem));
            }
            continue;
        }
        let problem = match line.split_once('\t') {
            Some(("", _)) => "the label is empty; write it before the tab",
            Some((label, text)) => {
                data.labels.push(label.to_owned());
                data.texts.push(text.to_owned());
                continue;
            }
            None => "there is no tab; write the label, a tab and the text in one line",
        };
        return Err(fail(number, problem.to_owned()));
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.tsv");
        std::fs::write(&path, content).unwrap();
        read_tsv(&path).map_err(|error| match error {
            Error::Dataset { line, problem, .. } => format!("{line}: {problem}"),
            other => other.to_string(),
        })
    }

    #[test]
    fn each_malformed_line_is_named() {
        for (content, problem) in [
            (&b""[..], "1: the header is \"\"; it must be \"label\", a tab and \"text\""),
            (
                b"1\tgood\n",
                "1: the header is \"1\\tgood\"; it must be \"label\", a tab and \"text\"",
            ),
            (
                b"label\ttext\n1\tgood\nbad\n",
                "3: there is no tab; write the label, a tab and the text in one line",
            ),
            (
                b"label\ttext\n\n1\tgood\n",
                "2: there is no tab; write the label, a tab and the text in one line",
            ),
            (b"label\ttext\n\tgood\n", "2: the label is empty; write it before the tab"),
            (
                b"label\ttext\n1\tgo\xffod\n",
                "2: byte 0xff at position 4 is not UTF-8; convert the file to UTF-8",
            ),
        ] {
            assert_eq!(read(content), Err(problem.to_owned()));
        }
    }

    #[test]
    fn line_ends_marks_and_empty_texts_are_understood() {
        let data = read(b"\xef\xbb\xbflabel\ttext\r\n1\t\r\n0\t'x\"").unwrap();
        assert_eq!(
            (data.labels, data.texts),
            (vec!["1".into(), "0".into()], vec![String::new(), "'x\"".into()])
        );
        assert_eq!(read(b"label\ttext\n"), Ok(Dataset::default()));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_tsv("no/such.tsv").unwrap_err();
        assert!(error.to_string().starts_with("cannot read no/such.tsv: "), "{error}");
    }
}
