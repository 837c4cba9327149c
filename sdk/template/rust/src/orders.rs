//! Orders, written exactly once.

use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Settings;
use crate::service::{read, target, written};

#[derive(Serialize)]
struct Body<'a> {
    /// The store's own number. The system can be asked for it, which is what makes "exactly once" possible.
    reference: &'a str,
    customer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_po: Option<&'a str>,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    product: &'a str,
    quantity: Decimal,
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<&'a str>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
    number: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Made>,
}

impl From<Made> for Ids {
    fn from(made: Made) -> Self {
        Self::new(made.id, made.number)
    }
}

/// Creates the order.
pub(crate) fn submit(settings: &Settings, write: &WriteContext, order: &Order) -> Result<Written, Error> {
    let body = body(settings, write, order)?;
    if write.dry_run {
        return Ok(Written::Pending("dry-run".into()));
    }
    // A later attempt looks whether an earlier one arrived after all.
    if write.attempt > 1
        && let Some(ids) = find(&order.customer, &write.reference)?.into_iter().next()
    {
        return Ok(Written::AlreadyThere(ids));
    }
    let request = http::post("orders").header("idempotency-key", &write.idempotency_key).json(&body);
    match request.send() {
        Ok(answer) if answer.status == 409 => Ok(Written::AlreadyThere(answer.json::<Made>()?.into())),
        answer => Ok(Written::Created(written::<Made>(answer)?.into())),
    }
}

/// Every order with the store's number. Empty means that there is certainly none.
pub(crate) fn find(customer: &str, reference: &str) -> Result<Vec<Ids>, Error> {
    let query = [("customer", Some(customer)), ("reference", Some(reference))];
    let found: Found = read(http::get(target("orders", &query)).send())?;
    Ok(found.items.into_iter().map(Ids::from).collect())
}

/// The order in the system's words. What the system cannot do is refused here, and never left out without a word.
fn body<'a>(settings: &'a Settings, write: &'a WriteContext, order: &'a Order) -> Result<Body<'a>, Error> {
    if order.kind != OrderKind::Order {
        return Err(Error::NotSupported("the system takes orders, no quotes and no pre-orders".into()));
    }
    let lines = order.lines.iter().enumerate().map(|(at, line)| {
        let product = line.product.as_deref();
        Ok(Line {
            product: product.ok_or_else(|| Error::invalid(format!("lines[{at}].product"), "a line needs a product"))?,
            quantity: Decimal::of(&line.quantity.value, &format!("lines[{at}].quantity"))?,
            unit: &line.quantity.unit,
            warehouse: line.warehouse.as_deref().or(settings.default_warehouse.as_deref()),
        })
    });
    Ok(Body {
        reference: &write.reference,
        customer: &order.customer,
        customer_po: order.customer_po.as_deref(),
        lines: lines.collect::<Result<_, Error>>()?,
    })
}
