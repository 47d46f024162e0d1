//! The file of a metric, read: a value a line, and what is wrong with the other lines.
//!
//! Which value is that of the run is decided here, as MLflow does. Lines are written by `records`.

use std::path::Path;

use crate::error::Result;
use crate::fs;

/// Bytes of a metric's history: ten million values.
const HISTORY_LIMIT: u64 = 1 << 28;

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MetricPoint {
    /// The step, counted by who logged it.
    pub step: i64,
    /// The value.
    pub value: f64,
    /// When it was logged, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
}

/// The first of the greatest by step, time and value, as Python's `max` finds it: nothing is greater than NaN, and NaN is
/// greater than nothing.
pub(super) fn latest(points: &[MetricPoint]) -> Option<MetricPoint> {
    let is_greater = |a: &MetricPoint, b: &MetricPoint| {
        (a.step, a.timestamp_ms, a.value) > (b.step, b.timestamp_ms, b.value)
    };
    points
        .iter()
        .copied()
        .reduce(|best, point| if is_greater(&point, &best) { point } else { best })
}

/// The values in a metric's file, and what is wrong with the other lines.
pub(super) fn read_history(path: &Path) -> Result<(Vec<MetricPoint>, Option<String>)> {
    Ok(parse_history(&fs::read_limited(path, HISTORY_LIMIT)?))
}

fn parse_history(bytes: &[u8]) -> (Vec<MetricPoint>, Option<String>) {
    if bytes.is_empty() {
        return (Vec::new(), Some("it is empty; expected a line for each value".to_owned()));
    }
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // What a killed writer left of a line may look whole, and is known by where it ends.
    let is_cut = whole.len() == bytes.len() && (bytes.len() as u64).is_multiple_of(fs::PAGE);
    let mut points = Vec::new();
    let (mut first, mut skipped, mut has_steps) = (None, 0, false);
    let mut lines = whole.split(|&byte| byte == b'\n').enumerate().peekable();
    while let Some((i, line)) = lines.next() {
        let read = if is_cut && lines.peek().is_none() {
            Err("no end: its writer was killed in the middle of it".to_owned())
        } else {
            parse_line(line, &mut has_steps)
        };
        match read {
            Ok(point) => points.push(point),
            Err(problem) => {
                skipped += 1;
                first.get_or_insert_with(|| format!("line {} has {problem}", i + 1));
            }
        }
    }
    let problem = first.map(|problem| match skipped {
        1 => format!("{problem}; the line is skipped"),
        more => format!("{problem}; {more} lines are skipped"),
    });
    (points, problem)
}

/// A line's value. `has_steps` tells, and is told, whether lines before have three fields or more.
fn parse_line(line: &[u8], has_steps: &mut bool) -> Result<MetricPoint, String> {
    let line = str::from_utf8(line).map_err(|_| "bytes that are not UTF-8".to_owned())?;
    let fields: Vec<&str> = line.trim().split(' ').collect();
    let (time, value, step) = match fields[..] {
        [time, value, step] => (time, value, step),
        // The rest of it was never written, whatever follows; MLflow reads a value at step 0. Only files older than steps
        // have such lines, and none with a step before.
        [_, _] if *has_steps => {
            return Err("no step, which a line before has: it is torn".to_owned());
        }
        // MLflow 3 adds name and digest of a dataset, and then reads the step as 0. The value of a run must be the one
        // that MLflow shows.
        [time, value] | [time, value, _, _, _] => (time, value, "0"),
        _ => return Err(format!("{} fields; expected 2, 3 or 5", fields.len())),
    };
    *has_steps |= fields.len() > 2;
    let number = |what: &str, text: &str| format!("{what} {text:?}; expected a number");
    Ok(MetricPoint {
        step: step.parse().map_err(|_| number("the step", step))?,
        value: value.parse().map_err(|_| number("the value", value))?,
        timestamp_ms: time.parse().map_err(|_| number("the time", time))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let (points, problem) = parse_history(text.as_bytes());
        assert_eq!(problem, None, "{text:?}");
        latest(&points).map(|point| point.value)
    }

    #[test]
    fn the_value_is_that_of_the_highest_step_then_time_then_value() {
        let table = [
            ("1 0.81 0\n", 0.81),
            ("1 0.5 3\n2 0.9 1\n", 0.5),
            ("1 0.5 1\n2 0.25 1\n", 0.25),
            ("1 0.5 1\n1 0.75 1\n1 0.25 1\n", 0.75),
            ("1 0.5 -2\n1 0.25 -3\n", 0.5),
            ("1 0.5\n2 0.25\n", 0.25),
            ("1 0.5 7 data abc\n2 0.25 6 data abc\n", 0.25),
            ("1 0.5 0\r\n1 1e-17 1\r\n", 1e-17),
            ("1 0.5 0\n1 -inf 1", f64::NEG_INFINITY),
            ("1 Infinity 0\n", f64::INFINITY),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), Some(expected), "{text:?}");
        }
        assert!(value("1 nan 0\n1 0.5 0\n").unwrap().is_nan());
        assert_eq!(value("1 0.5 0\n1 NaN 0\n"), Some(0.5));
    }

    #[test]
    fn a_line_that_was_cut_where_a_page_ends_is_no_value_however_whole_it_looks() {
        const PAGE: usize = fs::PAGE as usize;
        let line = |step: usize| format!("1700000000000 0.125 {step:04}\n");
        let lines: String = (0..300).map(line).collect();
        let (points, problem) = parse_history(&lines.as_bytes()[..PAGE]);
        let steps: Vec<i64> = points.iter().map(|point| point.step).collect();
        let whole = PAGE / line(0).len();
        assert!(lines[..PAGE].ends_with(" 0.125 0"));
        assert_eq!(steps, (0..).take(whole).collect::<Vec<_>>());
        let cut = "has no end: its writer was killed in the middle of it; the line is skipped";
        assert_eq!(problem, Some(format!("line {} {cut}", whole + 1)));
        // A byte or two more, and it is a last line without its newline, as MLflow has it.
        for end in [PAGE + 1, PAGE + 2] {
            let (points, problem) = parse_history(&lines.as_bytes()[..end]);
            assert_eq!((points.len(), problem), (whole + 1, None), "{end}");
        }
    }

    #[test]
    fn what_is_no_value_is_skipped_and_said() {
        let table: [(&str, &[f64], &str); 11] = [
            ("", &[], "it is empty; expected a line for each value"),
            ("\n", &[], "line 1 has 1 fields; expected 2, 3 or 5; the line is skipped"),
            ("1 0.5 0\n\n", &[0.5], "line 2 has 1 fields; expected 2, 3 or 5; the line is skipped"),
            ("1  0.5 0\n", &[], "line 1 has 4 fields; expected 2, 3 or 5; the line is skipped"),
            (
                "1.5 0.5 0\n",
                &[],
                "line 1 has the time \"1.5\"; expected a number; the line is skipped",
            ),
            (
                "1 half 0\n1 1 1\n",
                &[1.0],
                "line 1 has the value \"half\"; expected a number; the line is skipped",
            ),
            (
                "1 0.5 0\n1 0.5 0.0\n",
                &[0.5],
                "line 2 has the step \"0.0\"; expected a number; the line is skipped",
            ),
            (
                "1 0.5 0\n2 0.",
                &[0.5],
                "line 2 has no step, which a line before has: it is torn; the line is skipped",
            ),
            ("1 0.5 0\n2", &[0.5], "line 2 has 1 fields; expected 2, 3 or 5; the line is skipped"),
            (
                "1 0.5 0\nx\ny\n2 0.25 1",
                &[0.5, 0.25],
                "line 2 has 1 fields; expected 2, 3 or 5; 2 lines are skipped",
            ),
            (
                "\0\n1 0.5 0\n",
                &[0.5],
                "line 1 has 1 fields; expected 2, 3 or 5; the line is skipped",
            ),
        ];
        for (text, values, problem) in table {
            let (points, found) = parse_history(text.as_bytes());
            assert_eq!(found.as_deref(), Some(problem), "{text:?}");
            assert_eq!(
                points.iter().map(|point| point.value).collect::<Vec<_>>(),
                values,
                "{text:?}"
            );
        }
        let (points, problem) = parse_history(b"\xff 1 2\n1 0.5 0\n");
        assert_eq!((points.len(), problem.is_some()), (1, true));
    }
}
