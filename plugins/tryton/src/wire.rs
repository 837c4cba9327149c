//! Numbers, days, times and flags as Tryton's JSON-RPC writes them.
//!
//! Amounts are objects (`{"__class__": "Decimal", "decimal": "62.50"}`), quantities are plain JSON numbers; both are
//! read from their text, so that no digit passes through a float.

use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Digits before the point that the contract's decimals have.
const DIGITS_MAX: usize = 18;
/// Digits behind it.
const FRACTION_MAX: u32 = 10;

/// An amount or a quantity, whichever way it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(pub(crate) Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // From the raw text: an untagged enum would hand a number on as a float.
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let read = if text.starts_with('{') {
            serde_json::from_str::<Amount>(text).map(|amount| amount.decimal)
        } else {
            serde_json::from_str(text)
        };
        read.map(Self).map_err(de::Error::custom)
    }
}

#[derive(Deserialize)]
struct Amount {
    decimal: Decimal,
}

/// An amount on its way to Tryton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact(pub(crate) Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Object {
            #[serde(rename = "__class__")]
            class: &'static str,
            decimal: String,
        }
        Object { class: "Decimal", decimal: self.0.to_string() }.serialize(serializer)
    }
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Day {
    #[serde(rename = "__class__", skip_deserializing, default = "date")]
    class: &'static str,
    year: u16,
    month: u8,
    day: u8,
}

fn date() -> &'static str {
    "date"
}

impl Day {
    /// Reads the contract's `2026-01-31`.
    pub(crate) fn of(text: &str, field: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let read = (|| {
            let year = part()?.parse().ok()?;
            let month = part()?.parse().ok().filter(|month| (1..=12).contains(month))?;
            let day = part()?.parse().ok().filter(|day| (1..=31).contains(day))?;
            Some(Self { class: date(), year, month, day })
        })();
        read.ok_or_else(|| Error::invalid(field, format!("`{text}` is no day; write it as YYYY-MM-DD")))
    }

    /// The contract's text.
    pub(crate) fn text(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A point in time. The server keeps its times in UTC.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Moment {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    #[serde(default)]
    microsecond: u32,
}

impl Moment {
    /// The contract's text.
    pub(crate) fn text(self) -> String {
        let Self { year, month, day, hour, minute, second, microsecond } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
    }
}

/// A yes or no, which some databases hand out as 1 or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Bool(bool),
            Number(u8),
        }
        Ok(Self(match Option::<Either>::deserialize(deserializer)? {
            Some(Either::Bool(flag)) => flag,
            Some(Either::Number(number)) => number != 0,
            None => false,
        }))
    }
}

/// A number in the contract's form.
pub(crate) fn text(number: Decimal) -> Result<String, Error> {
    let text = number.round(FRACTION_MAX).normalized().to_string();
    let whole = text.trim_start_matches('-').split('.').next().map_or(0, str::len);
    if whole > DIGITS_MAX {
        return Err(Error::internal(format!("the system answered a number that is too large: {text}")));
    }
    Ok(text)
}

/// The same for a number that may be missing.
pub(crate) fn text_of(number: Option<Number>) -> Result<Option<String>, Error> {
    number.map(|number| text(number.0)).transpose()
}

/// A text that is there and not empty.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        serde_json::from_str::<Number>(text).unwrap().0
    }

    #[test]
    fn numbers_are_read_from_both_forms_digit_by_digit() {
        assert_eq!(number(r#"{"__class__": "Decimal", "decimal": "0.0864"}"#).to_string(), "0.0864");
        assert_eq!(text(number(r#"{"__class__": "Decimal", "decimal": "7.6000"}"#)).as_deref(), Ok("7.6"));
        assert_eq!(text(number(r#"{"__class__": "Decimal", "decimal": "0E-4"}"#)).as_deref(), Ok("0"));
        assert_eq!(text(number("312.5")).as_deref(), Ok("312.5"));
        assert_eq!(text(number("123456789012345678.1")).as_deref(), Ok("123456789012345678.1"));
        assert!(serde_json::from_str::<Number>("\"x\"").is_err());
    }

    #[test]
    fn amounts_leave_as_objects() {
        let json = serde_json::to_string(&Exact("62.50".parse().unwrap())).unwrap();
        assert_eq!(json, r#"{"__class__":"Decimal","decimal":"62.50"}"#);
    }

    #[test]
    fn days_go_both_ways() {
        let day = Day::of("2026-02-09", "x").unwrap();
        let json = serde_json::to_string(&day).unwrap();
        assert_eq!(json, r#"{"__class__":"date","year":2026,"month":2,"day":9}"#);
        assert_eq!(serde_json::from_str::<Day>(&json).unwrap().text(), "2026-02-09");
        for wrong in ["2026-13-01", "2026-1", "09.02.2026", "", "2026-+1-01"] {
            assert!(Day::of(wrong, "x").is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_come_as_numbers_too() {
        let flags: Vec<Flag> = serde_json::from_str("[true, false, 1, 0, null]").unwrap();
        assert_eq!(flags.iter().map(|flag| flag.0).collect::<Vec<_>>(), [true, false, true, false, false]);
    }
}
