//! Categories, relations, kits, customer part numbers and restrictions.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::types::{Ids, Quantity};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub ids: Ids,
    pub code: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    #[component(name = "substitute")]
    Substitute,
    #[component(name = "interchange")]
    Interchange,
    #[component(name = "superseded-by")]
    SupersededBy,
    #[component(name = "companion")]
    Companion,
    #[component(name = "upgrade")]
    Upgrade,
    #[component(name = "option-part")]
    OptionPart,
    #[component(name = "accessory")]
    Accessory,
    #[component(name = "purchased-together")]
    PurchasedTogether,
    #[component(name = "kit-alternative")]
    KitAlternative,
    #[component(name = "other")]
    Other(String),
}

/// A directed relation: `to` stands for, follows or goes with `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    pub kind: RelationKind,
    pub from: String,
    pub to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    #[component(name = "both-ways")]
    #[serde(default)]
    pub both_ways: bool,
    /// Offer `to` before `from`.
    #[component(name = "sell-first")]
    #[serde(default)]
    pub sell_first: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    #[component(name = "valid-from")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    #[component(name = "valid-until")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum PriceRollup {
    #[component(name = "kit")]
    Kit,
    #[component(name = "components")]
    Components,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct KitComponent {
    pub kit: String,
    pub component: String,
    pub quantity: Quantity,
    #[serde(default)]
    pub optional: bool,
    pub rollup: PriceRollup,
}

/// A customer's own part number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CustomerProduct {
    pub customer: String,
    #[component(name = "ship-to")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    #[component(name = "customer-sku")]
    pub customer_sku: String,
    pub product: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionScope {
    #[component(name = "everyone")]
    Everyone,
    #[component(name = "customer")]
    Customer(String),
    #[component(name = "ship-to")]
    ShipTo(String),
    #[component(name = "group")]
    Group(String),
    #[component(name = "region")]
    Region(String),
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionTarget {
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
pub enum RestrictionEffect {
    #[component(name = "allow")]
    Allow,
    #[component(name = "deny")]
    Deny,
    #[component(name = "needs-approval")]
    NeedsApproval,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    pub scope: RestrictionScope,
    pub target: RestrictionTarget,
    pub effect: RestrictionEffect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[component(name = "valid-from")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    #[component(name = "valid-until")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}
