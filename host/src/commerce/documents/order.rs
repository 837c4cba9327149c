//! Orders, quotes and pre-orders.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::payment::Payment;
use super::shipment::Shipment;
use crate::commerce::decimal;
use crate::commerce::json::{custom, raw};
use crate::commerce::types::{Address, CustomField, Ids, Quantity, Revision};

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    #[component(name = "order")]
    #[default]
    Order,
    #[component(name = "quote")]
    Quote,
    #[component(name = "pre-order")]
    PreOrder,
    #[component(name = "return-order")]
    ReturnOrder,
    #[component(name = "blanket")]
    Blanket,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    #[component(name = "draft")]
    Draft,
    #[component(name = "submitted")]
    Submitted,
    #[component(name = "accepted")]
    Accepted,
    #[component(name = "on-hold")]
    OnHold,
    #[component(name = "approved")]
    Approved,
    #[component(name = "in-process")]
    InProcess,
    #[component(name = "partially-shipped")]
    PartiallyShipped,
    #[component(name = "shipped")]
    Shipped,
    #[component(name = "invoiced")]
    Invoiced,
    #[component(name = "closed")]
    Closed,
    #[component(name = "cancelled")]
    Cancelled,
    #[component(name = "rejected")]
    Rejected,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum NoteAudience {
    #[component(name = "internal")]
    Internal,
    #[component(name = "customer")]
    Customer,
    #[component(name = "pick")]
    Pick,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub audience: NoteAudience,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub percent: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub subtotal: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub discount: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub tax: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub freight: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub other: Option<String>,
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub total: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Freight {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The caller's name for the line; comes back unchanged.
    pub line: String,
    /// Id of the product; none for a free-text line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    #[component(name = "customer-sku")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    #[component(name = "price-unit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_unit: Option<String>,
    #[component(name = "price-per")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub price_per: Option<String>,
    #[component(name = "unit-price")]
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub unit_price: Option<String>,
    /// The system shall take `unit-price` instead of its own.
    #[component(name = "price-override")]
    #[serde(default)]
    pub price_override: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub tax: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub total: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    #[component(name = "requested-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub shipped: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub backordered: Option<String>,
    #[serde(with = "decimal::option", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub cancelled: Option<String>,
    #[component(name = "kit-parent")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit_parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(with = "custom", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub custom: Vec<CustomField>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    #[component(name = "converted-from")]
    ConvertedFrom,
    #[component(name = "split-from")]
    SplitFrom,
    #[component(name = "backorder-of")]
    BackorderOf,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct DocumentLink {
    pub kind: LinkKind,
    pub to: Ids,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// None while the document is on its way to the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    #[serde(default)]
    pub kind: OrderKind,
    /// The store's own number; unique in the store.
    pub reference: String,
    #[component(name = "customer-po")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_po: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    /// The system's own word for the status.
    #[component(name = "raw-status")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_status: Option<String>,
    pub customer: String,
    /// Id of a ship-to.
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    /// A one-time delivery address.
    #[component(name = "ship-address")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_address: Option<Address>,
    #[component(name = "bill-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[component(name = "order-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_date: Option<String>,
    #[component(name = "requested-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<String>,
    #[component(name = "promised-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_date: Option<String>,
    /// Until when a quote holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    #[component(name = "ship-service")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight: Option<Freight>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<OrderLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    #[component(name = "placed-by")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
    /// Ids of invoices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<DocumentLink>,
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
pub enum DocumentState {
    #[component(name = "open")]
    Open,
    #[component(name = "closed")]
    Closed,
    #[component(name = "all")]
    All,
}

/// Which documents of a list are wanted; every given field narrows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct DocumentFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrderKind>,
    pub state: DocumentState,
    #[component(name = "date-from")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_from: Option<String>,
    #[component(name = "date-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_to: Option<String>,
    /// Words in number, reference or customer's purchase order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
