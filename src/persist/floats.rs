//! Many numbers as they are stored: exactly, in as few bytes as that takes.
//!
//! Of four forms a file has the shortest that gives the same numbers back, to the bit: `f64`; `f32` or half precision, if every
//! number is one of those; or a table of the different numbers, the frequent ones first, and the place of each in it. Inverse
//! document frequencies are as many as there are document frequencies, so they are a table; weights that were
//! [rounded](crate::Precision) are what they were rounded to. In formats that people read, numbers are a list. What the
//! numbers mean is not known here.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The stored form of a file.
#[derive(Serialize, Deserialize)]
enum Packed {
    Double(Vec<f64>),
    Single(Vec<f32>),
    Half(Vec<[u8; 2]>),
    Table { values: Vec<f64>, places: Vec<u16> },
}

/// Places below this take one byte, others three.
const SHORT: usize = 251;

impl Packed {
    fn new(numbers: &[f64]) -> Self {
        let same = |x: f64, y: f64| x.to_bits() == y.to_bits();
        let (mut best, mut bytes) = (None, 8 * numbers.len());
        if numbers.iter().all(|&x| same(x, from_half(to_half(x)))) {
            bytes = 2 * numbers.len();
            best = Some(Self::Half(numbers.iter().map(|&x| to_half(x).to_le_bytes()).collect()));
        } else if numbers.iter().all(|&x| same(x, f64::from(x as f32))) {
            bytes = 4 * numbers.len();
            best = Some(Self::Single(numbers.iter().map(|&x| x as f32).collect()));
        }
        if let Some((values, places)) = table(numbers, bytes) {
            best = Some(Self::Table { values, places });
        }
        best.unwrap_or_else(|| Self::Double(numbers.to_vec()))
    }

    fn unpack(self) -> Result<Vec<f64>, &'static str> {
        match self {
            Self::Double(numbers) => Ok(numbers),
            Self::Single(numbers) => Ok(numbers.into_iter().map(f64::from).collect()),
            Self::Half(numbers) => {
                Ok(numbers.into_iter().map(|bytes| from_half(u16::from_le_bytes(bytes))).collect())
            }
            Self::Table { values, places } => {
                if places.iter().any(|&place| usize::from(place) >= values.len()) {
                    return Err("a number is beyond the table of numbers");
                }
                Ok(places.into_iter().map(|place| values[usize::from(place)]).collect())
            }
        }
    }
}

/// The different numbers and the place of each, if that takes fewer bytes.
fn table(numbers: &[f64], bytes: usize) -> Option<(Vec<f64>, Vec<u16>)> {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for x in numbers {
        *counts.entry(x.to_bits()).or_default() += 1;
        if counts.len() > 1 << 16 || 8 * counts.len() >= bytes {
            return None;
        }
    }
    let mut values: Vec<(u64, u32)> = counts.into_iter().collect();
    values.sort_unstable_by_key(|&(bits, count)| (u32::MAX - count, bits));
    let places: HashMap<u64, u16> =
        values.iter().enumerate().map(|(place, &(bits, _))| (bits, place as u16)).collect();
    let places: Vec<u16> = numbers.iter().map(|x| places[&x.to_bits()]).collect();
    let size = |&place: &u16| if usize::from(place) < SHORT { 1 } else { 3 };
    let takes = 8 * values.len() + places.iter().map(size).sum::<usize>();
    let values = values.into_iter().map(|(bits, _)| f64::from_bits(bits)).collect();
    (takes < bytes).then_some((values, places))
}

/// The number of half precision (IEEE 754 binary16) that is nearest, of two the even one; infinite beyond ±65,519.
#[expect(clippy::cast_sign_loss, reason = "a magnitude has none")]
pub(crate) fn to_half(x: f64) -> u16 {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let magnitude = x.abs();
    if magnitude.is_nan() {
        return sign | 0x7e00;
    }
    // What the last of ten bits behind the leading one is worth: numbers below 2⁻¹⁴ share that of 2⁻¹⁴.
    let biased = (magnitude.to_bits() >> 52).clamp(1023 - 14, 1023 + 16);
    if biased == 1023 + 16 {
        return sign | 0x7c00;
    }
    let steps = (magnitude * 2f64.powi(1033 - biased as i32)).round_ties_even();
    // A leading one adds one to the exponent, as it has to, and so does a carry into the next.
    let exponent = (biased - (1023 - 14)) << 10;
    sign | (exponent + steps as u64) as u16
}

/// The value of a number of half precision.
pub(crate) fn from_half(bits: u16) -> f64 {
    let (exponent, steps) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => steps * 2f64.powi(-24),
        31 if steps == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (steps + 1024.0) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// Writes numbers.
pub(crate) fn serialize<S: Serializer>(
    numbers: impl AsRef<[f64]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        numbers.as_ref().serialize(serializer)
    } else {
        Packed::new(numbers.as_ref()).serialize(serializer)
    }
}

/// Reads numbers.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<f64>, D::Error> {
    if deserializer.is_human_readable() {
        Vec::deserialize(deserializer)
    } else {
        Packed::deserialize(deserializer)?.unpack().map_err(serde::de::Error::custom)
    }
}

/// The same where there may be none.
pub(crate) mod optional {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize)]
    struct Borrowed<'n>(#[serde(with = "super")] &'n [f64]);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "super")] Vec<f64>);

    #[expect(clippy::ref_option, reason = "what serde's derive hands over")]
    pub(crate) fn serialize<S: Serializer>(
        numbers: &Option<Vec<f64>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        numbers.as_deref().map(Borrowed).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<f64>>, D::Error> {
        Ok(Option::<Owned>::deserialize(deserializer)?.map(|numbers| numbers.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of a list, and that it comes back to the bit.
    fn form(numbers: &[f64]) -> &'static str {
        let packed = Packed::new(numbers);
        let form = match &packed {
            Packed::Double(_) => "double",
            Packed::Single(_) => "single",
            Packed::Half(_) => "half",
            Packed::Table { .. } => "table",
        };
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&packed.unpack().unwrap()), bits(numbers));
        form
    }

    #[test]
    fn the_shortest_exact_form_is_taken() {
        assert_eq!(form(&[]), "half");
        assert_eq!(form(&[0.1, 0.2, 0.3]), "double");
        assert_eq!(form(&[f64::from(0.1f32), -f64::from(0.3f32)]), "single");
        assert_eq!(form(&[0.5, -0.25, 65504.0, -0.0, 6e-8f32.into()]), "single");
        assert_eq!(form(&[0.5, -0.25, 65504.0, -0.0]), "half");
        assert_eq!(form(&[0.1, 0.1, 0.1, 0.7, 0.1]), "table");
        let many: Vec<f64> = (0..5000).map(|i| 0.1 + f64::from(i % 700)).collect();
        assert_eq!(form(&many), "table");
        let different: Vec<f64> = (0..70_000).map(|i| 0.1 + f64::from(i)).collect();
        assert_eq!(form(&different), "double");
    }

    #[test]
    fn a_place_beyond_the_table_is_refused() {
        let packed = Packed::Table { values: vec![1.0], places: vec![0, 1] };
        assert_eq!(packed.unpack(), Err("a number is beyond the table of numbers"));
    }

    #[test]
    fn half_precision_is_that_of_ieee_754() {
        // numpy.float16(x).view(numpy.uint16)
        for (x, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (0.1, 0x2e66),
            (65504.0, 0x7bff),
            (65519.0, 0x7bff),
            (65520.0, 0x7c00),
            (1e9, 0x7c00),
            (6.103_515_625e-5, 0x0400),
            (6.1e-5, 0x03ff),
            (5.960_464_477_539_063e-8, 1),
            (2.9e-8, 0),
            (1.000_488_281_25, 0x3c00),
            (1.001_464_843_75, 0x3c02),
        ] {
            assert_eq!(to_half(x), bits, "{x}");
        }
        for bits in (0..0x7c00).chain(0x8000..0xfc00) {
            assert_eq!(to_half(from_half(bits)), bits);
        }
        assert!(from_half(0x7c00).is_infinite() && from_half(0x7e00).is_nan());
    }
}
