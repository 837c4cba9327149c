//! Every operation of the contract, in one table: its name, the function of the component behind it, what goes in and
//! what comes out. The methods that call them, and the same by name with JSON, are made of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::{AskError, input, lines, output};
use super::{Call, Ended, run};
use crate::commerce::changes::{Change, Entity};
use crate::commerce::documents::{DocumentFilter, Invoice, Note, Order, Payment, PaymentToken, Rendered, Shipment};
use crate::commerce::parties::{AccountStanding, Customer, ShipTo};
use crate::commerce::products::{InventoryRequest, Price, PriceRequest, Stock};
use crate::commerce::types::{Error as Refusal, Ids, Money, PageRequest, WriteContext, Written};
use crate::plugin::bindings::exports::apiconnect::connector as contract;
use crate::plugin::interface::{Exports, Interface};
use crate::plugin::loaded::Loaded;

/// How the answer of an operation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One value.
    One,
    /// One answer for each item of the question, in its order: a value or an error.
    Lines,
}

/// How a parameter is lent to a call: `text`, `maybe_text`, `one T`, `maybe T`, `list T` or `plain T`.
macro_rules! lent {
    (text) => { &str };
    (maybe_text) => { Option<&str> };
    (one $kind:ty) => { &$kind };
    (maybe $kind:ty) => { Option<&$kind> };
    (list $kind:ty) => { &[$kind] };
    (plain $kind:ty) => { $kind };
}

/// The same parameter as it stands in a JSON question.
macro_rules! owned {
    (text) => { String };
    (maybe_text) => { Option<String> };
    (one $kind:ty) => { $kind };
    (maybe $kind:ty) => { Option<$kind> };
    (list $kind:ty) => { Vec<$kind> };
    (plain $kind:ty) => { $kind };
}

/// From the one to the other.
macro_rules! lend {
    ($value:expr, text) => {
        $value.as_str()
    };
    ($value:expr, maybe_text) => {
        $value.as_deref()
    };
    ($value:expr, one $kind:ty) => {
        &$value
    };
    ($value:expr, maybe $kind:ty) => {
        $value.as_ref()
    };
    ($value:expr, list $kind:ty) => {
        $value.as_slice()
    };
    ($value:expr, plain $kind:ty) => {
        $value
    };
}

macro_rules! answer {
    (One $kind:ty) => { Ended<$kind> };
    (Lines $kind:ty) => { Ended<Vec<Result<$kind, Refusal>>> };
}

/// A list of answers has the length of the list of questions, which is the first parameter.
macro_rules! checked {
    (One, $loaded:expr, $($parameter:ident),*) => {
        |_| Ok(())
    };
    (Lines, $loaded:expr, $first:ident) => {
        |answers: &Vec<_>| $loaded.full(answers, $first.len())
    };
}

macro_rules! told {
    (One, $ended:expr) => {
        output($ended)
    };
    (Lines, $ended:expr) => {
        lines($ended)
    };
}

macro_rules! operations {
    ($(
        $(#[doc = $doc:literal])+
        $method:ident: $name:literal = $interface:ident $exports:ident . $function:ident
            ($($parameter:ident: [$($how:tt)+]),*) -> $shape:ident $answer:ty;
    )*) => {
        impl Loaded {
            $(
                $(#[doc = $doc])+
                #[doc = ""]
                #[doc = concat!("This is `", $name, "` of the contract.")]
                pub async fn $method(&self, call: Call, $($parameter: lent!($($how)+)),*) -> answer!($shape $answer) {
                    let exports: &Exports = &self.exports;
                    run!(
                        self, call, $name = Interface::$interface, exports.$exports.as_ref(), $function($($parameter),*),
                        checked!($shape, self, $($parameter),*)
                    )
                }
            )*

            /// Runs an operation by its name, with JSON in and out. The input is an object with one field for each
            /// parameter, named as in the contract with `_` for `-`; of an answer with lines each is
            /// `{"value": …}` or `{"error": …}`.
            ///
            /// # Errors
            /// [`AskError`] when the question does not fit; what the connector says is in the [`Ended`].
            pub async fn ask(&self, call: Call, operation: &str, question: Value) -> Result<Ended<Value>, AskError> {
                self.ask_text(call, operation, &question.to_string()).await
            }

            /// The same for a question as text, whose numbers keep every digit.
            pub(in crate::plugin) async fn ask_text(
                &self,
                call: Call,
                operation: &str,
                question: &str,
            ) -> Result<Ended<Value>, AskError> {
                match operation {
                    $($name => {
                        #[derive(Deserialize)]
                        #[serde(deny_unknown_fields)]
                        struct Question { $($parameter: owned!($($how)+)),* }
                        let asked: Question = input(operation, question)?;
                        let ended = self.$method(call, $(lend!(asked.$parameter, $($how)+)),*).await;
                        Ok(told!($shape, ended))
                    })*
                    _ => Err(AskError::Unknown { operation: operation.to_owned() }),
                }
            }
        }

        /// Every operation of the contract but `connector.check`: its name, its interface, the shape of its answer.
        pub const OPERATIONS: &[(&str, Interface, Shape)] = &[$(($name, Interface::$interface, Shape::$shape)),*];
    };
}

operations! {
    /// Prices: one answer for each line, in order.
    query_prices: "pricing.query" = Pricing pricing.call_query(lines: [list PriceRequest]) -> Lines Price;
    /// Price rules to keep locally.
    list_agreements: "pricing.list-agreements" = Pricing pricing.call_list_agreements(page: [one PageRequest])
        -> One contract::pricing::AgreementPage;

    /// Stock: one answer for each line, in order.
    query_inventory: "inventory.query" = Inventory inventory.call_query(lines: [list InventoryRequest]) -> Lines Stock;
    /// Stock of every product.
    list_inventory: "inventory.list" = Inventory inventory.call_list(warehouse: [maybe_text], page: [one PageRequest])
        -> One contract::inventory::AvailabilityPage;

    /// One customer.
    get_customer: "customers.get" = Customers customers.call_get(id: [text]) -> One Customer;
    /// Customers that fit a filter.
    list_customers: "customers.list" = Customers
        customers.call_list(filter: [one contract::customers::CustomerFilter], page: [one PageRequest])
        -> One contract::customers::CustomerPage;
    /// Delivery addresses of a customer.
    list_ship_tos: "customers.ship-tos" = Customers customers.call_ship_tos(customer: [text], page: [one PageRequest])
        -> One contract::customers::ShipToPage;
    /// People of a customer.
    list_contacts: "customers.contacts" = Customers customers.call_contacts(customer: [text], page: [one PageRequest])
        -> One contract::customers::ContactPage;
    /// Customer groups.
    list_groups: "customers.groups" = Customers customers.call_groups(page: [one PageRequest])
        -> One contract::customers::GroupPage;
    /// Balance, credit and what is overdue.
    account_summary: "customers.account-summary" = Customers customers.call_account_summary(customer: [text])
        -> One AccountStanding;
    /// What a customer bought before.
    list_past_items: "customers.past-items" = Customers
        customers.call_past_items(customer: [text], page: [one PageRequest]) -> One contract::customers::PastItemPage;
    /// Creates or changes a customer.
    upsert_customer: "customers.upsert-customer" = Customers
        customers.call_upsert_customer(write: [one WriteContext], customer: [one Customer]) -> One Written;
    /// Creates or changes a delivery address.
    upsert_ship_to: "customers.upsert-ship-to" = Customers
        customers.call_upsert_ship_to(write: [one WriteContext], ship_to: [one ShipTo]) -> One Written;

    /// Products.
    list_products: "catalog.products" = Catalog catalog.call_products(page: [one PageRequest])
        -> One contract::catalog::ProductPage;
    /// Categories.
    list_categories: "catalog.categories" = Catalog catalog.call_categories(page: [one PageRequest])
        -> One contract::catalog::CategoryPage;
    /// How products stand to each other.
    list_relations: "catalog.relations" = Catalog catalog.call_relations(page: [one PageRequest])
        -> One contract::catalog::RelationPage;
    /// What kits are made of.
    list_kits: "catalog.kits" = Catalog catalog.call_kits(page: [one PageRequest]) -> One contract::catalog::KitPage;
    /// Numbers and names that customers use for products.
    list_customer_products: "catalog.customer-products" = Catalog
        catalog.call_customer_products(customer: [maybe_text], page: [one PageRequest])
        -> One contract::catalog::CustomerProductPage;
    /// Which customers may or may not buy which products.
    list_restrictions: "catalog.restrictions" = Catalog catalog.call_restrictions(page: [one PageRequest])
        -> One contract::catalog::RestrictionPage;

    /// One order.
    get_order: "orders.get" = Orders orders.call_get(id: [text]) -> One Order;
    /// Orders that fit a filter.
    list_orders: "orders.list" = Orders orders.call_list(filter: [one DocumentFilter], page: [one PageRequest])
        -> One contract::orders::OrderPage;
    /// What was shipped of an order.
    list_shipments: "orders.shipments" = Orders orders.call_shipments(id: [text]) -> One Vec<Shipment>;
    /// An order with prices, taxes and totals as the system would compute them.
    simulate_order: "orders.simulate" = Orders orders.call_simulate(order: [one Order]) -> One Order;
    /// Creates an order, quote or pre-order, once.
    submit_order: "orders.submit" = Orders orders.call_submit(write: [one WriteContext], order: [one Order])
        -> One Written;
    /// Cancels an order.
    cancel_order: "orders.cancel" = Orders
        orders.call_cancel(write: [one WriteContext], id: [text], reason: [maybe_text]) -> One Written;
    /// Adds a note to an order.
    add_order_note: "orders.add-note" = Orders
        orders.call_add_note(write: [one WriteContext], id: [text], note: [one Note]) -> One Written;
    /// Every document made from the store's reference for this customer.
    find_order: "orders.find-by-reference" = Orders
        orders.call_find_by_reference(customer: [text], reference: [text]) -> One Vec<Ids>;

    /// Creates many documents: one answer for each, in order.
    submit_orders: "order-batches.submit" = OrderBatches
        order_batches.call_submit(documents: [list contract::order_batches::Submission]) -> Lines Written;

    /// One quote.
    get_quote: "quotes.get" = Quotes quotes.call_get(id: [text]) -> One Order;
    /// Quotes that fit a filter.
    list_quotes: "quotes.list" = Quotes quotes.call_list(filter: [one DocumentFilter], page: [one PageRequest])
        -> One contract::quotes::QuotePage;
    /// Makes an order from a quote.
    convert_quote: "quotes.convert" = Quotes
        quotes.call_convert(write: [one WriteContext], id: [text], changes: [maybe Order]) -> One Written;
    /// Orders that came of a quote with this reference.
    find_converted: "quotes.find-by-reference" = Quotes
        quotes.call_find_by_reference(customer: [text], reference: [text]) -> One Vec<Ids>;

    /// One invoice.
    get_invoice: "invoices.get" = Invoices invoices.call_get(id: [text]) -> One Invoice;
    /// Invoices that fit a filter.
    list_invoices: "invoices.list" = Invoices invoices.call_list(filter: [one DocumentFilter], page: [one PageRequest])
        -> One contract::invoices::InvoicePage;
    /// An invoice as people see it.
    render_invoice: "invoices.document" = Invoices invoices.call_document(id: [text]) -> One Rendered;
    /// Records a payment.
    record_payment: "invoices.record-payment" = Invoices
        invoices.call_record_payment(write: [one WriteContext], customer: [text], payment: [one Payment])
        -> One Written;
    /// Payments with this reference.
    find_payment: "invoices.find-by-reference" = Invoices
        invoices.call_find_by_reference(customer: [text], reference: [text]) -> One Vec<Ids>;

    /// Warehouses.
    list_warehouses: "reference.warehouses" = Reference reference.call_warehouses(page: [one PageRequest])
        -> One contract::reference::WarehousePage;
    /// Carriers and shipping methods.
    list_carriers: "reference.carriers" = Reference reference.call_carriers(page: [one PageRequest])
        -> One contract::reference::CarrierPage;
    /// Terms of payment.
    list_terms: "reference.terms" = Reference reference.call_terms(page: [one PageRequest])
        -> One contract::reference::TermPage;
    /// Units of measure.
    list_units: "reference.units" = Reference reference.call_units(page: [one PageRequest])
        -> One contract::reference::UnitPage;

    /// What changed since a cursor.
    pull: "feed.pull" = Feed feed.call_pull(entity: [plain Entity], cursor: [maybe_text], limit: [plain u32])
        -> One contract::feed::FeedPage;
    /// Every id that exists.
    enumerate_ids: "feed.enumerate-ids" = Feed
        feed.call_enumerate_ids(entity: [plain Entity], cursor: [maybe_text], limit: [plain u32])
        -> One contract::feed::IdPage;

    /// Writes changes into the system: one answer for each, in order.
    apply_changes: "sink.apply" = Sink sink.call_apply(changes: [list Change]) -> Lines Written;

    /// Answers a request that the system sent.
    handle_inbound: "inbound.handle" = Inbound inbound.call_handle(request: [one contract::inbound::Request])
        -> One contract::inbound::Handled;

    /// A session of the vault's own card form.
    begin_vault: "payments.begin-vault" = Payments payments.call_begin_vault(customer: [text])
        -> One contract::payments::VaultSession;
    /// Payment methods that a customer keeps in the vault.
    list_payment_methods: "payments.list-methods" = Payments payments.call_list_methods(customer: [text])
        -> One Vec<PaymentToken>;
    /// Forgets a token.
    detach_payment_method: "payments.detach" = Payments
        payments.call_detach(write: [one WriteContext], customer: [text], token: [text]) -> One Written;
    /// Charges a token.
    charge: "payments.charge" = Payments
        payments.call_charge(write: [one WriteContext], customer: [text], token: [text], amount: [one Money])
        -> One Written;
    /// Charges with this reference.
    find_charge: "payments.find-by-reference" = Payments
        payments.call_find_by_reference(customer: [text], reference: [text]) -> One Vec<Ids>;

    /// A document on its way to the system, by a tenant's own rules.
    map_outbound: "mapper.outbound" = Mapper mapper.call_outbound(kind: [text], document: [one String]) -> One String;
    /// A document on its way to the store, by a tenant's own rules.
    map_inbound: "mapper.inbound" = Mapper mapper.call_inbound(kind: [text], document: [one String]) -> One String;
}
