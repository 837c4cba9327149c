//! SAP Business One through its Service Layer, in the OData V3 dialect (`/b1s/v1/`).
//!
//! | module | what it holds |
//! |---|---|
//! | `describe`, `settings` | who the connector is, how the host signs in, what a connection sets |
//! | `service` | requests, pages, and what an answer that is not a success means |
//! | `wire` | numbers, days, flags and user fields as the Service Layer writes them |
//! | `pricing`, `inventory`, `customers` | prices, stock, business partners |
//! | `documents` | reading and finding orders and quotations |
//! | `body`, `submit` | making them, drawing orders from quotations, cancelling |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails shall panic"))]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "a test that fails shall panic"))]

mod body;
mod customers;
mod describe;
mod documents;
mod inventory;
mod pricing;
mod service;
mod settings;
mod submit;
#[cfg(test)]
mod tests;
mod wire;

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{ContactPage, CustomerFilter, CustomerPage, OrderPage, QuotePage, ShipToPage};

use documents::Set;
use settings::Settings;

/// The connector.
#[derive(Debug)]
pub struct BusinessOne;

impl Connector for BusinessOne {
    fn describe() -> Description {
        describe::description()
    }

    fn check(_: &Context) -> Result<Health, Error> {
        describe::check()
    }
}

impl Pricing for BusinessOne {
    fn query(ctx: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        Ok(pricing::query(ctx, &Settings::of(ctx)?, &lines))
    }
}

impl Inventory for BusinessOne {
    fn query(ctx: &Context, lines: Vec<InventoryRequest>) -> Result<Vec<LineResult<Stock>>, Error> {
        Ok(inventory::query(ctx, &lines))
    }
}

impl Customers for BusinessOne {
    fn get(ctx: &Context, id: String) -> Result<Customer, Error> {
        customers::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: CustomerFilter, page: PageRequest) -> Result<CustomerPage, Error> {
        customers::list(&Settings::of(ctx)?, &filter, &page)
    }

    fn ship_tos(_: &Context, customer: String, page: PageRequest) -> Result<ShipToPage, Error> {
        customers::ship_tos(&customer, &page)
    }

    fn contacts(_: &Context, customer: String, page: PageRequest) -> Result<ContactPage, Error> {
        customers::contacts(&customer, &page)
    }

    fn account_summary(ctx: &Context, customer: String) -> Result<AccountStanding, Error> {
        customers::account_summary(&Settings::of(ctx)?, &customer)
    }
}

impl Orders for BusinessOne {
    fn get(ctx: &Context, id: String) -> Result<Order, Error> {
        documents::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: DocumentFilter, page: PageRequest) -> Result<OrderPage, Error> {
        let set = if filter.kind == Some(OrderKind::Quote) { Set::Quotations } else { Set::Orders };
        let (items, end) = documents::list(&Settings::of(ctx)?, set, &filter, &page)?;
        Ok(OrderPage { items, end })
    }

    fn simulate(ctx: &Context, order: Order) -> Result<Order, Error> {
        submit::simulate(&Settings::of(ctx)?, order)
    }

    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        submit::submit(&Settings::of(ctx)?, &write, &order)
    }

    fn cancel(_: &Context, write: WriteContext, id: String, _: Option<String>) -> Result<Written, Error> {
        submit::cancel(&write, &id)
    }

    fn find_by_reference(ctx: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        documents::find(&Settings::of(ctx)?, &[Set::Orders, Set::Quotations], &customer, &reference)
    }
}

impl Quotes for BusinessOne {
    fn get(ctx: &Context, id: String) -> Result<Order, Error> {
        documents::get(ctx, &Settings::of(ctx)?, &id)
    }

    fn list(ctx: &Context, filter: DocumentFilter, page: PageRequest) -> Result<QuotePage, Error> {
        let (items, end) = documents::list(&Settings::of(ctx)?, Set::Quotations, &filter, &page)?;
        Ok(QuotePage { items, end })
    }

    fn convert(ctx: &Context, write: WriteContext, id: String, changes: Option<Order>) -> Result<Written, Error> {
        submit::convert(&Settings::of(ctx)?, &write, &id, changes.as_ref())
    }

    /// The document that `convert` makes is an order, so that is what is looked for.
    fn find_by_reference(ctx: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        documents::find(&Settings::of(ctx)?, &[Set::Orders], &customer, &reference)
    }
}

apiconnect_sdk::export!(BusinessOne: pricing, inventory, customers, orders, quotes);
