//! Reading and finding sales. Tryton has one kind of document for quotes and orders: a sale's state tells them apart.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::page;
use crate::party::Coded;
use crate::rpc::{self, Search};
use crate::settings::{Settings, Stage, record_id};
use crate::tables::Tables;
use crate::wire::{Day, Moment, Number, filled, text, text_of};

pub(crate) const MODEL: &str = "sale.sale";
/// Sales that one reference of one customer may have before something is wrong.
const FOUND_MAX: u32 = 20;
/// What the customer's purchase order number is written behind in a sale's description.
pub(crate) const PURCHASE_ORDER: &str = "PO ";

const FIELDS: [&str; 29] = [
    "number",
    "reference",
    "description",
    "comment",
    "state",
    "shipment_state",
    "party.code",
    "shipment_address",
    "currency",
    "sale_date",
    "quotation_date",
    "shipping_date",
    "quotation_expire",
    "warehouse",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "invoices",
    "write_date",
    "create_date",
    "lines.type",
    "lines.product.code",
    "lines.description",
    "lines.note",
    "lines.quantity",
    "lines.unit",
    "lines.unit_price",
    "lines.amount",
    "lines.moves_progress",
];

#[derive(Deserialize)]
pub(crate) struct Sale {
    pub(crate) id: i64,
    number: Option<String>,
    reference: Option<String>,
    description: Option<String>,
    comment: Option<String>,
    pub(crate) state: String,
    shipment_state: Option<String>,
    #[serde(rename = "party.")]
    party: Coded,
    shipment_address: Option<i64>,
    currency: Option<i64>,
    sale_date: Option<Day>,
    quotation_date: Option<Day>,
    shipping_date: Option<Day>,
    quotation_expire: Option<Day>,
    warehouse: Option<i64>,
    untaxed_amount: Option<Number>,
    tax_amount: Option<Number>,
    total_amount: Option<Number>,
    #[serde(default)]
    invoices: Vec<i64>,
    write_date: Option<Moment>,
    create_date: Option<Moment>,
    #[serde(rename = "lines.", default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    id: i64,
    r#type: String,
    #[serde(rename = "product.")]
    product: Option<Coded>,
    description: Option<String>,
    note: Option<String>,
    quantity: Option<Number>,
    moves_progress: Option<Number>,
    unit: Option<i64>,
    unit_price: Option<Number>,
    amount: Option<Number>,
}

/// Key, number and state of a sale.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: i64,
    number: Option<String>,
    pub(crate) state: String,
}

impl Head {
    pub(crate) fn ids(&self) -> Ids {
        Ids::new(self.id.to_string(), filled(self.number.clone()))
    }

    /// How far it has come; none for one that was cancelled.
    pub(crate) fn stage(&self) -> Option<Stage> {
        match self.state.as_str() {
            "draft" => Some(Stage::Draft),
            "quotation" => Some(Stage::Quotation),
            "cancelled" => None,
            _ => Some(Stage::Confirmed),
        }
    }
}

/// The record of a document id.
pub(crate) fn record(id: &str) -> Result<i64, Error> {
    record_id(id).ok_or_else(|| Error::NotFound(format!("`{id}` is no document id")))
}

/// The state of one sale.
pub(crate) fn head(tables: &Tables, id: i64) -> Result<Head, Error> {
    let search = heads(json!([["id", "=", id]]));
    let rows: Vec<Head> = rpc::search(&tables.context, &search)?;
    rows.into_iter().next().ok_or_else(|| Error::NotFound(format!("there is no sale `{id}`")))
}

fn heads<'a>(domain: Value) -> Search<'a> {
    Search { model: MODEL, domain, limit: FOUND_MAX, newest_first: false, fields: &["number", "state"] }
}

/// The call that finds every sale with this reference for this customer, in whatever state it is.
pub(crate) fn with_reference(tables: &Tables, settings: &Settings, customer: &str, reference: &str) -> http::Request {
    let party = settings.customer_key.condition("party.", customer);
    let domain = json!([["reference", "=", reference], party, ["company", "=", tables.company()]]);
    heads(domain).request(&tables.context)
}

/// The sales with this reference; `orders` leaves out those that are still offers.
pub(crate) fn find(settings: &Settings, customer: &str, reference: &str, orders: bool) -> Result<Vec<Ids>, Error> {
    let tables = Tables::get()?;
    let rows: Vec<Head> = rpc::read(with_reference(&tables, settings, customer, reference).send())?;
    let wanted = rows.iter().filter(|head| !orders || head.stage() == Some(Stage::Confirmed));
    Ok(wanted.map(Head::ids).collect())
}

fn one(tables: &Tables, id: i64) -> Result<Box<RawValue>, Error> {
    let domain = json!([["id", "=", id], ["company", "=", tables.company()]]);
    let search = Search { model: MODEL, domain, limit: 1, newest_first: false, fields: &FIELDS };
    let mut rows: Vec<Box<RawValue>> = rpc::search(&tables.context, &search)?;
    rows.pop().ok_or_else(|| Error::NotFound(format!("there is no sale `{id}`")))
}

pub(crate) fn get(ctx: &Context, settings: &Settings, id: &str) -> Result<Order, Error> {
    let tables = Tables::get()?;
    let raw = one(&tables, record(id)?)?;
    let sale: Sale = apiconnect_sdk::json::read(raw.get().as_bytes())?;
    let native = ctx.wants_native().then(|| raw.get().to_owned());
    Ok(Order { native, ..order(&tables, settings, sale)? })
}

pub(crate) fn list(
    settings: &Settings,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<(Vec<Order>, PageEnd), Error> {
    let tables = Tables::get()?;
    let mut domain = page::after(page, true)?;
    domain.push(json!(["company", "=", tables.company()]));
    domain.extend(conditions(settings, filter)?);
    let limit = page::limit(page) + 1;
    let search = Search { model: MODEL, domain: domain.into(), limit, newest_first: true, fields: &FIELDS };
    let rows: Vec<Sale> = rpc::search(&tables.context, &search)?;
    let (rows, end) = page::cut(rows, page, |sale| sale.id);
    let rows = rows.into_iter().map(|sale| order(&tables, settings, sale));
    Ok((rows.collect::<Result<_, _>>()?, end))
}

fn conditions(settings: &Settings, filter: &DocumentFilter) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    if let Some(customer) = &filter.customer {
        all.push(settings.customer_key.condition("party.", customer));
    }
    if let Some(ship_to) = &filter.ship_to {
        all.push(json!(["shipment_address", "=", record_id(ship_to).unwrap_or(-1)]));
    }
    // A sale has its date once it is confirmed; until then the day it was entered counts.
    for (operator, date) in [(">=", &filter.date_from), ("<=", &filter.date_to)] {
        let Some(date) = date else { continue };
        let day = json!(Day::of(date, "date")?);
        let entered = json!([["sale_date", "=", null], ["quotation_date", operator, day]]);
        all.push(json!(["OR", ["sale_date", operator, day], entered]));
    }
    match filter.state {
        DocumentState::Open => all.push(json!(["state", "in", ["draft", "quotation", "confirmed", "processing"]])),
        DocumentState::Closed => all.push(json!(["state", "in", ["done", "cancelled"]])),
        DocumentState::All => {}
    }
    match &filter.kind {
        None => {}
        Some(OrderKind::Quote) => all.push(json!(["state", "=", "quotation"])),
        Some(OrderKind::Order) if settings.order_state == Stage::Quotation => {}
        Some(OrderKind::Order) => all.push(json!(["state", "!=", "quotation"])),
        Some(_) => return Err(Error::NotSupported("there are orders and quotes".into())),
    }
    if let Some(words) = &filter.text {
        let like = format!("%{}%", page::escaped(words));
        all.push(json!([
            "OR",
            ["number", "ilike", like],
            ["reference", "ilike", like],
            ["description", "ilike", like]
        ]));
    }
    Ok(all)
}

fn order(tables: &Tables, settings: &Settings, sale: Sale) -> Result<Order, Error> {
    let is_quote = sale.state == "quotation" && settings.order_state != Stage::Quotation;
    let status = status(&sale);
    let place = sale.warehouse.and_then(|id| tables.warehouses.iter().find(|place| place.id == id));
    let modified = sale.write_date.or(sale.create_date).map(Moment::text);
    let purchase_order = sale.description.as_deref().and_then(|text| text.strip_prefix(PURCHASE_ORDER));
    let kept = sale.lines.iter().filter(|line| line.r#type == "line");
    let lines = kept.map(|line| order_line(tables, settings, &status, line)).collect::<Result<_, _>>()?;
    Ok(Order {
        ids: Some(Ids::new(sale.id.to_string(), filled(sale.number.clone()))),
        revision: Some(Revision { etag: None, modified_at: modified }),
        kind: if is_quote { OrderKind::Quote } else { OrderKind::Order },
        reference: sale.reference.clone().unwrap_or_default(),
        customer_po: purchase_order.map(str::to_owned),
        status: Some(status),
        raw_status: Some(sale.state.clone()),
        customer: settings.customer_key.of(sale.party.id, sale.party.code.as_deref()),
        ship_to: sale.shipment_address.map(|id| id.to_string()),
        ship_address: None,
        bill_to: None,
        currency: sale.currency.and_then(|id| tables.currency_code(id)).map(str::to_owned),
        order_date: sale.sale_date.or(sale.quotation_date).map(Day::text),
        requested_date: sale.shipping_date.map(Day::text),
        promised_date: None,
        expires: sale.quotation_expire.map(Day::text),
        carrier: None,
        ship_service: None,
        freight: None,
        warehouse: place.map(|place| place.key()),
        lines,
        totals: totals(&sale)?,
        payment: None,
        notes: notes(sale.comment),
        placed_by: None,
        holds: Vec::new(),
        shipments: Vec::new(),
        invoices: sale.invoices.iter().map(i64::to_string).collect(),
        links: Vec::new(),
        custom: Vec::new(),
        native: None,
    })
}

fn notes(comment: Option<String>) -> Vec<Note> {
    filled(comment).map(|text| Note { audience: NoteAudience::Internal, text }).into_iter().collect()
}

fn totals(sale: &Sale) -> Result<Option<Totals>, Error> {
    let Some(total) = sale.total_amount else { return Ok(None) };
    let (subtotal, tax) = (text_of(sale.untaxed_amount)?, text_of(sale.tax_amount)?);
    Ok(Some(Totals { subtotal, discount: None, tax, freight: None, other: None, total: text(total.0)? }))
}

fn status(sale: &Sale) -> OrderStatus {
    match (sale.state.as_str(), sale.shipment_state.as_deref()) {
        ("draft", _) => OrderStatus::Draft,
        ("quotation", _) => OrderStatus::Submitted,
        ("confirmed", _) => OrderStatus::Accepted,
        ("processing", Some("sent")) => OrderStatus::Shipped,
        ("processing", Some("partially shipped")) => OrderStatus::PartiallyShipped,
        ("processing", _) => OrderStatus::InProcess,
        ("done", _) => OrderStatus::Closed,
        ("cancelled", _) => OrderStatus::Cancelled,
        (other, _) => OrderStatus::Other(other.to_owned()),
    }
}

fn order_line(tables: &Tables, settings: &Settings, status: &OrderStatus, line: &Line) -> Result<OrderLine, Error> {
    let quantity = line.quantity.unwrap_or_default().0;
    let unit = line.unit.and_then(|id| tables.unit(id)).map(|unit| settings.unit_of(&unit.symbol));
    let progress = line.moves_progress.map(|progress| progress.0);
    // Between nothing and everything Tryton gives a share with four digits, which is no quantity.
    let shipped = match progress {
        Some(progress) if progress >= Decimal::from(1) => Some(text(quantity)?),
        Some(progress) if progress == Decimal::ZERO => Some("0".to_owned()),
        _ => None,
    };
    Ok(OrderLine {
        line: line.id.to_string(),
        product: line.product.as_ref().map(|own| settings.product_key.of(own.id, own.code.as_deref())),
        customer_sku: None,
        description: filled(line.description.clone()),
        quantity: Quantity::new(text(quantity)?, unit.unwrap_or_default()),
        price_unit: None,
        price_per: None,
        unit_price: text_of(line.unit_price)?,
        price_override: false,
        discount: None,
        tax: None,
        total: text_of(line.amount)?,
        warehouse: None,
        requested_date: None,
        status: Some(status.clone()),
        shipped,
        backordered: None,
        cancelled: None,
        kit_parent: None,
        note: filled(line.note.clone()),
        custom: Vec::new(),
    })
}
