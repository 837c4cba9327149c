//! A connector for apiconnect: prices and stock are asked live, orders are written exactly once.
//!
//! Every call comes into a fresh sandbox. Nothing survives it in memory, there is no file, no socket and no password: the
//! host sends the requests, signs in, and decides what is tried again.

mod orders;
mod prices;
mod service;
mod stock;
#[cfg(test)]
mod tests;

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::AvailabilityPage;
use serde::Deserialize;

/// JSON Schema of a connection's `[settings]`. The host checks them; `Settings` reads what fits.
const SETTINGS: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "default_warehouse": {"type": "string", "minLength": 1,
      "description": "Warehouse of order lines that name none."}
  }
}"#;

#[derive(Deserialize)]
struct Settings {
    default_warehouse: Option<String>,
}

/// What `GET status` answers.
#[derive(Deserialize)]
struct Status {
    name: String,
    version: Option<String>,
}

/// The connector.
pub struct Erp;

impl Connector for Erp {
    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), "{{title}}", "Your company", env!("CARGO_PKG_VERSION"))
            .settings(SETTINGS)
            .secret("api_key", "key of the system's API")
            .operation(Operation::new("pricing.query").batch(50))
            .operation(Operation::new("inventory.query").batch(50))
            .operation(Operation::new("orders.submit").idempotent(Idempotency::Reference))
    }

    fn check(_: &Context) -> Result<Health, Error> {
        let status: Status = service::read(http::get("status").send())?;
        Ok(Health { system: status.name, version: status.version, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Erp {
    fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        Ok(prices::query(&lines))
    }
}

impl Inventory for Erp {
    fn query(_: &Context, lines: Vec<InventoryRequest>) -> Result<Vec<LineResult<Stock>>, Error> {
        Ok(stock::query(&lines))
    }

    fn list(_: &Context, warehouse: Option<String>, page: PageRequest) -> Result<AvailabilityPage, Error> {
        stock::list(warehouse.as_deref(), &page)
    }
}

impl Orders for Erp {
    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        orders::submit(&ctx.settings()?, &write, &order)
    }

    fn find_by_reference(_: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        orders::find(&customer, &reference)
    }
}

apiconnect_sdk::export!(Erp: pricing, inventory, orders);
