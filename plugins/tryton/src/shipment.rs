//! What was shipped of a sale.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::rpc::{self, Search};
use crate::sale;
use crate::settings::Settings;
use crate::tables::Tables;
use crate::wire::{Day, Number, filled, text};

/// Shipments of one sale.
const SHIPMENTS_MAX: u32 = 1_000;
/// What an origin that is a line of a sale begins with.
const LINE: &str = "sale.line,";

#[derive(Deserialize)]
struct Row {
    id: i64,
    number: Option<String>,
    state: String,
    effective_date: Option<Day>,
    warehouse: Option<i64>,
    #[serde(rename = "outgoing_moves.", default)]
    moves: Vec<Move>,
}

#[derive(Deserialize)]
struct Move {
    origin: Option<String>,
    state: String,
    quantity: Option<Number>,
    unit: Option<i64>,
}

#[derive(Deserialize)]
struct Shipped {
    shipments: Vec<i64>,
}

/// The shipments that have left. Carriers and tracking numbers are kept by modules this connector does not ask.
pub(crate) fn of(settings: &Settings, id: &str) -> Result<Vec<Shipment>, Error> {
    let tables = Tables::get()?;
    let record = sale::record(id)?;
    // Shipments cannot be searched by their sale, but a sale names them.
    let domain = json!([["id", "=", record], ["company", "=", tables.company()]]);
    let of_sale = Search { model: sale::MODEL, domain, limit: 1, newest_first: false, fields: &["shipments"] };
    let sale: Option<Shipped> = rpc::search::<Shipped>(&tables.context, &of_sale)?.pop();
    let sale = sale.ok_or_else(|| Error::NotFound(format!("there is no sale `{id}`")))?;
    if sale.shipments.is_empty() {
        return Ok(Vec::new());
    }
    let search = Search {
        model: "stock.shipment.out",
        domain: json!([["id", "in", sale.shipments]]),
        limit: SHIPMENTS_MAX,
        newest_first: false,
        fields: &[
            "number",
            "state",
            "effective_date",
            "warehouse",
            "outgoing_moves.origin",
            "outgoing_moves.state",
            "outgoing_moves.quantity",
            "outgoing_moves.unit",
        ],
    };
    let rows: Vec<Row> = rpc::search(&tables.context, &search)?;
    let left = rows.into_iter().filter(|row| matches!(row.state.as_str(), "shipped" | "done"));
    left.map(|row| shipment(&tables, settings, id, row)).collect()
}

fn shipment(tables: &Tables, settings: &Settings, order: &str, row: Row) -> Result<Shipment, Error> {
    let place = row.warehouse.and_then(|id| tables.warehouses.iter().find(|place| place.id == id));
    let moved = row.moves.iter().filter(|moved| moved.state == "done");
    let lines = moved.filter_map(|moved| {
        let line = moved.origin.as_deref()?.strip_prefix(LINE)?;
        let unit = moved.unit.and_then(|id| tables.unit(id)).map(|unit| settings.unit_of(&unit.symbol));
        let quantity = text(moved.quantity?.0);
        let quantity = quantity.map(|quantity| Quantity::new(quantity, unit.unwrap_or_default()));
        Some(quantity.map(|quantity| ShippedLine { line: line.to_owned(), quantity }))
    });
    Ok(Shipment {
        ids: Ids::new(row.id.to_string(), filled(row.number)),
        order: Some(order.to_owned()),
        warehouse: place.map(|place| place.key()),
        ship_date: row.effective_date.map(Day::text),
        carrier: None,
        service: None,
        tracking: Vec::new(),
        packages: None,
        lines: lines.collect::<Result<_, _>>()?,
    })
}
