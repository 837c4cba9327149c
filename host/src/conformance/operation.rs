//! Every operation of the contract: what kind of question it is, and which connectors should have it.

use crate::plugin::contract::connector::Kind;
use crate::plugin::{self, Interface};

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

/// The operation that proves that the system can be reached.
const CHECK: Operation = Operation { name: "connector.check", interface: None, shape: Shape::Question };

/// Operations that change the system, and how what they made is found again.
const WRITES: [(&str, Option<&str>); 9] = [
    ("customers.upsert-customer", None),
    ("customers.upsert-ship-to", None),
    ("orders.submit", Some("orders.find-by-reference")),
    ("orders.cancel", None),
    ("orders.add-note", None),
    ("quotes.convert", Some("quotes.find-by-reference")),
    ("invoices.record-payment", Some("invoices.find-by-reference")),
    ("payments.detach", None),
    ("payments.charge", Some("payments.find-by-reference")),
];

/// Interfaces whose every operation is a list in pages.
const LISTS: [Interface; 3] = [Interface::Catalog, Interface::Reference, Interface::Feed];
/// Other lists in pages.
const PAGES: [&str; 10] = [
    "pricing.list-agreements",
    "inventory.list",
    "customers.list",
    "customers.ship-tos",
    "customers.contacts",
    "customers.groups",
    "customers.past-items",
    "orders.list",
    "quotes.list",
    "invoices.list",
];

impl Operation {
    /// All of them, in the order of the contract.
    pub fn all() -> impl Iterator<Item = Self> {
        let rest = plugin::OPERATIONS.iter().map(|(name, interface, answer)| Self {
            name,
            interface: Some(*interface),
            shape: shape(name, *interface, *answer),
        });
        std::iter::once(CHECK).chain(rest)
    }

    /// The operation with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|operation| operation.name == name)
    }
}

fn shape(name: &str, interface: Interface, answer: plugin::Shape) -> Shape {
    let batches = matches!(interface, Interface::OrderBatches | Interface::Sink);
    match WRITES.iter().find(|(write, _)| *write == name) {
        Some((_, look_up)) => Shape::Write { look_up: *look_up },
        None if answer == plugin::Shape::Lines && batches => Shape::WriteLines,
        None if answer == plugin::Shape::Lines => Shape::Lines,
        None if LISTS.contains(&interface) || PAGES.contains(&name) => Shape::Pages,
        None if name.ends_with(".find-by-reference") => Shape::LookUp,
        None => Shape::Question,
    }
}

/// The interfaces that a connector of this kind should export: what its users look for first. A connector whose system
/// cannot do an operation of them exports the interface and says so.
pub(super) fn expected(kind: &Kind) -> &'static [Interface] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_tables_is_an_operation() {
        let names: Vec<&str> = Operation::all().map(|operation| operation.name).collect();
        for name in WRITES.iter().flat_map(|(write, look_up)| [Some(*write), *look_up]).flatten().chain(PAGES) {
            assert!(names.contains(&name), "{name}");
        }
        let shape = |name| Operation::named(name).unwrap().shape;
        assert_eq!(shape("pricing.query"), Shape::Lines);
        assert_eq!(shape("order-batches.submit"), Shape::WriteLines);
        assert_eq!(shape("feed.pull"), Shape::Pages);
        assert_eq!(shape("quotes.find-by-reference"), Shape::LookUp);
        assert_eq!(shape("orders.shipments"), Shape::Question);
        assert!(shape("orders.cancel").writes() && !shape("orders.get").writes());
    }
}
