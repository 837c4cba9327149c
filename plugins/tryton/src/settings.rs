//! What a connection sets.

use std::collections::BTreeMap;

use apiconnect_sdk::prelude::*;
use serde::Deserialize;

/// JSON Schema of the settings. [`Settings`] reads what fits it.
pub(crate) const SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "customer_key": {"enum": ["code", "id"], "default": "code",
      "description": "What the store knows customers by: the party's code, or the id of its record."},
    "product_key": {"enum": ["code", "id"], "default": "code",
      "description": "What the store knows products by: the variant's code, or the id of its record."},
    "order_state": {"enum": ["draft", "quotation", "confirmed"], "default": "confirmed",
      "description": "How far a new order goes: it stays a draft, is quoted, or is confirmed, after which Tryton ships and invoices it by itself. Quotes always stop at quotation."},
    "default_warehouse": {"type": "string", "minLength": 1,
      "description": "Code of the warehouse of orders that name none. Needed where the company has several warehouses."},
    "units": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1},
      "description": "The store's units and the symbol of each in Tryton, such as {\"EA\": \"u\"}. Others are taken for symbols."},
    "create_addresses": {"type": "boolean", "default": false,
      "description": "Whether a delivery or invoice address that the customer does not have yet is added to the customer."},
    "freight_product": {"type": "string", "minLength": 1,
      "description": "The product (as product_key says) whose line carries an order's freight amount."}
  }
}"##;

/// What records are known by.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Key {
    #[default]
    Code,
    Id,
}

/// States of a sale on its way, in their order.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    Draft,
    Quotation,
    #[default]
    Confirmed,
}

/// The settings of a connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) customer_key: Key,
    pub(crate) product_key: Key,
    pub(crate) order_state: Stage,
    pub(crate) default_warehouse: Option<String>,
    pub(crate) units: BTreeMap<String, String>,
    pub(crate) create_addresses: bool,
    pub(crate) freight_product: Option<String>,
}

impl Key {
    /// The condition that finds the record known as `key`, below `path` (such as `party.`, or nothing).
    pub(crate) fn condition(self, path: &str, key: &str) -> serde_json::Value {
        match self {
            Self::Code => serde_json::json!([format!("{path}code"), "=", key]),
            // A text that is no id finds nothing: `007` must not become record 7.
            Self::Id => serde_json::json!([format!("{path}id"), "=", record_id(key).unwrap_or(-1)]),
        }
    }

    /// The same for any of several.
    pub(crate) fn any_of(self, keys: &[&str]) -> serde_json::Value {
        match self {
            Self::Code => serde_json::json!(["code", "in", keys]),
            Self::Id => {
                let ids: Vec<i64> = keys.iter().filter_map(|key| record_id(key)).collect();
                serde_json::json!(["id", "in", ids])
            }
        }
    }

    /// What a record is known by; the id where it should be the code and there is none.
    pub(crate) fn of(self, id: i64, code: Option<&str>) -> String {
        match (self, code) {
            (Self::Code, Some(code)) if !code.is_empty() => code.to_owned(),
            _ => id.to_string(),
        }
    }
}

/// The id of a record, when the text is just that.
pub(crate) fn record_id(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|id| *id > 0 && id.to_string() == text)
}

impl Settings {
    pub(crate) fn of(ctx: &Context) -> Result<Self, Error> {
        ctx.settings()
    }

    /// The symbol of a unit of the store.
    pub(crate) fn unit_symbol<'a>(&'a self, unit: &'a str) -> &'a str {
        self.units.get(unit).map_or(unit, String::as_str)
    }

    /// The store's unit for a symbol.
    pub(crate) fn unit_of(&self, symbol: &str) -> String {
        let named = self.units.iter().find(|(_, known)| *known == symbol);
        named.map_or_else(|| symbol.to_owned(), |(unit, _)| unit.clone())
    }
}

#[cfg(test)]
pub(crate) fn for_test(json: &str) -> Settings {
    serde_json::from_str(json).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_explains_every_setting() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 7);
        assert!(properties.values().all(|property| property["description"].as_str().is_some()));
    }

    #[test]
    fn without_settings_orders_are_confirmed_and_codes_are_keys() {
        let settings = for_test("{}");
        assert_eq!((settings.order_state, settings.customer_key), (Stage::Confirmed, Key::Code));
        assert!(Stage::Draft < Stage::Quotation && Stage::Quotation < Stage::Confirmed);
    }

    #[test]
    fn an_id_is_never_guessed_from_a_code() {
        assert_eq!(Key::Code.condition("party.", "007").to_string(), r#"["party.code","=","007"]"#);
        assert_eq!(Key::Id.condition("", "7").to_string(), r#"["id","=",7]"#);
        assert_eq!(Key::Id.condition("", "007").to_string(), r#"["id","=",-1]"#);
        assert_eq!(Key::Id.any_of(&["7", "x", "+8"]).to_string(), r#"["id","in",[7]]"#);
        assert_eq!(
            (Key::Code.of(7, Some("A")), Key::Code.of(7, None), Key::Id.of(7, Some("A"))),
            ("A".into(), "7".into(), "7".into())
        );
    }

    #[test]
    fn units_go_both_ways() {
        let settings = for_test(r#"{"units": {"EA": "u"}}"#);
        assert_eq!((settings.unit_symbol("EA"), settings.unit_symbol("m")), ("u", "m"));
        assert_eq!((settings.unit_of("u").as_str(), settings.unit_of("m").as_str()), ("EA", "m"));
    }
}
