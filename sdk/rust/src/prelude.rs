//! What nearly every connector uses.

pub use crate::context::Context;
pub use crate::decimal::Decimal;
pub use crate::http;
pub use crate::interfaces::{
    Catalog, Connector, Customers, Description, ExpiredAnswer, Feed, FeedKind, HeaderEncoding, Health, Idempotency,
    Inbound, Inventory, Invoices, Kept, KeptFrom, Kind, LineResult, Mapper, Operation, OrderBatches, Orders, Payments,
    Pricing, Quotes, RateHint, Reference, SecretSlot, SessionHeader, SessionScheme, Sink, Submission, Template,
};
pub use crate::types::*;
pub use crate::{log, state};
