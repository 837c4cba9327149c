//! Stock questions and stock per warehouse.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::decimal;
use crate::commerce::json::raw;

/// One line of a stock question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct InventoryRequest {
    pub product: String,
    /// None asks for every warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub date: String,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub quantity: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    pub product: String,
    pub warehouse: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What can be promised now.
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub available: String,
    #[component(name = "on-hand")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub on_hand: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub committed: Option<String>,
    #[component(name = "on-order")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub on_order: Option<String>,
    #[component(name = "next-receipt")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_receipt: Option<Receipt>,
    #[component(name = "lead-time-days")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_days: Option<u32>,
}

/// The answer to one line of a stock question: a row per warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    pub product: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warehouses: Vec<Availability>,
    #[serde(with = "raw", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub native: Option<String>,
}
