//! Numbers and days as the Service Layer writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use rust_decimal::Decimal;
use serde_json::Value;

/// A decimal as a JSON number. The real service sends doubles too, so the digits go through one here and nowhere else.
pub(super) fn number(value: Decimal) -> Value {
    let double = value.normalize().to_string().parse::<f64>().ok();
    double.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Reads a JSON number, or a text that holds one, which the real service takes as well.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether the text is a day, or a day with a time behind it.
pub(super) fn is_day(text: &str) -> bool {
    let (day, _) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = day.split('-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|p| p.len() == digits)?;
        part.parse::<u32>().ok()
    };
    let (year, month, date) = (next(4), next(2), next(2));
    year.is_some() && month.is_some_and(|m| (1..=12).contains(&m)) && date.is_some_and(|d| (1..=31).contains(&d))
}

/// The day without the time behind it.
pub(super) fn day(text: &str) -> &str {
    text.split_once('T').map_or(text, |(day, _)| day)
}

/// Today in UTC.
pub(super) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, date) = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{date:02}")
}

/// Days since 1970 as a date, by counting off years and months: exact, and simple enough to be read.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_and_checked() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_454), (2026, 1, 1));
        assert!(is_day("2026-01-31") && is_day("2026-01-31T00:00:00Z"));
        assert!(!is_day("01/31/2026") && !is_day("2026-13-01") && !is_day("soon"));
    }
}
