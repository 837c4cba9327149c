//! The host's clock.

/// Milliseconds since the Unix epoch, UTC.
#[must_use]
pub fn now_ms() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::shared::clock::now();
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::with(|host| host.now_ms)
}

/// Today's date in UTC: `2026-01-31`.
///
/// ```
/// use apiconnect_sdk::{clock, testing::FakeHost};
/// FakeHost::new().at_ms(1_767_225_600_000).run(|| assert_eq!(clock::today(), "2026-01-01"));
/// ```
#[must_use]
pub fn today() -> String {
    let (year, month, day) = civil(i64::try_from(now_ms() / 86_400_000).unwrap_or(0));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since the epoch as year, month and day of the Gregorian calendar, counted in eras of 400 years from March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_454), (2026, 1, 1));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }
}
