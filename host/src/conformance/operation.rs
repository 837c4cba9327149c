//! Every operation of the contract: what kind of question it is, and which connectors should have it.

use crate::plugin::Interface;
use crate::plugin::contract::connector::Kind;

/// What kind of question an operation is; the kind decides which cases it is put through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One question, one answer.
    Question,
    /// Many lines, one answer per line in their order.
    Lines,
    /// A list in pages.
    Pages,
    /// Documents with a reference; no hit is an answer too.
    LookUp,
    /// It changes the system. `look_up` finds what it made.
    Write {
        /// The operation that finds by reference what this one made.
        look_up: Option<&'static str>,
    },
    /// Many writes in one call, one answer per write in their order.
    WriteLines,
}

impl Shape {
    /// Whether it may change something in the system.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write { .. } | Self::WriteLines)
    }

    /// Whether it answers line by line.
    #[must_use]
    pub const fn has_lines(self) -> bool {
        matches!(self, Self::Lines | Self::WriteLines)
    }
}

/// An operation of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `pricing.query`
    pub name: &'static str,
    /// The interface that has it; none for `connector`, which every connector exports.
    pub interface: Option<Interface>,
    /// What kind of question it is.
    pub shape: Shape,
}

const fn at(interface: Interface, name: &'static str, shape: Shape) -> Operation {
    Operation { name, interface: Some(interface), shape }
}

const WRITE: Shape = Shape::Write { look_up: None };

/// All of them, in the order of the contract.
pub const OPERATIONS: [Operation; 53] = [
    Operation { name: "connector.check", interface: None, shape: Shape::Question },
    at(Interface::Pricing, "pricing.query", Shape::Lines),
    at(Interface::Pricing, "pricing.list-agreements", Shape::Pages),
    at(Interface::Inventory, "inventory.query", Shape::Lines),
    at(Interface::Inventory, "inventory.list", Shape::Pages),
    at(Interface::Customers, "customers.get", Shape::Question),
    at(Interface::Customers, "customers.list", Shape::Pages),
    at(Interface::Customers, "customers.ship-tos", Shape::Pages),
    at(Interface::Customers, "customers.contacts", Shape::Pages),
    at(Interface::Customers, "customers.groups", Shape::Pages),
    at(Interface::Customers, "customers.account-summary", Shape::Question),
    at(Interface::Customers, "customers.past-items", Shape::Pages),
    at(Interface::Customers, "customers.upsert-customer", WRITE),
    at(Interface::Customers, "customers.upsert-ship-to", WRITE),
    at(Interface::Catalog, "catalog.products", Shape::Pages),
    at(Interface::Catalog, "catalog.categories", Shape::Pages),
    at(Interface::Catalog, "catalog.relations", Shape::Pages),
    at(Interface::Catalog, "catalog.kits", Shape::Pages),
    at(Interface::Catalog, "catalog.customer-products", Shape::Pages),
    at(Interface::Catalog, "catalog.restrictions", Shape::Pages),
    at(Interface::Orders, "orders.get", Shape::Question),
    at(Interface::Orders, "orders.list", Shape::Pages),
    at(Interface::Orders, "orders.shipments", Shape::Question),
    at(Interface::Orders, "orders.simulate", Shape::Question),
    at(Interface::Orders, "orders.submit", Shape::Write { look_up: Some("orders.find-by-reference") }),
    at(Interface::Orders, "orders.cancel", WRITE),
    at(Interface::Orders, "orders.add-note", WRITE),
    at(Interface::Orders, "orders.find-by-reference", Shape::LookUp),
    at(Interface::OrderBatches, "order-batches.submit", Shape::WriteLines),
    at(Interface::Quotes, "quotes.get", Shape::Question),
    at(Interface::Quotes, "quotes.list", Shape::Pages),
    at(Interface::Quotes, "quotes.convert", Shape::Write { look_up: Some("quotes.find-by-reference") }),
    at(Interface::Quotes, "quotes.find-by-reference", Shape::LookUp),
    at(Interface::Invoices, "invoices.get", Shape::Question),
    at(Interface::Invoices, "invoices.list", Shape::Pages),
    at(Interface::Invoices, "invoices.document", Shape::Question),
    at(Interface::Invoices, "invoices.record-payment", Shape::Write { look_up: Some("invoices.find-by-reference") }),
    at(Interface::Invoices, "invoices.find-by-reference", Shape::LookUp),
    at(Interface::Reference, "reference.warehouses", Shape::Pages),
    at(Interface::Reference, "reference.carriers", Shape::Pages),
    at(Interface::Reference, "reference.terms", Shape::Pages),
    at(Interface::Reference, "reference.units", Shape::Pages),
    at(Interface::Feed, "feed.pull", Shape::Pages),
    at(Interface::Feed, "feed.enumerate-ids", Shape::Pages),
    at(Interface::Sink, "sink.apply", Shape::WriteLines),
    at(Interface::Inbound, "inbound.handle", Shape::Question),
    at(Interface::Payments, "payments.begin-vault", Shape::Question),
    at(Interface::Payments, "payments.list-methods", Shape::Question),
    at(Interface::Payments, "payments.detach", WRITE),
    at(Interface::Payments, "payments.charge", Shape::Write { look_up: Some("payments.find-by-reference") }),
    at(Interface::Payments, "payments.find-by-reference", Shape::LookUp),
    at(Interface::Mapper, "mapper.outbound", Shape::Question),
    at(Interface::Mapper, "mapper.inbound", Shape::Question),
];

impl Operation {
    /// The operation with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        OPERATIONS.into_iter().find(|operation| operation.name == name)
    }
}

/// The interfaces that a connector of this kind should export: what its users look for first. A connector whose system
/// cannot do an operation of them exports the interface and says so.
#[must_use]
pub fn expected(kind: &Kind) -> &'static [Interface] {
    match kind {
        Kind::Erp => &[
            Interface::Pricing,
            Interface::Inventory,
            Interface::Customers,
            Interface::Catalog,
            Interface::Orders,
            Interface::Quotes,
            Interface::Invoices,
            Interface::Reference,
            Interface::Feed,
        ],
        Kind::Crm => &[Interface::Customers, Interface::Sink],
        Kind::Cms | Kind::Store => &[Interface::Sink],
        Kind::Pim => &[Interface::Catalog, Interface::Feed],
        Kind::Edi => &[Interface::Orders, Interface::Inbound],
        Kind::Payment => &[Interface::Payments],
        Kind::Generic | Kind::Other(_) => &[],
    }
}
