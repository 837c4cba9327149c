//! A connector without a system: every document is created at once, with its reference as id. It measures the host,
//! and stands for a connector that takes many documents in one call. A line's product may ask for trouble.

use apiconnect_sdk::prelude::*;

/// The connector.
pub struct Noop;

impl Connector for Noop {
    fn describe() -> Description {
        Description::new("noop", "Nothing at all", "apiconnect", "0.1.0")
            .settings(r#"{"type":"object","properties":{"mapped":{"type":"boolean"}},"additionalProperties":false}"#)
            .operation(Operation::new("orders.submit").batch(500).parallel(64).idempotent(Idempotency::Reference))
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "nothing".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Orders for Noop {
    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        create(ctx, &write, &order)
    }

    fn find_by_reference(_: &Context, _: String, _: String) -> Result<Vec<Ids>, Error> {
        Ok(Vec::new())
    }
}

impl OrderBatches for Noop {
    fn submit(ctx: &Context, documents: Vec<Submission>) -> Result<Vec<LineResult<Written>>, Error> {
        log::debug(&format!("{} documents in one call", documents.len()));
        Ok(documents.iter().map(|one| create(ctx, &one.write, &one.document)).collect())
    }
}

fn create(ctx: &Context, write: &WriteContext, order: &Order) -> Result<Written, Error> {
    let product = order.lines.first().and_then(|line| line.product.as_deref());
    match product {
        Some("invalid") => Err(Error::invalid("lines[0].product", "the system does not sell it")),
        Some("unmapped") if !mapped(ctx) => {
            Err(Error::NeedsMapping(vec![MissingMapping { kind: "carrier".into(), code: "UPS".into() }]))
        }
        Some("trap") => trap(&write.reference),
        _ => Ok(Written::Created(Ids::new(write.reference.clone(), None))),
    }
}

fn mapped(ctx: &Context) -> bool {
    #[derive(serde::Deserialize, Default)]
    struct Settings {
        #[serde(default)]
        mapped: bool,
    }
    ctx.settings::<Settings>().unwrap_or_default().mapped
}

#[expect(clippy::panic, reason = "a connector that crashes is what this is for")]
fn trap(reference: &str) -> ! {
    panic!("crashed over {reference} on request")
}

apiconnect_sdk::export!(Noop: orders, order_batches);
