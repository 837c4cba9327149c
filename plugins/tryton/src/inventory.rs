//! Stock per product and warehouse.
//!
//! On hand is what stands there. What can be promised is the less of that and of what is left after everything that
//! is planned until today: goods that should have come already but did not are not promised.

use std::collections::BTreeMap;

use apiconnect_sdk::http::{Failure, Response};
use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::product::{self, Products};
use crate::rpc::{self, call};
use crate::settings::Settings;
use crate::tables::{Context as Company, Tables, Warehouse};
use crate::wire::{Number, text};

#[derive(Serialize)]
struct Asked<'a> {
    #[serde(flatten)]
    company: &'a Company,
    locations: [i64; 1],
}

#[derive(Deserialize)]
struct Row {
    id: i64,
    quantity: Option<Number>,
    forecast_quantity: Option<Number>,
}

/// Stock of one warehouse, by the product's record; or why it could not be read.
type Shelf = Result<BTreeMap<i64, Row>, Error>;

/// One answer per line, in order. A warehouse costs one request, however many products are asked for.
pub(crate) fn query(settings: &Settings, lines: &[InventoryRequest]) -> Result<Vec<LineResult<Stock>>, Error> {
    let tables = Tables::get()?;
    let keys = product::keys(lines.iter().map(|line| line.product.as_str()));
    let products = Products::read(settings, product::request(&tables, settings, &keys).send())?;
    let mut ids: Vec<i64> = lines.iter().filter_map(|line| Some(products.get(&line.product).ok()?.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let all = lines.iter().any(|line| line.warehouse.is_none());
    let wanted = |place: &&Warehouse| all || lines.iter().any(|line| line.warehouse == Some(place.key()));
    let places: Vec<&Warehouse> = tables.warehouses.iter().filter(wanted).filter(|_| !ids.is_empty()).collect();
    let requests = places.iter().map(|place| {
        let context = Asked { company: &tables.context, locations: [place.id] };
        call("model.product.product.read", (&ids, ["quantity", "forecast_quantity"], context))
    });
    let answers = http::send_all(requests.collect::<Vec<_>>());
    let shelves: Vec<(&Warehouse, Shelf)> = places.into_iter().zip(answers.into_iter().map(shelf)).collect();
    Ok(lines.iter().map(|line| stock(&tables, settings, &products, &shelves, line)).collect())
}

fn shelf(answer: Result<Response, Failure>) -> Shelf {
    let rows: Vec<Row> = rpc::read(answer)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn stock(
    tables: &Tables,
    settings: &Settings,
    products: &Products,
    shelves: &[(&Warehouse, Shelf)],
    line: &InventoryRequest,
) -> LineResult<Stock> {
    let product = products.get(&line.product)?;
    if let Some(wanted) = &line.warehouse {
        tables.warehouse(wanted)?;
    }
    let unit = product.stock_unit(tables).map(|unit| settings.unit_of(&unit.symbol));
    let mut warehouses = Vec::new();
    for (place, shelf) in shelves {
        if line.warehouse.as_ref().is_some_and(|wanted| *wanted != place.key()) {
            continue;
        }
        let shelf = shelf.as_ref().map_err(Clone::clone)?;
        // Services have no stock.
        let Some((row, on_hand)) = shelf.get(&product.id).and_then(|row| Some((row, row.quantity?))) else { continue };
        let left = row.forecast_quantity.unwrap_or(on_hand);
        warehouses.push(Availability {
            product: line.product.clone(),
            warehouse: place.key(),
            unit: unit.clone(),
            available: text(on_hand.min(left).0)?,
            on_hand: Some(text(on_hand.0)?),
            committed: None,
            on_order: None,
            next_receipt: None,
            lead_time_days: None,
        });
    }
    Ok(Stock { product: line.product.clone(), warehouses, native: None })
}
