//! Harm in every function of the contract but the live price question.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page;

use super::{Deed, Hostile};

/// Does what the text says, and has nothing else to offer.
fn harm(ctx: &Context, text: &str) -> Error {
    match Deed::of(text).carry_out(ctx) {
        Ok(told) => Error::NotSupported(told.unwrap_or_default()),
        Err(error) => error,
    }
}

/// The same for a list: the cursor says it.
pub(super) fn paged(ctx: &Context, page: &PageRequest) -> Result<PageEnd, Error> {
    Err(harm(ctx, page.cursor.as_deref().unwrap_or_default()))
}

/// Functions whose first text says what they do.
macro_rules! harmful {
    ($interface:ident { $($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty, $text:expr;)+ }) => {
        impl $interface for Hostile {
            $(#[allow(unused_variables, reason = "one of the arguments says what to do")]
            fn $name(ctx: &Context, $($argument: $kind),*) -> Result<$answer, Error> {
                let text: String = $text;
                Err(harm(ctx, &text))
            })+
        }
    };
}

fn cursor(page: PageRequest) -> String {
    page.cursor.unwrap_or_default()
}

harmful!(Inventory {
    query(lines: Vec<InventoryRequest>) -> Vec<LineResult<Stock>>,
        lines.into_iter().next().map(|line| line.product).unwrap_or_default();
    list(warehouse: Option<String>, page: PageRequest) -> page::AvailabilityPage, cursor(page);
});

harmful!(Customers {
    get(id: String) -> Customer, id;
    list(filter: page::CustomerFilter, page: PageRequest) -> page::CustomerPage, cursor(page);
    ship_tos(customer: String, page: PageRequest) -> page::ShipToPage, customer;
    contacts(customer: String, page: PageRequest) -> page::ContactPage, customer;
    groups(page: PageRequest) -> page::GroupPage, cursor(page);
    account_summary(customer: String) -> AccountStanding, customer;
    past_items(customer: String, page: PageRequest) -> page::PastItemPage, customer;
    upsert_customer(write: WriteContext, customer: Customer) -> Written, write.reference;
    upsert_ship_to(write: WriteContext, ship_to: ShipTo) -> Written, write.reference;
});

harmful!(Catalog {
    products(page: PageRequest) -> page::ProductPage, cursor(page);
    categories(page: PageRequest) -> page::CategoryPage, cursor(page);
    relations(page: PageRequest) -> page::RelationPage, cursor(page);
    kits(page: PageRequest) -> page::KitPage, cursor(page);
    customer_products(customer: Option<String>, page: PageRequest) -> page::CustomerProductPage, cursor(page);
    restrictions(page: PageRequest) -> page::RestrictionPage, cursor(page);
});

harmful!(Quotes {
    get(id: String) -> Order, id;
    list(filter: DocumentFilter, page: PageRequest) -> page::QuotePage, cursor(page);
    convert(write: WriteContext, id: String, changes: Option<Order>) -> Written, id;
    find_by_reference(customer: String, reference: String) -> Vec<Ids>, customer;
});

harmful!(Invoices {
    get(id: String) -> Invoice, id;
    list(filter: DocumentFilter, page: PageRequest) -> page::InvoicePage, cursor(page);
    document(id: String) -> Rendered, id;
    record_payment(write: WriteContext, customer: String, payment: Payment) -> Written, customer;
    find_by_reference(customer: String, reference: String) -> Vec<Ids>, customer;
});

harmful!(Reference {
    warehouses(page: PageRequest) -> page::WarehousePage, cursor(page);
    carriers(page: PageRequest) -> page::CarrierPage, cursor(page);
    terms(page: PageRequest) -> page::TermPage, cursor(page);
    units(page: PageRequest) -> page::UnitPage, cursor(page);
});

harmful!(Feed {
    pull(entity: Entity, cursor: Option<String>, limit: u32) -> page::FeedPage, cursor.unwrap_or_default();
    enumerate_ids(entity: Entity, cursor: Option<String>, limit: u32) -> page::IdPage, cursor.unwrap_or_default();
});

harmful!(Sink {
    apply(changes: Vec<Change>) -> Vec<LineResult<Written>>, "panic".into();
});

harmful!(Inbound {
    handle(request: apiconnect_sdk::bindings::inbound::Request) -> apiconnect_sdk::bindings::inbound::Handled, request.path;
});

harmful!(Payments {
    begin_vault(customer: String) -> apiconnect_sdk::bindings::payments::VaultSession, customer;
    list_methods(customer: String) -> Vec<PaymentToken>, customer;
    detach(write: WriteContext, customer: String, token: String) -> Written, customer;
    charge(write: WriteContext, customer: String, token: String, amount: Money) -> Written, customer;
    find_by_reference(customer: String, reference: String) -> Vec<Ids>, customer;
});

harmful!(Mapper {
    outbound(kind: String, document: String) -> String, kind;
    inbound(kind: String, document: String) -> String, kind;
});

impl Orders for Hostile {
    fn get(ctx: &Context, id: String) -> Result<Order, Error> {
        Err(harm(ctx, &id))
    }

    fn list(ctx: &Context, _: DocumentFilter, page: PageRequest) -> Result<page::OrderPage, Error> {
        paged(ctx, &page).map(|end| page::OrderPage { items: Vec::new(), end })
    }

    fn shipments(ctx: &Context, id: String) -> Result<Vec<Shipment>, Error> {
        Err(harm(ctx, &id))
    }

    fn simulate(ctx: &Context, order: Order) -> Result<Order, Error> {
        Err(harm(ctx, &order.reference))
    }

    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        submit(ctx, &write, &order)
    }

    fn cancel(ctx: &Context, _: WriteContext, id: String, _: Option<String>) -> Result<Written, Error> {
        Err(harm(ctx, &id))
    }

    fn add_note(ctx: &Context, _: WriteContext, id: String, _: Note) -> Result<Written, Error> {
        Err(harm(ctx, &id))
    }

    /// The customer says what a look-up does.
    fn find_by_reference(ctx: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        match customer.as_str() {
            "ids-huge" => Ok(vec![Ids::new("7".repeat(2 << 20), None)]),
            "ids-many" => Ok(vec![Ids::new("7", None); 100_000]),
            "found" => Ok(vec![Ids::new(reference, None)]),
            deed => Deed::of(deed).carry_out(ctx).map(|_| Vec::new()),
        }
    }
}

impl OrderBatches for Hostile {
    fn submit(ctx: &Context, documents: Vec<Submission>) -> Result<Vec<LineResult<Written>>, Error> {
        Ok(documents.iter().map(|one| submit(ctx, &one.write, &one.document)).collect())
    }
}

/// The first line's product says what happens.
fn submit(ctx: &Context, write: &WriteContext, order: &Order) -> Result<Written, Error> {
    let text = order.lines.first().and_then(|line| line.product.as_deref()).unwrap_or_default();
    match text {
        "ids-huge" => return Ok(Written::Created(Ids::new("7".repeat(2 << 20), None))),
        "pending-huge" => return Ok(Written::Pending("7".repeat(2 << 20))),
        "duplicate-huge" => return Err(Error::Conflict(Conflict::Duplicate(Ids::new("7".repeat(2 << 20), None)))),
        "sent-panic" => {
            let _ = http::post("orders").header("x-secret", "{{secret:key}}").json(&order.reference).send();
            super::compute::panic();
        }
        _ => {}
    }
    Deed::of(text).carry_out(ctx)?;
    Ok(Written::Created(Ids::new(write.reference.clone(), None)))
}
