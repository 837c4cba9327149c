//! Numbers, days, flags and user fields as the Service Layer writes them.

use std::collections::BTreeMap;

use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Digits before the point that the contract's decimals have.
const DIGITS_MAX: usize = 18;
/// Digits behind it.
const FRACTION_MAX: u32 = 10;

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
pub(crate) fn text_of(number: Option<Decimal>) -> Result<Option<String>, Error> {
    number.map(text).transpose()
}

/// The difference, in the contract's form. Both numbers are checked first, so that it cannot overflow.
pub(crate) fn difference(from: Decimal, less: Decimal) -> Result<Decimal, Error> {
    text(from)?;
    text(less)?;
    Ok(from - less)
}

/// The day of a date that may have a time behind it.
pub(crate) fn day(text: &str) -> String {
    text.split_once('T').map_or(text, |(day, _)| day).to_owned()
}

/// A text that is there and not empty.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// `tYES`.
pub(crate) fn is_yes(flag: Option<&str>) -> bool {
    flag == Some("tYES")
}

/// A JSON number or text, as text.
pub(crate) fn plain(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    if text.starts_with('"') { serde_json::from_str(text).ok() } else { (text != "null").then(|| text.to_owned()) }
}

/// The user fields of a record, those without a value left out.
///
/// They are read on their own from the record's text, because numbers in them keep their digits that way.
pub(crate) fn user_fields(record: &RawValue) -> Vec<CustomField> {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(record.get()).unwrap_or_default();
    let user = fields.into_iter().filter(|(name, value)| name.starts_with("U_") && value.get() != "null");
    user.map(|(name, value)| CustomField { name, value: value.get().to_owned() }).collect()
}

/// An address of a business partner.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct BpAddress {
    pub(crate) address_name: String,
    pub(crate) address_type: Option<String>,
    street: Option<String>,
    street_no: Option<String>,
    block: Option<String>,
    building_floor_room: Option<String>,
    city: Option<String>,
    zip_code: Option<String>,
    state: Option<String>,
    country: Option<String>,
    pub(crate) tax_code: Option<String>,
}

impl BpAddress {
    /// The address in the contract's form.
    pub(crate) fn address(&self) -> Address {
        let street = match (filled(self.street.clone()), filled(self.street_no.clone())) {
            (Some(street), Some(number)) => Some(format!("{street} {number}")),
            (street, number) => street.or(number),
        };
        let more = [filled(self.block.clone()), filled(self.building_floor_room.clone())];
        Address {
            name: filled(Some(self.address_name.clone())),
            lines: [street].into_iter().chain(more).flatten().collect(),
            city: filled(self.city.clone()),
            region: filled(self.state.clone()),
            postal_code: filled(self.zip_code.clone()),
            country: filled(self.country.clone()),
            phone: None,
            email: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_contracts_form() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(text(number("12.500000")).as_deref(), Ok("12.5"));
        assert_eq!(text(number("0.01250000001")).as_deref(), Ok("0.0125"));
        assert!(text(number("1234567890123456789")).is_err());
        assert!(difference(number("1234567890123456789"), number("1")).is_err());
    }

    #[test]
    fn user_fields_keep_their_json() {
        let record = RawValue::from_string(r#"{"A": 1, "U_B": 1.10, "U_C": null, "U_D": "x"}"#.into()).unwrap();
        let fields: Vec<_> = user_fields(&record).into_iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(fields, [("U_B".into(), "1.10".into()), ("U_D".into(), "\"x\"".into())]);
    }
}
