//! Invoices and credit notes to customers, as far as they are posted: a draft is not the customer's yet.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::InvoicePage;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page;
use crate::party::Coded;
use crate::rpc::{self, Search};
use crate::settings::{Settings, record_id};
use crate::tables::Tables;
use crate::wire::{Day, Moment, Number, filled, text, text_of};

const FIELDS: [&str; 21] = [
    "number",
    "state",
    "party.code",
    "reference",
    "invoice_date",
    "currency",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "amount_to_pay",
    "sales",
    "lines_to_pay.maturity_date",
    "write_date",
    "create_date",
    "lines.type",
    "lines.product.code",
    "lines.description",
    "lines.quantity",
    "lines.unit",
    "lines.unit_price",
    "lines.amount",
];

#[derive(Deserialize)]
struct Row {
    id: i64,
    number: Option<String>,
    state: String,
    #[serde(rename = "party.")]
    party: Coded,
    reference: Option<String>,
    invoice_date: Option<Day>,
    currency: i64,
    untaxed_amount: Option<Number>,
    tax_amount: Option<Number>,
    total_amount: Number,
    amount_to_pay: Option<Number>,
    #[serde(default)]
    sales: Vec<i64>,
    #[serde(rename = "lines_to_pay.", default)]
    due: Vec<Due>,
    write_date: Option<Moment>,
    create_date: Option<Moment>,
    #[serde(rename = "lines.", default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Due {
    maturity_date: Option<Day>,
}

#[derive(Deserialize)]
struct Line {
    id: i64,
    r#type: String,
    #[serde(rename = "product.")]
    product: Option<Coded>,
    description: Option<String>,
    quantity: Option<Number>,
    unit: Option<i64>,
    unit_price: Option<Number>,
    amount: Option<Number>,
}

fn rows(tables: &Tables, mut domain: Vec<Value>, limit: u32) -> Result<Vec<Row>, Error> {
    domain.push(json!(["company", "=", tables.company()]));
    domain.push(json!(["type", "=", "out"]));
    domain.push(json!(["number", "!=", null]));
    let search = Search { model: "account.invoice", domain: domain.into(), limit, newest_first: true, fields: &FIELDS };
    rpc::search(&tables.context, &search)
}

pub(crate) fn get(settings: &Settings, id: &str) -> Result<Invoice, Error> {
    let tables = Tables::get()?;
    let rows = rows(&tables, vec![json!(["id", "=", record_id(id).unwrap_or(-1)])], 1)?;
    let row = rows.into_iter().next().ok_or_else(|| Error::NotFound(format!("there is no invoice `{id}`")))?;
    invoice(&tables, settings, row)
}

pub(crate) fn list(settings: &Settings, filter: &DocumentFilter, page: &PageRequest) -> Result<InvoicePage, Error> {
    let tables = Tables::get()?;
    let mut domain = page::after(page, true)?;
    if let Some(customer) = &filter.customer {
        domain.push(settings.customer_key.condition("party.", customer));
    }
    for (operator, date) in [(">=", &filter.date_from), ("<=", &filter.date_to)] {
        let Some(date) = date else { continue };
        domain.push(json!(["invoice_date", operator, Day::of(date, "date")?]));
    }
    match filter.state {
        DocumentState::Open => domain.push(json!(["state", "in", ["validated", "posted"]])),
        DocumentState::Closed => domain.push(json!(["state", "in", ["paid", "cancelled"]])),
        DocumentState::All => {}
    }
    if let Some(words) = &filter.text {
        let like = format!("%{}%", page::escaped(words));
        domain.push(json!(["OR", ["number", "ilike", like], ["reference", "ilike", like]]));
    }
    let (rows, end) = page::cut(rows(&tables, domain, page::limit(page) + 1)?, page, |row| row.id);
    let items = rows.into_iter().map(|row| invoice(&tables, settings, row));
    Ok(InvoicePage { items: items.collect::<Result<_, _>>()?, end })
}

fn invoice(tables: &Tables, settings: &Settings, row: Row) -> Result<Invoice, Error> {
    let total = row.total_amount.0;
    let open = row.amount_to_pay.unwrap_or_default().0;
    let state = match row.state.as_str() {
        "paid" => InvoiceState::Paid,
        "cancelled" => InvoiceState::Void,
        "posted" if open != total && open != Decimal::ZERO => InvoiceState::Partial,
        "posted" | "validated" => InvoiceState::Open,
        other => InvoiceState::Other(other.to_owned()),
    };
    let kept = row.lines.iter().filter(|line| line.r#type == "line");
    let lines = kept.map(|line| invoice_line(tables, settings, line)).collect::<Result<_, _>>()?;
    let currency = tables.currency_code(row.currency);
    let dated = row.invoice_date.ok_or_else(|| Error::internal("an invoice has a number but no date"))?;
    Ok(Invoice {
        ids: Ids::new(row.id.to_string(), filled(row.number)),
        revision: Revision { etag: None, modified_at: row.write_date.or(row.create_date).map(Moment::text) },
        kind: if total < Decimal::ZERO { InvoiceKind::Credit } else { InvoiceKind::Invoice },
        state,
        customer: settings.customer_key.of(row.party.id, row.party.code.as_deref()),
        ship_to: None,
        orders: row.sales.iter().map(i64::to_string).collect(),
        customer_po: filled(row.reference),
        invoice_date: dated.text(),
        due_date: row.due.iter().filter_map(|due| due.maturity_date).map(Day::text).max(),
        currency: currency.ok_or_else(|| Error::internal("the currency of an invoice is unknown"))?.to_owned(),
        totals: Totals {
            subtotal: text_of(row.untaxed_amount)?,
            discount: None,
            tax: text_of(row.tax_amount)?,
            freight: None,
            other: None,
            total: text(total)?,
        },
        open_amount: text(open)?,
        payments: Vec::new(),
        lines,
        document_available: false,
        custom: Vec::new(),
        native: None,
    })
}

fn invoice_line(tables: &Tables, settings: &Settings, line: &Line) -> Result<InvoiceLine, Error> {
    let unit = line.unit.and_then(|id| tables.unit(id)).map(|unit| settings.unit_of(&unit.symbol));
    Ok(InvoiceLine {
        line: line.id.to_string(),
        product: line.product.as_ref().map(|own| settings.product_key.of(own.id, own.code.as_deref())),
        description: filled(line.description.clone()),
        quantity: Quantity::new(text(line.quantity.unwrap_or_default().0)?, unit.unwrap_or_default()),
        unit_price: text_of(line.unit_price)?,
        total: text_of(line.amount)?,
    })
}
