//! Price questions, prices and price agreements.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::availability::Availability;
use crate::commerce::decimal;
use crate::commerce::json::{custom, raw};
use crate::commerce::types::{CustomField, Ids, Quantity};

/// One line of a price question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PriceRequest {
    /// Id of the customer; none asks for the price of an unknown buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    pub product: String,
    pub quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The day the price is for; none means today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Whether price breaks are wanted, which can cost the system more calls.
    #[component(name = "want-breaks")]
    #[serde(default)]
    pub want_breaks: bool,
}

/// From this quantity on, this price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PriceBreak {
    #[component(name = "min-quantity")]
    pub min_quantity: Quantity,
    #[component(name = "unit-price")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub unit_price: Option<String>,
    #[component(name = "discount-percent")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub discount_percent: Option<String>,
    #[component(name = "discount-amount")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub discount_amount: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub product: String,
    /// The unit that is sold.
    pub unit: String,
    /// The unit that is priced, where it differs.
    #[component(name = "price-unit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_unit: Option<String>,
    #[component(name = "price-per")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub price_per: Option<String>,
    #[component(name = "unit-price")]
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub unit_price: String,
    #[component(name = "list-price")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub list_price: Option<String>,
    pub currency: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<PriceBreak>,
    #[component(name = "list-breaks")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_breaks: Vec<PriceBreak>,
    /// Price of the whole line.
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub extended: Option<String>,
    #[component(name = "discount-percent")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub discount_percent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    #[component(name = "valid-until")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    #[component(name = "min-quantity")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub min_quantity: Option<String>,
    #[component(name = "order-multiple")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub order_multiple: Option<String>,
    /// Stock, where the same call brought it along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub availability: Vec<Availability>,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
    #[serde(with = "raw", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub native: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum AgreementScope {
    #[component(name = "everyone")]
    Everyone,
    #[component(name = "customer")]
    Customer(String),
    #[component(name = "ship-to")]
    ShipTo(String),
    #[component(name = "group")]
    Group(String),
    #[component(name = "price-level")]
    PriceLevel(String),
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum AgreementTarget {
    #[component(name = "everything")]
    Everything,
    #[component(name = "product")]
    Product(String),
    #[component(name = "category")]
    Category(String),
    #[component(name = "brand")]
    Brand(String),
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum AgreementBasis {
    #[component(name = "fixed")]
    Fixed,
    #[component(name = "discount-off-list")]
    DiscountOffList,
    #[component(name = "markup-on-cost")]
    MarkupOnCost,
    #[component(name = "unsupported")]
    Unsupported(String),
}

/// A price rule to keep locally, for when the system cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PriceAgreement {
    pub ids: Ids,
    pub scope: AgreementScope,
    pub target: AgreementTarget,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    pub currency: String,
    pub basis: AgreementBasis,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<PriceBreak>,
    /// Lower wins.
    pub priority: u32,
    #[component(name = "valid-from")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    #[component(name = "valid-until")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}
