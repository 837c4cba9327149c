//! What is agreed, sent and billed: orders, quotes, shipments, invoices, payments.

mod invoice;
mod order;
mod payment;
mod shipment;

pub use invoice::{AppliedPayment, Invoice, InvoiceKind, InvoiceLine, InvoiceState, Rendered};
pub use order::{
    Discount, DocumentFilter, DocumentLink, DocumentState, Freight, Hold, LinkKind, Note, NoteAudience, Order,
    OrderKind, OrderLine, OrderStatus, Totals,
};
pub use payment::{Payment, PaymentApplication, PaymentMethod, PaymentToken};
pub use shipment::{Shipment, ShippedLine, Tracking};

pub use crate::commerce::linkage::{Host, HostWithStore, add_to_linker};
