//! Tryton 8.2 through JSON-RPC.
//!
//! | module | what it holds |
//! |---|---|
//! | `describe`, `settings` | who the connector is, how the host signs in, what a connection sets |
//! | `rpc`, `wire`, `page` | calls and what a refusal means; numbers and days; pages of lists |
//! | `tables` | the context of calls, units, currencies, warehouses, kept for a minute |
//! | `product`, `party`, `terms` | who buys what, and what Tryton enters in a new sale by itself |
//! | `pricing`, `offer` | prices and their breaks |
//! | `inventory`, `customers`, `invoices`, `reference` | stock, customers, invoices, small lists |
//! | `sale`, `shipment` | reading and finding sales, and what was shipped of them |
//! | `draft`, `delivery`, `totals`, `submit` | an order as a new sale, and its way through the states |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails shall panic"))]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "a test that fails shall panic"))]

mod customers;
mod delivery;
mod describe;
mod draft;
mod inventory;
mod invoices;
mod offer;
mod page;
mod party;
mod pricing;
mod product;
mod reference;
mod rpc;
mod sale;
mod settings;
mod shipment;
mod submit;
mod tables;
mod terms;
#[cfg(test)]
mod tests;
mod totals;
mod wire;

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{
    ContactPage, CustomerFilter, CustomerPage, InvoicePage, OrderPage, QuotePage, ShipToPage, TermPage, UnitPage,
    WarehousePage,
};

use settings::Settings;

/// The connector.
#[derive(Debug)]
pub struct Tryton;

impl Connector for Tryton {
    fn describe() -> Description {
        describe::description()
    }

    fn check(_: &Context) -> Result<Health, Error> {
        describe::check()
    }
}

impl Pricing for Tryton {
    fn query(ctx: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        pricing::query(&Settings::of(ctx)?, &lines)
    }
}

impl Inventory for Tryton {
    fn query(ctx: &Context, lines: Vec<InventoryRequest>) -> Result<Vec<LineResult<Stock>>, Error> {
        inventory::query(&Settings::of(ctx)?, &lines)
    }
}

impl Customers for Tryton {
    fn get(ctx: &Context, id: String) -> Result<Customer, Error> {
        customers::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: CustomerFilter, page: PageRequest) -> Result<CustomerPage, Error> {
        customers::list(&Settings::of(ctx)?, &filter, &page)
    }

    fn ship_tos(ctx: &Context, customer: String, page: PageRequest) -> Result<ShipToPage, Error> {
        customers::ship_tos(&Settings::of(ctx)?, &customer, &page)
    }

    fn contacts(ctx: &Context, customer: String, page: PageRequest) -> Result<ContactPage, Error> {
        customers::contacts(&Settings::of(ctx)?, &customer, &page)
    }

    fn account_summary(ctx: &Context, customer: String) -> Result<AccountStanding, Error> {
        customers::account_summary(&Settings::of(ctx)?, &customer)
    }
}

impl Orders for Tryton {
    fn get(ctx: &Context, id: String) -> Result<Order, Error> {
        sale::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: DocumentFilter, page: PageRequest) -> Result<OrderPage, Error> {
        let (items, end) = sale::list(&Settings::of(ctx)?, &filter, &page)?;
        Ok(OrderPage { items, end })
    }

    fn shipments(ctx: &Context, id: String) -> Result<Vec<Shipment>, Error> {
        shipment::of(&Settings::of(ctx)?, &id)
    }

    fn simulate(ctx: &Context, order: Order) -> Result<Order, Error> {
        submit::simulate(&Settings::of(ctx)?, &order)
    }

    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        submit::submit(&Settings::of(ctx)?, &write, &order)
    }

    fn cancel(_: &Context, write: WriteContext, id: String, _: Option<String>) -> Result<Written, Error> {
        submit::cancel(&write, &id)
    }

    fn find_by_reference(ctx: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        sale::find(&Settings::of(ctx)?, &customer, &reference, false)
    }
}

impl Quotes for Tryton {
    fn get(ctx: &Context, id: String) -> Result<Order, Error> {
        sale::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: DocumentFilter, page: PageRequest) -> Result<QuotePage, Error> {
        let filter = DocumentFilter { kind: Some(OrderKind::Quote), ..filter };
        let (items, end) = sale::list(&Settings::of(ctx)?, &filter, &page)?;
        Ok(QuotePage { items, end })
    }

    fn convert(_: &Context, write: WriteContext, id: String, changes: Option<Order>) -> Result<Written, Error> {
        submit::convert(&write, &id, changes.as_ref())
    }

    fn find_by_reference(ctx: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        sale::find(&Settings::of(ctx)?, &customer, &reference, true)
    }
}

impl Invoices for Tryton {
    fn get(ctx: &Context, id: String) -> Result<Invoice, Error> {
        invoices::get(&Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: DocumentFilter, page: PageRequest) -> Result<InvoicePage, Error> {
        invoices::list(&Settings::of(ctx)?, &filter, &page)
    }
}

impl Reference for Tryton {
    fn warehouses(_: &Context, page: PageRequest) -> Result<WarehousePage, Error> {
        reference::warehouses(&page)
    }

    fn terms(_: &Context, page: PageRequest) -> Result<TermPage, Error> {
        reference::terms(&page)
    }

    fn units(ctx: &Context, page: PageRequest) -> Result<UnitPage, Error> {
        reference::units(&Settings::of(ctx)?, &page)
    }
}

apiconnect_sdk::export!(Tryton: pricing, inventory, customers, orders, quotes, invoices, reference);
