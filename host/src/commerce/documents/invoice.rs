//! What is billed and what is still open.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::order::Totals;
use crate::commerce::decimal;
use crate::commerce::json::{custom, raw};
use crate::commerce::types::{CustomField, Ids, Quantity, Revision};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    #[component(name = "invoice")]
    Invoice,
    #[component(name = "credit")]
    Credit,
    #[component(name = "debit")]
    Debit,
    #[component(name = "finance-charge")]
    FinanceCharge,
    #[component(name = "deposit")]
    Deposit,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    #[component(name = "open")]
    Open,
    #[component(name = "partial")]
    Partial,
    #[component(name = "paid")]
    Paid,
    #[component(name = "void")]
    Void,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AppliedPayment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct InvoiceLine {
    pub line: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    #[component(name = "unit-price")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub unit_price: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub total: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    pub ids: Ids,
    pub revision: Revision,
    pub kind: InvoiceKind,
    pub state: InvoiceState,
    pub customer: String,
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    /// Ids of orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<String>,
    #[component(name = "customer-po")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_po: Option<String>,
    #[component(name = "invoice-date")]
    pub invoice_date: String,
    #[component(name = "due-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    pub currency: String,
    pub totals: Totals,
    #[component(name = "open-amount")]
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub open_amount: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<AppliedPayment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<InvoiceLine>,
    #[component(name = "document-available")]
    #[serde(default)]
    pub document_available: bool,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
    #[serde(with = "raw", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub native: Option<String>,
}

/// A rendered document, such as an invoice in PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Rendered {
    #[component(name = "media-type")]
    pub media_type: String,
    #[component(name = "file-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<u8>,
}
