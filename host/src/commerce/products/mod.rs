//! What is sold: products, their relations, prices and availability.

mod availability;
mod price;
mod product;
mod relation;

pub use availability::{Availability, InventoryRequest, Receipt, Stock};
pub use price::{AgreementBasis, AgreementScope, AgreementTarget, Price, PriceAgreement, PriceBreak, PriceRequest};
pub use product::{
    Attribute, Barcode, Description, Dimensions, Media, PresellWindow, Product, ProductKind, ProductStatus,
    ProductUnit, UnitRoles,
};
pub use relation::{
    Category, CustomerProduct, KitComponent, PriceRollup, Relation, RelationKind, Restriction, RestrictionEffect,
    RestrictionScope, RestrictionTarget,
};

pub use crate::commerce::linkage::{Host, HostWithStore, add_to_linker};
