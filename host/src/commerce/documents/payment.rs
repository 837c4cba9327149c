//! Payments and payment tokens; never a card number.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::decimal;
use crate::commerce::types::Money;

/// A payment instrument as the gateway's token. A card number is refused everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PaymentToken {
    pub gateway: String,
    pub token: String,
    #[component(name = "customer-profile")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_profile: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// `2027-04`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[component(name = "authorization-code")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized: Option<Money>,
    #[component(name = "authorization-reference")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_reference: Option<String>,
    #[serde(default)]
    pub captured: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    #[component(name = "terms")]
    Terms,
    #[component(name = "card")]
    Card,
    #[component(name = "ach")]
    Ach,
    #[component(name = "credit")]
    Credit,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    pub method: PaymentMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<PaymentToken>,
    /// The store's number of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Ids of the invoices it pays, with amounts.
    #[component(name = "applies-to")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<PaymentApplication>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PaymentApplication {
    pub invoice: String,
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: String,
}
