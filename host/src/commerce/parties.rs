//! Who buys: customers, their delivery addresses, contacts and groups.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::decimal;
use crate::commerce::json::{custom, raw};
use crate::commerce::types::{Address, CustomField, Ids, Money, Quantity, Revision};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    #[component(name = "active")]
    Active,
    #[component(name = "hold")]
    Hold,
    #[component(name = "closed")]
    Closed,
    #[component(name = "prospect")]
    Prospect,
    #[component(name = "other")]
    Other(String),
}

/// What happens to a line that is not in stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum BackorderPolicy {
    #[component(name = "allow")]
    Allow,
    #[component(name = "no")]
    No,
    #[component(name = "ask")]
    Ask,
    #[component(name = "other")]
    Other(String),
}

/// How product restrictions of a customer are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionMode {
    #[component(name = "none")]
    None,
    #[component(name = "allow-list")]
    AllowList,
    #[component(name = "deny-list")]
    DenyList,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PaymentTerms {
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub limit: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub balance: Option<String>,
    /// New orders are held.
    #[serde(default)]
    pub hold: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct TaxProfile {
    #[serde(default)]
    pub exempt: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub ids: Ids,
    pub customer: String,
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[component(name = "may-order")]
    #[serde(default)]
    pub may_order: bool,
    #[component(name = "spend-limit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend_limit: Option<Money>,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    pub ids: Ids,
    pub revision: Revision,
    pub name: String,
    #[component(name = "legal-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<String>,
    pub status: CustomerStatus,
    #[component(name = "bill-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[component(name = "price-level")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_level: Option<String>,
    #[component(name = "price-list")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<PaymentTerms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Credit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxProfile>,
    /// The id of a ship-to.
    #[component(name = "default-ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ship_to: Option<String>,
    #[component(name = "default-warehouse")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_warehouse: Option<String>,
    #[component(name = "default-carrier")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salesperson: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Ids of customer groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    #[component(name = "po-required")]
    #[serde(default)]
    pub po_required: bool,
    pub backorder: BackorderPolicy,
    #[component(name = "card-only")]
    #[serde(default)]
    pub card_only: bool,
    pub restrictions: RestrictionMode,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
    #[serde(with = "raw", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub native: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ShipTo {
    pub ids: Ids,
    pub revision: Revision,
    /// The id of the customer it belongs to.
    pub customer: String,
    /// The sub-account it hangs under, where the system has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its own customer account, where the system keeps ship-tos as accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    #[component(name = "default-warehouse")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_warehouse: Option<String>,
    #[component(name = "default-carrier")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxProfile>,
    #[component(name = "po-required")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_required: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrictions: Option<RestrictionMode>,
    #[serde(default)]
    pub active: bool,
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
pub enum GroupKind {
    #[component(name = "corporate")]
    Corporate,
    #[component(name = "buying")]
    Buying,
    #[component(name = "price")]
    Price,
    #[component(name = "sales-region")]
    SalesRegion,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CustomerGroup {
    pub ids: Ids,
    pub kind: GroupKind,
    pub code: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Ids of customers, where the system lists them with the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AgingBucket {
    pub label: String,
    /// Days past due, from and to; none means open-ended.
    #[component(name = "days-from")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_from: Option<i32>,
    #[component(name = "days-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_to: Option<i32>,
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AccountStanding {
    pub customer: String,
    pub currency: String,
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub balance: String,
    #[component(name = "open-orders")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub open_orders: Option<String>,
    #[component(name = "credit-limit")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub credit_limit: Option<String>,
    #[component(name = "available-credit")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub available_credit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aging: Vec<AgingBucket>,
    #[component(name = "last-payment")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_payment: Option<Money>,
    #[component(name = "last-payment-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_payment_date: Option<String>,
    #[component(name = "past-due-count")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_due_count: Option<u32>,
}

/// What a customer bought before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PastItem {
    pub product: String,
    #[component(name = "customer-sku")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_sku: Option<String>,
    #[component(name = "last-ordered")]
    pub last_ordered: String,
    pub quantity: Quantity,
    /// How many orders had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<u32>,
}

pub use crate::commerce::linkage::{Host, HostWithStore, add_to_linker};
