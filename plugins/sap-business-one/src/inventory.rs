//! Stock per item and warehouse. What can be promised is what is in stock without what is committed to other orders.

use std::collections::BTreeMap;

use apiconnect_sdk::http::Request;
use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::service::{self, List, quoted};
use crate::wire::{difference, filled, text};

/// Items in one request; the filter names each of them, and an address may not grow too long.
const ITEMS_MAX: usize = 20;

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "ItemCode")]
    code: String,
    #[serde(rename = "InventoryUOM")]
    unit: Option<String>,
    #[serde(rename = "ItemWarehouseInfoCollection", default)]
    warehouses: Vec<Warehouse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Warehouse {
    warehouse_code: String,
    in_stock: Decimal,
    committed: Decimal,
    ordered: Decimal,
}

/// An item's rows, and its own text for `native`; or why its request failed.
type Found = BTreeMap<String, (Item, Box<RawValue>)>;

/// One answer per line, in order. Lines about the same item share one request.
pub(crate) fn query(ctx: &Context, lines: &[InventoryRequest]) -> Vec<LineResult<Stock>> {
    let mut products: Vec<&str> = lines.iter().map(|line| line.product.as_str()).collect();
    products.sort_unstable();
    products.dedup();
    let chunks: Vec<&[&str]> = products.chunks(ITEMS_MAX).collect();
    let answers = http::send_all(chunks.iter().map(|chunk| request(chunk)));
    let mut found = Found::new();
    let mut failed: BTreeMap<&str, Error> = BTreeMap::new();
    for (chunk, answer) in chunks.iter().zip(answers) {
        let page = service::read::<List<Box<RawValue>>>(answer).and_then(List::split);
        match page.and_then(|(rows, end)| items(&rows, &end)) {
            Ok(items) => found.extend(items),
            Err(error) => failed.extend(chunk.iter().map(|product| (*product, error.clone()))),
        }
    }
    lines.iter().map(|line| stock(ctx, line, &found, &failed)).collect()
}

fn request(products: &[&str]) -> Request {
    let wanted = products.iter().map(|product| format!("ItemCode eq {}", quoted(product)));
    let filter = wanted.collect::<Vec<_>>().join(" or ");
    let query = [("$select", "ItemCode,InventoryUOM,ItemWarehouseInfoCollection"), ("$filter", filter.as_str())];
    let limit = u32::try_from(products.len()).unwrap_or(u32::MAX);
    service::page("Items", &query, &PageRequest { cursor: None, limit })
}

fn items(rows: &[Box<RawValue>], end: &PageEnd) -> Result<Found, Error> {
    if end.next.is_some() {
        return Err(Error::internal("the system cut a list of items that fits on one page"));
    }
    let read = |row: &RawValue| -> Result<_, Error> {
        let item: Item = apiconnect_sdk::json::read(row.get().as_bytes())?;
        Ok((item.code.clone(), (item, row.to_owned())))
    };
    rows.iter().map(|row| read(row)).collect()
}

fn stock(ctx: &Context, line: &InventoryRequest, found: &Found, failed: &BTreeMap<&str, Error>) -> LineResult<Stock> {
    if let Some(error) = failed.get(line.product.as_str()) {
        return Err(error.clone());
    }
    let Some((item, native)) = found.get(&line.product) else {
        return Err(Error::NotFound(format!("there is no item `{}`", line.product)));
    };
    let wanted = |row: &&Warehouse| line.warehouse.as_ref().is_none_or(|wanted| *wanted == row.warehouse_code);
    let rows = item.warehouses.iter().filter(wanted).map(|row| availability(item, row));
    let warehouses = rows.collect::<Result<Vec<_>, _>>()?;
    if let (Some(wanted), true) = (&line.warehouse, warehouses.is_empty()) {
        return Err(Error::NotFound(format!("item `{}` is not kept in warehouse `{wanted}`", line.product)));
    }
    let native = ctx.wants_native().then(|| native.get().to_owned());
    Ok(Stock { product: line.product.clone(), warehouses, native })
}

fn availability(item: &Item, row: &Warehouse) -> Result<Availability, Error> {
    Ok(Availability {
        product: item.code.clone(),
        warehouse: row.warehouse_code.clone(),
        unit: filled(item.unit.clone()),
        available: text(difference(row.in_stock, row.committed)?)?,
        on_hand: Some(text(row.in_stock)?),
        committed: Some(text(row.committed)?),
        on_order: Some(text(row.ordered)?),
        next_receipt: None,
        lead_time_days: None,
    })
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;

    fn line(product: &str, warehouse: Option<&str>) -> InventoryRequest {
        let warehouse = warehouse.map(str::to_owned);
        InventoryRequest { product: product.into(), warehouse, unit: None, customer: None }
    }

    fn ask(host: FakeHost, lines: &[InventoryRequest]) -> (Vec<LineResult<Stock>>, FakeHost) {
        let mut answers = Vec::new();
        let host = host.run(|| answers = query(&Context::for_test("{}"), lines));
        (answers, host)
    }

    const TWO: &str = r#"{"value": [{"ItemCode": "A'1", "InventoryUOM": "EA", "ItemWarehouseInfoCollection": [
        {"WarehouseCode": "01", "InStock": 100.0, "Committed": 10.5, "Ordered": 50},
        {"WarehouseCode": "02", "InStock": 3, "Committed": 7, "Ordered": 0}]}]}"#;

    #[test]
    fn committed_stock_is_not_available() {
        let lines = [line("A'1", None), line("A'1", Some("02")), line("A'1", Some("09")), line("B", None)];
        let (answers, host) = ask(FakeHost::new().on("GET", "Items?", 200, TWO), &lines);
        let rows = &answers[0].as_ref().unwrap().warehouses;
        assert_eq!((rows[0].available.as_str(), rows[0].on_order.as_deref()), ("89.5", Some("50")));
        let rows = &answers[1].as_ref().unwrap().warehouses;
        assert_eq!((rows.len(), rows[0].available.as_str()), (1, "-4"));
        assert!(matches!(answers[2], Err(Error::NotFound(_))) && matches!(answers[3], Err(Error::NotFound(_))));
        assert_eq!(host.requests().len(), 1);
        let target = &host.requests()[0].target;
        assert!(target.ends_with("$filter=ItemCode%20eq%20%27A%27%271%27%20or%20ItemCode%20eq%20%27B%27"), "{target}");
    }

    #[test]
    fn a_failed_request_fails_its_lines_only() {
        let lines: Vec<_> = (0..25).map(|n| line(&format!("A{n:02}"), None)).collect();
        let last = r#"{"value": [{"ItemCode": "A24", "ItemWarehouseInfoCollection": []}]}"#;
        let host = FakeHost::new().on("GET", "Items?", 503, "<html>").on("GET", "Items?", 200, last);
        let (answers, _) = ask(host, &lines);
        assert!(matches!(answers[0], Err(Error::Unavailable(_))));
        assert!(matches!(answers[23], Err(Error::NotFound(_))));
        assert!(answers[24].as_ref().unwrap().warehouses.is_empty());
    }

    #[test]
    fn a_short_page_is_no_answer() {
        let short = r#"{"value": [], "odata.nextLink": "/b1s/v1/Items?$skip=20"}"#;
        let (answers, _) = ask(FakeHost::new().on("GET", "Items?", 200, short), &[line("A", None)]);
        assert!(matches!(answers[0], Err(Error::Internal(_))));
    }
}
