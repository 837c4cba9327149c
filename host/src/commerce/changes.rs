//! A record of any kind on its way from one system to another.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::documents::{Invoice, Order, Shipment};
use crate::commerce::parties::{Customer, CustomerGroup, ShipTo};
use crate::commerce::products::{
    Availability, Category, CustomerProduct, KitComponent, PriceAgreement, Product, Relation, Restriction,
};
use crate::commerce::types::WriteContext;

/// What a feed carries.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    ComponentType,
    Lift,
    Lower,
)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    #[component(name = "customers")]
    Customers,
    #[component(name = "ship-tos")]
    ShipTos,
    #[component(name = "customer-groups")]
    CustomerGroups,
    #[component(name = "products")]
    Products,
    #[component(name = "categories")]
    Categories,
    #[component(name = "relations")]
    Relations,
    #[component(name = "kits")]
    Kits,
    #[component(name = "customer-products")]
    CustomerProducts,
    #[component(name = "restrictions")]
    Restrictions,
    #[component(name = "availability")]
    Availability,
    #[component(name = "price-agreements")]
    PriceAgreements,
    #[component(name = "orders")]
    Orders,
    #[component(name = "quotes")]
    Quotes,
    #[component(name = "invoices")]
    Invoices,
    #[component(name = "shipments")]
    Shipments,
}

/// One record of a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum RecordBody {
    #[component(name = "customer")]
    Customer(Customer),
    #[component(name = "ship-to")]
    ShipTo(ShipTo),
    #[component(name = "customer-group")]
    CustomerGroup(CustomerGroup),
    #[component(name = "product")]
    Product(Product),
    #[component(name = "category")]
    Category(Category),
    #[component(name = "relation")]
    Relation(Relation),
    #[component(name = "kit")]
    Kit(KitComponent),
    #[component(name = "customer-product")]
    CustomerProduct(CustomerProduct),
    #[component(name = "restriction")]
    Restriction(Restriction),
    #[component(name = "availability")]
    Availability(Availability),
    #[component(name = "price-agreement")]
    PriceAgreement(PriceAgreement),
    #[component(name = "order")]
    Order(Order),
    #[component(name = "quote")]
    Quote(Order),
    #[component(name = "invoice")]
    Invoice(Invoice),
    #[component(name = "shipment")]
    Shipment(Shipment),
    /// The record is gone in the system; its id.
    #[component(name = "deleted")]
    Deleted(String),
}

/// A record to be written into a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub write: WriteContext,
    pub body: RecordBody,
    /// When the change was seen; an older one must not overwrite a newer one.
    #[component(name = "observed-at")]
    pub observed_at: String,
}

pub use crate::commerce::linkage::{Host, HostWithStore, add_to_linker};
