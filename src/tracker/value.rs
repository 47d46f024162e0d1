//! What a param can be: a closed set of primitives, written as Python would write them.

use std::borrow::Cow;
use std::fmt;

/// The value of a param.
///
/// Its text is that of Python's `str()`, so that runs logged from both languages compare equal.
///
/// ```
/// use ressenti::tracker::Value;
///
/// assert_eq!(Value::from(1.0).to_string(), "1.0");
/// assert_eq!(Value::from(1e-5).to_string(), "1e-05");
/// assert_eq!(Value::from(true).to_string(), "True");
/// assert_eq!(Value::from(10_000).to_string(), "10000");
/// assert_eq!(Value::from("logistic regression").to_string(), "logistic regression");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A floating-point number.
    F64(f64),
    /// An integer.
    I64(i64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Str(Cow<'a, str>),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F64(x) => f.write_str(&float_text(*x)),
            Self::I64(x) => write!(f, "{x}"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Str(x) => f.write_str(x),
        }
    }
}

/// Python's `repr` of a float. Both languages print the shortest digits that read back equal; they differ in the
/// spelling of the exponent (`1e-05`, `1e+16`) and of what is not finite.
pub(crate) fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{x:?}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            let digits = digits.strip_suffix(".0").unwrap_or(digits);
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

impl From<f64> for Value<'_> {
    fn from(x: f64) -> Self {
        Self::F64(x)
    }
}

impl From<bool> for Value<'_> {
    fn from(x: bool) -> Self {
        Self::Bool(x)
    }
}

macro_rules! from_integers {
    ($($type:ty),*) => {$(
        impl From<$type> for Value<'_> {
            fn from(x: $type) -> Self {
                Self::I64(x.into())
            }
        }
    )*};
}
from_integers!(i32, i64, u32);

impl From<usize> for Value<'_> {
    /// Values above `i64::MAX` become that.
    fn from(x: usize) -> Self {
        Self::I64(i64::try_from(x).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(x: &'a str) -> Self {
        Self::Str(Cow::Borrowed(x))
    }
}

impl From<String> for Value<'_> {
    fn from(x: String) -> Self {
        Self::Str(Cow::Owned(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_python_writes_them() {
        let table = [
            (0.81, "0.81"),
            (3.0, "3.0"),
            (-0.0, "-0.0"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e-300, "1e-300"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in table {
            assert_eq!(float_text(value), text);
        }
    }
}
