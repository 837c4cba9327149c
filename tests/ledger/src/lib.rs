//! A connector without a system that offers nearly every interface. Lists have one small record each; every change is
//! done at once and named after its reference. An amount of 13 stands for trouble: the answer of the first attempt is
//! lost, and the look-up finds what was done.

mod lists;

use apiconnect_sdk::bindings::payments::VaultSession;
use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{
    AgreementPage, AvailabilityPage, CarrierPage, CategoryPage, ContactPage, CustomerProductPage, GroupPage, KitPage,
    PastItemPage, RelationPage, RestrictionPage, TermPage, UnitPage, WarehousePage,
};
use apiconnect_sdk::types::{AccountStanding, PaymentToken, Shipment};

/// The connector.
pub struct Ledger;

impl Connector for Ledger {
    fn describe() -> Description {
        let writes = [
            "orders.submit",
            "quotes.convert",
            "invoices.record-payment",
            "payments.charge",
            "customers.upsert-customer",
            "orders.add-note",
        ];
        writes.into_iter().fold(
            Description::new("ledger", "A book of what was done", "apiconnect", "0.1.0"),
            |description, name| {
                description.operation(Operation::new(name).parallel(8).idempotent(Idempotency::Reference))
            },
        )
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "a book".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

fn done(write: &WriteContext) -> Result<Written, Error> {
    Ok(Written::Created(Ids::new(format!("done-{}", write.reference), None)))
}

/// A request leaves whose answer is never whole, as when a system is cut off right after it did its work.
fn lost() -> Result<Written, Error> {
    match http::post("done").send() {
        Err(failure) => Err(failure.into()),
        Ok(_) => Err(Error::OutcomeUnknown("nothing came back".into())),
    }
}

impl Orders for Ledger {
    fn shipments(_: &Context, id: String) -> Result<Vec<Shipment>, Error> {
        Ok(vec![lists::shipment(&id)])
    }
    fn simulate(_: &Context, mut order: Order) -> Result<Order, Error> {
        order.raw_status = Some("simulated".into());
        Ok(order)
    }
    fn submit(_: &Context, write: WriteContext, _: Order) -> Result<Written, Error> {
        done(&write)
    }
    fn cancel(_: &Context, _: WriteContext, id: String, _: Option<String>) -> Result<Written, Error> {
        Ok(Written::AlreadyThere(Ids::new(id, None)))
    }
    fn add_note(_: &Context, write: WriteContext, _: String, _: Note) -> Result<Written, Error> {
        done(&write)
    }
    fn find_by_reference(_: &Context, _: String, _: String) -> Result<Vec<Ids>, Error> {
        Ok(Vec::new())
    }
}

impl Quotes for Ledger {
    fn convert(_: &Context, write: WriteContext, id: String, changes: Option<Order>) -> Result<Written, Error> {
        if id == "gone" {
            return Err(Error::NotFound("there is no such quote".into()));
        }
        let lines = changes.map_or(0, |changes| changes.lines.len());
        Ok(Written::Created(Ids::new(format!("{id}-{lines}-{}", write.reference), None)))
    }
    fn find_by_reference(_: &Context, _: String, _: String) -> Result<Vec<Ids>, Error> {
        Ok(Vec::new())
    }
}

impl Invoices for Ledger {
    fn document(_: &Context, id: String) -> Result<Rendered, Error> {
        let content = format!("%PDF-1.4 invoice {id}").into_bytes();
        let file_name = Some(format!("{id}\".pdf"));
        Ok(Rendered { media_type: "application/pdf".into(), file_name, content })
    }
    fn record_payment(_: &Context, write: WriteContext, _: String, payment: Payment) -> Result<Written, Error> {
        match payment.amount {
            Some(amount) if amount.amount == "13" => lost(),
            _ => done(&write),
        }
    }
    fn find_by_reference(_: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        Ok(vec![Ids::new(format!("found-{customer}-{reference}"), None)])
    }
}

impl Payments for Ledger {
    fn begin_vault(_: &Context, customer: String) -> Result<VaultSession, Error> {
        Ok(VaultSession { id: format!("session-{customer}"), client: r#"{"field":"iframe"}"#.into(), expires_at: None })
    }
    fn list_methods(_: &Context, customer: String) -> Result<Vec<PaymentToken>, Error> {
        Ok(vec![lists::token(&customer)])
    }
    fn detach(_: &Context, _: WriteContext, _: String, token: String) -> Result<Written, Error> {
        Ok(Written::AlreadyThere(Ids::new(token, None)))
    }
    fn charge(_: &Context, write: WriteContext, _: String, _: String, amount: Money) -> Result<Written, Error> {
        if amount.amount == "13" { lost() } else { done(&write) }
    }
    fn find_by_reference(_: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        Ok(vec![Ids::new(format!("found-{customer}-{reference}"), None)])
    }
}

impl Customers for Ledger {
    fn contacts(_: &Context, customer: String, _: PageRequest) -> Result<ContactPage, Error> {
        Ok(lists::contacts(&customer))
    }
    fn groups(_: &Context, _: PageRequest) -> Result<GroupPage, Error> {
        Ok(lists::groups())
    }
    fn account_summary(_: &Context, customer: String) -> Result<AccountStanding, Error> {
        Ok(lists::account(&customer))
    }
    fn past_items(_: &Context, customer: String, _: PageRequest) -> Result<PastItemPage, Error> {
        Ok(lists::past_items(&customer))
    }
    fn upsert_customer(_: &Context, write: WriteContext, customer: Customer) -> Result<Written, Error> {
        if customer.ids.id.is_empty() { done(&write) } else { Ok(Written::AlreadyThere(customer.ids)) }
    }
    fn upsert_ship_to(_: &Context, write: WriteContext, ship_to: ShipTo) -> Result<Written, Error> {
        if ship_to.ids.id.is_empty() { done(&write) } else { Ok(Written::AlreadyThere(ship_to.ids)) }
    }
}

impl Pricing for Ledger {
    fn list_agreements(_: &Context, _: PageRequest) -> Result<AgreementPage, Error> {
        Ok(lists::agreements())
    }
}

impl Inventory for Ledger {
    fn list(_: &Context, warehouse: Option<String>, _: PageRequest) -> Result<AvailabilityPage, Error> {
        Ok(lists::availability(warehouse.as_deref().unwrap_or("01")))
    }
}

impl Catalog for Ledger {
    fn categories(_: &Context, _: PageRequest) -> Result<CategoryPage, Error> {
        Ok(lists::categories())
    }
    fn relations(_: &Context, _: PageRequest) -> Result<RelationPage, Error> {
        Ok(lists::relations())
    }
    fn kits(_: &Context, _: PageRequest) -> Result<KitPage, Error> {
        Ok(lists::kits())
    }
    fn customer_products(_: &Context, customer: Option<String>, _: PageRequest) -> Result<CustomerProductPage, Error> {
        Ok(lists::customer_products(customer.as_deref().unwrap_or("any")))
    }
    fn restrictions(_: &Context, page: PageRequest) -> Result<RestrictionPage, Error> {
        Ok(lists::restrictions(&page))
    }
}

impl Reference for Ledger {
    fn warehouses(_: &Context, _: PageRequest) -> Result<WarehousePage, Error> {
        Ok(lists::warehouses())
    }
    fn carriers(_: &Context, _: PageRequest) -> Result<CarrierPage, Error> {
        Ok(lists::carriers())
    }
    fn terms(_: &Context, _: PageRequest) -> Result<TermPage, Error> {
        Ok(lists::terms())
    }
    fn units(_: &Context, _: PageRequest) -> Result<UnitPage, Error> {
        Ok(lists::units())
    }
}

apiconnect_sdk::export!(
    Ledger: orders, quotes, invoices, payments, customers, pricing, inventory, catalog, reference
);
