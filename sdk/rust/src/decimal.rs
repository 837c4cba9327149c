//! Decimal numbers that never pass through a float.
//!
//! Systems write them as JSON strings or as JSON numbers; both are read from their text. Writing gives a JSON number
//! ([`Decimal`]'s `Serialize`), or text with `to_string`, which is what the contract's records hold.

use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use crate::types::Error;

/// A decimal number of up to 28 digits.
///
/// ```
/// use apiconnect_sdk::decimal::Decimal;
/// #[derive(serde::Deserialize)]
/// struct Line { price: Decimal, quantity: Decimal }
/// let line: Line = serde_json::from_str(r#"{"price": 0.1000, "quantity": "3"}"#).unwrap();
/// assert_eq!((line.price * line.quantity).to_string(), "0.3000");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(rust_decimal::Decimal);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);
    /// One hundred, for percentages.
    pub const HUNDRED: Self = Self(rust_decimal::Decimal::ONE_HUNDRED);

    /// Reads the contract's text.
    ///
    /// # Errors
    /// `invalid` for `field` when the text is no decimal.
    pub fn of(text: &str, field: &str) -> Result<Self, Error> {
        text.parse().map_err(|()| Error::invalid(field, format!("`{text}` is not a decimal number")))
    }

    /// Rounds half away from zero, the way merchants do.
    #[must_use]
    pub fn round(self, digits: u32) -> Self {
        Self(self.0.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
    }

    /// The quotient, or `None` when `by` is zero.
    #[must_use]
    pub fn divided_by(self, by: Self) -> Option<Self> {
        self.0.checked_div(by.0).map(Self)
    }

    /// The same number without zeros at its end.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self(self.0.normalize())
    }
}

impl FromStr for Decimal {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let exact = if text.contains(['e', 'E']) {
            rust_decimal::Decimal::from_scientific(text)
        } else {
            rust_decimal::Decimal::from_str_exact(text)
        };
        exact.map(Self).map_err(|_| ())
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Decimal {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get()
            .trim_matches('"')
            .parse()
            .map_err(|()| de::Error::custom(format!("`{}` is no decimal number", raw.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn json_numbers_keep_their_digits() {
        for text in ["62.50", "0.000001", "-123456789012345678.1234567890", "1.10"] {
            let number: Decimal = serde_json::from_str(text).unwrap();
            assert_eq!(number.to_string(), text);
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Decimal>("1.5e2").unwrap().to_string(), "150");
        assert!(serde_json::from_str::<Decimal>("\"twelve\"").is_err());
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        let half: Decimal = "2.345".parse().unwrap();
        assert_eq!(half.round(2).to_string(), "2.35");
    }
}
