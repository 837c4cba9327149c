//! What a connection sets.

use std::collections::BTreeMap;

use apiconnect_sdk::prelude::*;
use serde::Deserialize;

/// JSON Schema of the settings. [`Settings`] reads what fits it.
pub(crate) const SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["company_db"],
  "properties": {
    "company_db": {"type": "string", "minLength": 1,
      "description": "The company database to sign in to, as the server lists it."},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$",
      "description": "The company's local currency; balances are in it, and prices of customers with all currencies."},
    "currencies": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[A-Z]{3}$"},
      "description": "Currency codes of the company that are not ISO 4217, such as {\"$\": \"USD\"}."},
    "default_warehouse": {"type": "string", "minLength": 1, "maxLength": 8,
      "description": "Warehouse of order lines that name none; without it the system takes the item's own."},
    "base_unit": {"type": "string", "default": "EA",
      "description": "What the store calls the inventory unit of an item."},
    "units": {"type": "object", "additionalProperties": {"type": "integer"},
      "description": "The store's other units and the UoMEntry of each, such as {\"BOX\": 2}."},
    "carriers": {"type": "object", "additionalProperties": {"type": "integer"},
      "description": "The store's carriers and the shipping type (TransportationCode) of each."},
    "reference_field": {"type": "string", "pattern": "^(NumAtCard|U_[A-Za-z0-9_]+)$", "default": "NumAtCard",
      "description": "The order field that holds the store's own number: NumAtCard or a user field such as U_WebOrderId."},
    "price_has_discount": {"type": "boolean", "default": true,
      "description": "Whether the price the system answers has its discount taken off already."},
    "freight_expense_code": {"type": "integer",
      "description": "The additional expense that an order's freight is posted to."}
  }
}"##;

/// The settings of a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct Settings {
    pub(crate) currency: Option<String>,
    #[serde(default)]
    currencies: BTreeMap<String, String>,
    pub(crate) default_warehouse: Option<String>,
    #[serde(default = "base_unit")]
    pub(crate) base_unit: String,
    #[serde(default)]
    units: BTreeMap<String, i64>,
    #[serde(default)]
    carriers: BTreeMap<String, i64>,
    #[serde(default = "reference_field")]
    pub(crate) reference_field: String,
    #[serde(default = "yes")]
    pub(crate) price_has_discount: bool,
    pub(crate) freight_expense_code: Option<i64>,
}

fn base_unit() -> String {
    "EA".into()
}

fn reference_field() -> String {
    "NumAtCard".into()
}

fn yes() -> bool {
    true
}

/// The currency of a business partner that trades in every currency.
const ALL_CURRENCIES: &str = "##";

impl Settings {
    pub(crate) fn of(ctx: &Context) -> Result<Self, Error> {
        ctx.settings()
    }

    /// The UoMEntry of a unit; none for the inventory unit.
    pub(crate) fn unit_entry(&self, unit: &str) -> Result<Option<i64>, Error> {
        if unit.is_empty() || unit == self.base_unit {
            return Ok(None);
        }
        self.units.get(unit).copied().map(Some).ok_or_else(|| unmapped("unit", unit))
    }

    /// The unit with a UoMEntry; the inventory unit where none is set for it.
    pub(crate) fn unit_of(&self, entry: Option<i64>) -> &str {
        let named = self.units.iter().find(|(_, known)| Some(**known) == entry);
        named.map_or(self.base_unit.as_str(), |(unit, _)| unit)
    }

    /// The shipping type of a carrier. A number is taken for the shipping type itself.
    pub(crate) fn carrier_code(&self, carrier: &str) -> Result<i64, Error> {
        let own = self.carriers.get(carrier).copied().or_else(|| carrier.parse().ok());
        own.ok_or_else(|| unmapped("carrier", carrier))
    }

    /// The carrier with a shipping type; the number itself where none is set for it. -1 stands for none.
    pub(crate) fn carrier_of(&self, code: Option<i64>) -> Option<String> {
        let code = code.filter(|code| *code > 0)?;
        let named = self.carriers.iter().find(|(_, known)| **known == code);
        Some(named.map_or_else(|| code.to_string(), |(carrier, _)| carrier.clone()))
    }

    /// The ISO code of a currency of the company.
    pub(crate) fn iso_currency(&self, own: &str) -> Result<String, Error> {
        if let Some(iso) = self.currencies.get(own) {
            return Ok(iso.clone());
        }
        if own.is_empty() || own == ALL_CURRENCIES {
            return self
                .currency
                .clone()
                .ok_or_else(|| Error::invalid("settings.currency", "the local currency is needed here"));
        }
        let is_iso = own.len() == 3 && own.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_iso { Ok(own.to_owned()) } else { Err(unmapped("currency", own)) }
    }

    /// The company's own code of an ISO currency.
    pub(crate) fn own_currency(&self, iso: &str) -> String {
        let named = self.currencies.iter().find(|(_, known)| *known == iso);
        named.map_or_else(|| iso.to_owned(), |(own, _)| own.clone())
    }
}

fn unmapped(kind: &str, code: &str) -> Error {
    Error::NeedsMapping(vec![MissingMapping { kind: kind.into(), code: code.into() }])
}

#[cfg(test)]
pub(crate) fn for_test(json: &str) -> Settings {
    serde_json::from_str(json).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_names_every_setting() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(schema["properties"].as_object().unwrap().len(), 10);
    }

    #[test]
    fn units_carriers_and_currencies_are_mapped() {
        let settings = for_test(
            r#"{"company_db": "X", "currency": "USD", "currencies": {"$": "USD"}, "units": {"BOX": 2},
                "carriers": {"UPS": 3}}"#,
        );
        assert_eq!(settings.unit_entry("EA"), Ok(None));
        assert_eq!(settings.unit_entry("BOX"), Ok(Some(2)));
        assert_eq!(settings.unit_entry("PAL"), Err(unmapped("unit", "PAL")));
        assert_eq!((settings.unit_of(Some(2)), settings.unit_of(Some(1))), ("BOX", "EA"));
        assert_eq!((settings.carrier_code("UPS"), settings.carrier_code("7")), (Ok(3), Ok(7)));
        assert_eq!(settings.carrier_code("DHL"), Err(unmapped("carrier", "DHL")));
        assert_eq!(settings.carrier_of(Some(3)).as_deref(), Some("UPS"));
        assert_eq!(settings.carrier_of(Some(-1)), None);
        assert_eq!(settings.iso_currency("$").as_deref(), Ok("USD"));
        assert_eq!(settings.iso_currency("##").as_deref(), Ok("USD"));
        assert_eq!(settings.iso_currency("Fr."), Err(unmapped("currency", "Fr.")));
        assert_eq!((settings.own_currency("USD"), settings.own_currency("EUR")), ("$".into(), "EUR".into()));
    }
}
