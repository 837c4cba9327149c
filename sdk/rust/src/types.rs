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

impl PriceRequest {
    /// What does so much of a product cost, with nothing else said.
    #[must_use]
    pub fn new(product: impl Into<String>, quantity: Quantity) -> Self {
        Self {
            customer: None,
            ship_to: None,
            product: product.into(),
            quantity,
            warehouse: None,
            currency: None,
            date: None,
            want_breaks: false,
        }
    }
}

impl InventoryRequest {
    /// How much is there of a product, in every warehouse.
    #[must_use]
    pub fn new(product: impl Into<String>) -> Self {
        Self { product: product.into(), warehouse: None, unit: None, customer: None }
    }
}

impl Availability {
    /// So much can be promised from a warehouse, with nothing else known.
    #[must_use]
    pub fn new(product: impl Into<String>, warehouse: impl Into<String>, available: impl ToString) -> Self {
        Self {
            product: product.into(),
            warehouse: warehouse.into(),
            unit: None,
            available: available.to_string(),
            on_hand: None,
            committed: None,
            on_order: None,
            next_receipt: None,
            lead_time_days: None,
        }
    }
}

impl OrderLine {
    /// So much of a product at the system's own price.
    #[must_use]
    pub fn new(line: impl Into<String>, product: impl Into<String>, quantity: Quantity) -> Self {
        Self {
            line: line.into(),
            product: Some(product.into()),
            customer_sku: None,
            description: None,
            quantity,
            price_unit: None,
            price_per: None,
            unit_price: None,
            price_override: false,
            discount: None,
            tax: None,
            total: None,
            warehouse: None,
            requested_date: None,
            status: None,
            shipped: None,
            backordered: None,
            cancelled: None,
            kit_parent: None,
            note: None,
            custom: Vec::new(),
        }
    }
}

impl Order {
    /// An order of a customer, with nothing said but what is bought.
    #[must_use]
    pub fn new(reference: impl Into<String>, customer: impl Into<String>, lines: Vec<OrderLine>) -> Self {
        Self {
            ids: None,
            revision: None,
            kind: OrderKind::Order,
            reference: reference.into(),
            customer_po: None,
            status: None,
            raw_status: None,
            customer: customer.into(),
            ship_to: None,
            ship_address: None,
            bill_to: None,
            currency: None,
            order_date: None,
            requested_date: None,
            promised_date: None,
            expires: None,
            carrier: None,
            ship_service: None,
            freight: None,
            warehouse: None,
            lines,
            totals: None,
            payment: None,
            notes: Vec::new(),
            placed_by: None,
            holds: Vec::new(),
            shipments: Vec::new(),
            invoices: Vec::new(),
            links: Vec::new(),
            custom: Vec::new(),
            native: None,
        }
    }
}
