//! Stock, per product and warehouse.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::AvailabilityPage;
use serde::Deserialize;

use crate::service::{read, target};

/// Rows of a page that the system gives at most.
const PAGE_MAX: u32 = 100;

#[derive(Deserialize)]
struct Answer {
    items: Vec<Row>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    product: String,
    warehouse: String,
    unit: Option<String>,
    available: Decimal,
    on_hand: Option<Decimal>,
}

/// One answer per line, in the order of the lines.
pub(crate) fn query(lines: &[InventoryRequest]) -> Vec<LineResult<Stock>> {
    let answers = http::send_all(lines.iter().map(|line| {
        let query = [("product", Some(line.product.as_str())), ("warehouse", line.warehouse.as_deref())];
        http::get(target("stock", &query))
    }));
    lines.iter().zip(answers).map(|(line, answer)| stock(line, read(answer)?)).collect()
}

fn stock(line: &InventoryRequest, answer: Answer) -> LineResult<Stock> {
    let warehouses = answer.items.into_iter().map(availability).collect();
    Ok(Stock { product: line.product.clone(), warehouses, native: None })
}

/// A page of the stock of every product. `cursor` is what the page before answered as `next`.
pub(crate) fn list(warehouse: Option<&str>, page: &PageRequest) -> Result<AvailabilityPage, Error> {
    let limit = page.limit.clamp(1, PAGE_MAX).to_string();
    let query = [("limit", Some(limit.as_str())), ("after", page.cursor.as_deref()), ("warehouse", warehouse)];
    let answer: Answer = read(http::get(target("stock", &query)).send())?;
    Ok(AvailabilityPage { items: answer.items.into_iter().map(availability).collect(), end: PageEnd::at(answer.next) })
}

fn availability(row: Row) -> Availability {
    Availability {
        unit: row.unit,
        on_hand: row.on_hand.map(|quantity| quantity.to_string()),
        ..Availability::new(row.product, row.warehouse, row.available)
    }
}
