//! Decimal numbers as text: `-?\d{1,18}(\.\d{1,10})?`, never a float.
//!
//! The contract and the JSON carry them as strings. Both directions are checked here, so a malformed number is refused
//! whether a store sent it or a connector answered it.

use serde::{Deserialize, Deserializer, Serializer, de, ser};

/// Digits before the point.
const WHOLE_DIGITS_MAX: usize = 18;
/// Digits after the point.
const FRACTION_DIGITS_MAX: usize = 10;

/// Whether `text` is a decimal number of the contract.
///
/// ```
/// use apiconnect::commerce::decimal::is_decimal;
/// assert!(is_decimal("-12.50") && is_decimal("0"));
/// assert!(!is_decimal("1e3") && !is_decimal("12.") && !is_decimal("+1") && !is_decimal("1,5"));
/// ```
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    let digits = |part: &str, max: usize| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole, WHOLE_DIGITS_MAX) && digits(fraction, FRACTION_DIGITS_MAX),
        None => digits(unsigned, WHOLE_DIGITS_MAX),
    }
}

/// Whether a decimal is greater than zero.
#[must_use]
pub fn is_positive(text: &str) -> bool {
    !text.starts_with('-') && text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

fn problem(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!(
        "`{shown}` is not a decimal number: write it as a string of at most {WHOLE_DIGITS_MAX} digits, then at most \
         {FRACTION_DIGITS_MAX} after a point, such as \"12.50\""
    )
}

/// For `#[serde(with = "decimal")]`.
///
/// # Errors
/// When `text` is no decimal.
pub fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if is_decimal(text) { serializer.serialize_str(text) } else { Err(ser::Error::custom(problem(text))) }
}

/// For `#[serde(with = "decimal")]`.
///
/// # Errors
/// When the value is not a string that holds a decimal; a JSON number is refused too, since it may have been a float.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;
    impl de::Visitor<'_> for Text {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a decimal number written as a string, such as \"12.50\"")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            if is_decimal(text) { Ok(text.to_owned()) } else { Err(E::custom(problem(text))) }
        }
    }
    deserializer.deserialize_str(Text)
}

/// The same for optional decimals.
pub mod option {
    use super::{Deserialize, Deserializer, Serializer};

    /// For `#[serde(with = "decimal::option")]`.
    ///
    /// # Errors
    /// When the text is no decimal.
    pub fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        match text {
            Some(text) => super::serialize(text, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// For `#[serde(with = "decimal::option")]`.
    ///
    /// # Errors
    /// When the value is neither null nor a string that holds a decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        #[derive(Deserialize)]
        struct Checked(#[serde(with = "super")] String);
        Ok(Option::<Checked>::deserialize(deserializer)?.map(|checked| checked.0))
    }
}

#[cfg(test)]
mod tests {
    use super::is_decimal;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_the_pattern_describes_is_a_decimal(text in r"-?[0-9]{1,18}(\.[0-9]{1,10})?") {
            prop_assert!(is_decimal(&text));
        }

        #[test]
        fn nothing_else_is(text in r"[-+0-9.eE, ]{0,24}") {
            let unsigned = text.strip_prefix('-').unwrap_or(&text);
            let parts: Vec<&str> = unsigned.split('.').collect();
            let fits = |part: &str, max: usize| !part.is_empty() && part.len() <= max && part.chars().all(|c| c.is_ascii_digit());
            let expected = match parts.as_slice() {
                [whole] => fits(whole, 18),
                [whole, fraction] => fits(whole, 18) && fits(fraction, 10),
                _ => false,
            };
            prop_assert_eq!(is_decimal(&text), expected);
        }
    }
}
