//! The types of the contract. `wit/` says what each field means.

pub use crate::bindings::shared::changes::{Change, Entity, RecordBody};
pub use crate::bindings::shared::documents::{
    AppliedPayment, Discount, DocumentFilter, DocumentLink, DocumentState, Freight, Hold, Invoice, InvoiceKind,
    InvoiceLine, InvoiceState, LinkKind, Note, NoteAudience, Order, OrderKind, OrderLine, OrderStatus, Payment,
    PaymentApplication, PaymentMethod, PaymentToken, Rendered, Shipment, ShippedLine, Totals, Tracking,
};
pub use crate::bindings::shared::parties::{
    AccountStanding, AgingBucket, BackorderPolicy, Contact, Credit, Customer, CustomerGroup, CustomerStatus, GroupKind,
    PastItem, PaymentTerms, RestrictionMode, ShipTo, TaxProfile,
};
pub use crate::bindings::shared::products::{
    AgreementBasis, AgreementScope, AgreementTarget, Attribute, Availability, Barcode, Category, CustomerProduct,
    Description, Dimensions, InventoryRequest, KitComponent, Media, PresellWindow, Price, PriceAgreement, PriceBreak,
    PriceRequest, PriceRollup, Product, ProductKind, ProductStatus, ProductUnit, Receipt, Relation, RelationKind,
    Restriction, RestrictionEffect, RestrictionScope, RestrictionTarget, Stock, UnitRoles,
};
pub use crate::bindings::shared::types::{
    Address, Conflict, CustomField, Error, FieldProblem, Ids, KeyPart, MissingMapping, Money, PageEnd, PageRequest,
    Quantity, Revision, WriteContext, Written,
};

pub(crate) use crate::bindings::shared::types::Context as RawContext;

/// Pages of the list functions.
pub mod page {
    pub use crate::bindings::catalog::{
        CategoryPage, CustomerProductPage, KitPage, ProductPage, RelationPage, RestrictionPage,
    };
    pub use crate::bindings::customers::{
        ContactPage, CustomerFilter, CustomerPage, GroupPage, PastItemPage, ShipToPage,
    };
    pub use crate::bindings::feed::{FeedPage, IdPage};
    pub use crate::bindings::inventory::AvailabilityPage;
    pub use crate::bindings::invoices::InvoicePage;
    pub use crate::bindings::orders::OrderPage;
    pub use crate::bindings::pricing::AgreementPage;
    pub use crate::bindings::quotes::QuotePage;
    pub use crate::bindings::reference::{
        Carrier, CarrierPage, Term, TermPage, Unit, UnitPage, Warehouse, WarehousePage,
    };
}

impl Ids {
    /// Ids of a record with one key and one number.
    #[must_use]
    pub fn new(id: impl Into<String>, number: Option<String>) -> Self {
        Self { id: id.into(), key: Vec::new(), number }
    }
}

impl Quantity {
    /// So many of a unit.
    #[must_use]
    pub fn new(value: impl ToString, unit: impl Into<String>) -> Self {
        Self { value: value.to_string(), unit: unit.into() }
    }
}

impl PageEnd {
    /// The list goes on at `next`, or has ended.
    #[must_use]
    pub fn at(next: Option<String>) -> Self {
        Self { next, complete: true }
    }
}

impl Error {
    /// A business "no" about one field.
    #[must_use]
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { field: field.into(), problem: problem.into() }])
    }

    /// An answer that the connector does not understand.
    #[must_use]
    pub fn internal(text: impl Into<String>) -> Self {
        Self::Internal(text.into())
    }
}

impl Price {
    /// A price for one unit, with nothing else known.
    #[must_use]
    pub fn new(product: &str, unit: &str, unit_price: impl ToString, currency: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            unit: unit.into(),
            price_unit: None,
            price_per: None,
            unit_price: unit_price.to_string(),
            list_price: None,
            currency: currency.into(),
            breaks: Vec::new(),
            list_breaks: Vec::new(),
            extended: None,
            discount_percent: None,
            contract: None,
            valid_until: None,
            min_quantity: None,
            order_multiple: None,
            availability: Vec::new(),
            custom: Vec::new(),
            native: None,
        }
    }
}
