//! The traits a connector implements, one for each interface of the contract.
//!
//! Every function but those of [`Connector`] starts out answering "not supported", so a connector writes just what its
//! system can do. An interface is offered to the host only when [`export!`](crate::export) names it.

use std::marker::PhantomData;

use crate::bindings;
use crate::bindings::{
    catalog as c, customers as cu, feed as f, inbound as ib, inventory as iv, invoices as i, order_batches as ob,
    orders as o, payments as pay, pricing as p, quotes as q, reference as r,
};
use crate::context::Context;
use crate::types::{
    AccountStanding, Change, Customer, DocumentFilter, Entity, Error, Ids, InventoryRequest, Invoice, Money, Note,
    Order, PageRequest, Payment, PaymentToken, Price, PriceRequest, RawContext, Rendered, ShipTo, Shipment, Stock,
    WriteContext, Written,
};

pub use bindings::order_batches::Submission;

pub use bindings::connector::{
    Description, ExpiredAnswer, FeedKind, HeaderEncoding, Health, Idempotency, Kept, KeptFrom, Kind, Operation,
    RateHint, SecretSlot, SessionHeader, SessionScheme, Template,
};

/// The answer to one line of a list question.
pub type LineResult<T> = Result<T, Error>;

/// What the host calls; it hands every call on to the connector `T`.
#[derive(Debug)]
pub struct Adapter<T>(PhantomData<T>);

/// Who the connector is and whether its system answers. The one interface that is required.
pub trait Connector {
    /// Name, version, settings, operations. Pure.
    fn describe() -> Description;
    /// One cheap request that proves address, credentials and rights.
    ///
    /// # Errors
    /// Why the system cannot be used.
    fn check(ctx: &Context) -> Result<Health, Error>;
}

impl<T: Connector> bindings::connector::Guest for Adapter<T> {
    fn describe() -> Description {
        crate::panic::report_to_host();
        T::describe()
    }
    fn check(ctx: RawContext) -> Result<Health, Error> {
        crate::panic::report_to_host();
        T::check(&Context::new(ctx))
    }
}

macro_rules! interface {
    ($(#[$doc:meta])* $trait:ident = $module:ident {
        $($(#[$fdoc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)+
    }) => {
        $(#[$doc])*
        #[allow(unused_variables, reason = "the default answers ignore their arguments")]
        pub trait $trait {
            $($(#[$fdoc])*
            ///
            /// # Errors
            /// Why there is no answer; unless overridden, that it is not supported.
            fn $name(ctx: &Context, $($arg: $ty),*) -> Result<$out, Error> {
                Err(Error::NotSupported(concat!("this connector has no ", stringify!($module), ".", stringify!($name)).into()))
            })+
        }

        impl<T: $trait> bindings::$module::Guest for Adapter<T> {
            $(fn $name(ctx: RawContext, $($arg: $ty),*) -> Result<$out, Error> {
                crate::panic::report_to_host();
                <T as $trait>::$name(&Context::new(ctx), $($arg),*)
            })+
        }
    };
}

interface! {
    /// Prices for a customer.
    Pricing = pricing {
        /// One answer per line, in order.
        fn query(lines: Vec<PriceRequest>) -> Vec<LineResult<Price>>;
        /// Price rules to keep locally.
        fn list_agreements(page: PageRequest) -> p::AgreementPage;
    }
}

interface! {
    /// Stock.
    Inventory = inventory {
        /// One answer per line, in order.
        fn query(lines: Vec<InventoryRequest>) -> Vec<LineResult<Stock>>;
        /// Stock of every product.
        fn list(warehouse: Option<String>, page: PageRequest) -> iv::AvailabilityPage;
    }
}

interface! {
    /// Customers, their ship-tos, contacts, groups and accounts.
    Customers = customers {
        /// One customer.
        fn get(id: String) -> Customer;
        /// Customers in pages.
        fn list(filter: cu::CustomerFilter, page: PageRequest) -> cu::CustomerPage;
        /// Delivery addresses of a customer.
        fn ship_tos(customer: String, page: PageRequest) -> cu::ShipToPage;
        /// People at a customer.
        fn contacts(customer: String, page: PageRequest) -> cu::ContactPage;
        /// Customer groups.
        fn groups(page: PageRequest) -> cu::GroupPage;
        /// What a customer owes.
        fn account_summary(customer: String) -> AccountStanding;
        /// What a customer bought before.
        fn past_items(customer: String, page: PageRequest) -> cu::PastItemPage;
        /// Creates or changes a customer.
        fn upsert_customer(write: WriteContext, customer: Customer) -> Written;
        /// Creates or changes a delivery address.
        fn upsert_ship_to(write: WriteContext, ship_to: ShipTo) -> Written;
    }
}

interface! {
    /// What is sold.
    Catalog = catalog {
        /// Products.
        fn products(page: PageRequest) -> c::ProductPage;
        /// The category tree.
        fn categories(page: PageRequest) -> c::CategoryPage;
        /// Substitutes, accessories and the like.
        fn relations(page: PageRequest) -> c::RelationPage;
        /// Components of kits.
        fn kits(page: PageRequest) -> c::KitPage;
        /// Customers' own part numbers.
        fn customer_products(customer: Option<String>, page: PageRequest) -> c::CustomerProductPage;
        /// Who may not buy what.
        fn restrictions(page: PageRequest) -> c::RestrictionPage;
    }
}

interface! {
    /// Orders.
    Orders = orders {
        /// One order.
        fn get(id: String) -> Order;
        /// Orders in pages.
        fn list(filter: DocumentFilter, page: PageRequest) -> o::OrderPage;
        /// Shipments of an order.
        fn shipments(id: String) -> Vec<Shipment>;
        /// Prices and totals as the system would compute them; nothing is stored.
        fn simulate(order: Order) -> Order;
        /// Creates the document.
        fn submit(write: WriteContext, order: Order) -> Written;
        /// Cancels an order.
        fn cancel(write: WriteContext, id: String, reason: Option<String>) -> Written;
        /// Adds a note to an order.
        fn add_note(write: WriteContext, id: String, note: Note) -> Written;
        /// Every document made from this reference for this customer.
        fn find_by_reference(customer: String, reference: String) -> Vec<Ids>;
    }
}

interface! {
    /// Many documents in one call.
    OrderBatches = order_batches {
        /// Creates each document; one answer per document, in their order.
        fn submit(documents: Vec<ob::Submission>) -> Vec<LineResult<Written>>;
    }
}

interface! {
    /// Quotes.
    Quotes = quotes {
        /// One quote.
        fn get(id: String) -> Order;
        /// Quotes in pages.
        fn list(filter: DocumentFilter, page: PageRequest) -> q::QuotePage;
        /// Makes an order from a quote.
        fn convert(write: WriteContext, id: String, changes: Option<Order>) -> Written;
        /// Every document made from this reference for this customer.
        fn find_by_reference(customer: String, reference: String) -> Vec<Ids>;
    }
}

interface! {
    /// Invoices and payments on them.
    Invoices = invoices {
        /// One invoice.
        fn get(id: String) -> Invoice;
        /// Invoices in pages.
        fn list(filter: DocumentFilter, page: PageRequest) -> i::InvoicePage;
        /// The printed invoice.
        fn document(id: String) -> Rendered;
        /// Records a payment.
        fn record_payment(write: WriteContext, customer: String, payment: Payment) -> Written;
        /// Every document made from this reference for this customer.
        fn find_by_reference(customer: String, reference: String) -> Vec<Ids>;
    }
}

interface! {
    /// Code lists.
    Reference = reference {
        /// Warehouses.
        fn warehouses(page: PageRequest) -> r::WarehousePage;
        /// Carriers.
        fn carriers(page: PageRequest) -> r::CarrierPage;
        /// Payment terms.
        fn terms(page: PageRequest) -> r::TermPage;
        /// Units.
        fn units(page: PageRequest) -> r::UnitPage;
    }
}

interface! {
    /// Changed records in pages.
    Feed = feed {
        /// One page of records.
        fn pull(entity: Entity, cursor: Option<String>, limit: u32) -> f::FeedPage;
        /// One page of every id there is.
        fn enumerate_ids(entity: Entity, cursor: Option<String>, limit: u32) -> f::IdPage;
    }
}

interface! {
    /// The receiving side of changes.
    Sink = sink {
        /// One answer per change, in order.
        fn apply(changes: Vec<Change>) -> Vec<LineResult<Written>>;
    }
}

interface! {
    /// Calls that the connected system makes.
    Inbound = inbound {
        /// Answers one call.
        fn handle(request: ib::Request) -> ib::Handled;
    }
}

interface! {
    /// Payment vaults.
    Payments = payments {
        /// A session for the gateway's hosted fields.
        fn begin_vault(customer: String) -> pay::VaultSession;
        /// Stored instruments.
        fn list_methods(customer: String) -> Vec<PaymentToken>;
        /// Forgets an instrument.
        fn detach(write: WriteContext, customer: String, token: String) -> Written;
        /// Charges an instrument.
        fn charge(write: WriteContext, customer: String, token: String, amount: Money) -> Written;
        /// Every charge made from this reference for this customer.
        fn find_by_reference(customer: String, reference: String) -> Vec<Ids>;
    }
}

interface! {
    /// A tenant's own field rules.
    Mapper = mapper {
        /// A document on its way to the system.
        fn outbound(kind: String, document: String) -> String;
        /// A document on its way to the store.
        fn inbound(kind: String, document: String) -> String;
    }
}
