//! Reading orders and quotations. An order's id is its entry number; a quotation's has `quote-` before it.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::service::{self, List, quoted};
use crate::settings::Settings;
use crate::wire::{day, difference, filled, is_yes, text, text_of, user_fields};

const QUOTE: &str = "quote-";

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Orders,
    Quotations,
}

impl Set {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Orders => "Orders",
            Self::Quotations => "Quotations",
        }
    }

    /// The set and the entry number of an id.
    pub(crate) fn of(id: &str) -> Result<(Self, u64), Error> {
        let (set, entry) = id.strip_prefix(QUOTE).map_or((Self::Orders, id), |entry| (Self::Quotations, entry));
        entry.parse().map(|entry| (set, entry)).map_err(|_| Error::NotFound(format!("`{id}` is no document id")))
    }

    pub(crate) fn ids(self, entry: u64, number: Option<u64>) -> Ids {
        let id = match self {
            Self::Orders => entry.to_string(),
            Self::Quotations => format!("{QUOTE}{entry}"),
        };
        let key = vec![KeyPart { name: "DocEntry".into(), value: entry.to_string() }];
        Ids { id, key, number: number.map(|number| number.to_string()) }
    }
}

/// Key and number of a document.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Numbers {
    pub(crate) doc_entry: u64,
    pub(crate) doc_num: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Document {
    /// Missing in a preview.
    doc_entry: Option<u64>,
    doc_num: Option<u64>,
    pub(crate) card_code: String,
    num_at_card: Option<String>,
    doc_date: Option<String>,
    doc_due_date: Option<String>,
    doc_currency: Option<String>,
    comments: Option<String>,
    ship_to_code: Option<String>,
    transportation_code: Option<i64>,
    doc_total: Option<Decimal>,
    vat_sum: Option<Decimal>,
    total_discount: Option<Decimal>,
    document_status: Option<String>,
    cancelled: Option<String>,
    authorization_status: Option<String>,
    confirmed: Option<String>,
    #[serde(default)]
    pub(crate) document_lines: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Line {
    pub(crate) line_num: i64,
    item_code: Option<String>,
    item_description: Option<String>,
    quantity: Option<Decimal>,
    unit_price: Option<Decimal>,
    discount_percent: Option<Decimal>,
    line_total: Option<Decimal>,
    tax_total: Option<Decimal>,
    warehouse_code: Option<String>,
    ship_date: Option<String>,
    line_status: Option<String>,
    remaining_open_quantity: Option<Decimal>,
    #[serde(rename = "UoMEntry")]
    unit: Option<i64>,
    free_text: Option<String>,
}

/// One document with its own text.
pub(crate) fn one(set: Set, entry: u64) -> Result<(Document, Box<RawValue>), Error> {
    let raw: Box<RawValue> = service::read(http::get(format!("{}({entry})", set.name())).send())?;
    Ok((apiconnect_sdk::json::read(raw.get().as_bytes())?, raw))
}

pub(crate) fn is_cancelled(document: &Document) -> bool {
    is_yes(document.cancelled.as_deref())
}

pub(crate) fn get(ctx: &Context, settings: &Settings, id: &str) -> Result<Order, Error> {
    let (set, entry) = Set::of(id)?;
    let (document, raw) = one(set, entry)?;
    let mut order = order(settings, set, document, &raw)?;
    order.native = ctx.wants_native().then(|| raw.get().to_owned());
    Ok(order)
}

pub(crate) fn list(
    settings: &Settings,
    set: Set,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<(Vec<Order>, PageEnd), Error> {
    let filter = conditions(settings, filter)?.join(" and ");
    let query = [("$filter", filter.as_str()), ("$orderby", "DocEntry desc")];
    let rows: List<Box<RawValue>> = service::read(service::page(set.name(), &query, page).send())?;
    let (rows, end) = rows.split()?;
    let read = |raw: &RawValue| order(settings, set, apiconnect_sdk::json::read(raw.get().as_bytes())?, raw);
    Ok((rows.iter().map(|raw| read(raw)).collect::<Result<_, _>>()?, end))
}

fn conditions(settings: &Settings, filter: &DocumentFilter) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    let mut text_is = |field: &str, value: &Option<String>, operator: &str| {
        if let Some(value) = value {
            all.push(format!("{field} {operator} {}", quoted(value)));
        }
    };
    text_is("CardCode", &filter.customer, "eq");
    text_is("ShipToCode", &filter.ship_to, "eq");
    text_is("DocDate", &filter.date_from, "ge");
    text_is("DocDate", &filter.date_to, "le");
    match filter.state {
        DocumentState::Open => all.push("DocumentStatus eq 'bost_Open'".into()),
        DocumentState::Closed => all.push("DocumentStatus eq 'bost_Close'".into()),
        DocumentState::All => {}
    }
    match &filter.kind {
        None | Some(OrderKind::Order | OrderKind::Quote) => {}
        Some(OrderKind::PreOrder) => all.push("Confirmed eq 'tNO'".into()),
        Some(_) => return Err(Error::NotSupported("there are orders, pre-orders and quotes".into())),
    }
    if let Some(words) = &filter.text {
        let mut fields = vec![format!("contains(NumAtCard,{})", quoted(words))];
        if settings.reference_field != "NumAtCard" {
            fields.push(format!("contains({},{})", settings.reference_field, quoted(words)));
        }
        if let Ok(number) = words.parse::<u32>() {
            fields.push(format!("DocNum eq {number}"));
        }
        all.push(format!("({})", fields.join(" or ")));
    }
    Ok(all)
}

/// Every document with this reference for this customer, cancelled ones too: they were made from it.
pub(crate) fn find(settings: &Settings, sets: &[Set], customer: &str, reference: &str) -> Result<Vec<Ids>, Error> {
    let filter = format!("{} eq {} and CardCode eq {}", settings.reference_field, quoted(reference), quoted(customer));
    let query = [("$filter", filter.as_str()), ("$select", "DocEntry,DocNum"), ("$orderby", "DocEntry")];
    let page = PageRequest { cursor: None, limit: crate::describe::PAGE_MAX };
    let answers = http::send_all(sets.iter().map(|set| service::page(set.name(), &query, &page)));
    let mut found = Vec::new();
    for (set, answer) in sets.iter().zip(answers) {
        let rows: List<Numbers> = service::read(answer)?;
        let (rows, _) = rows.split()?;
        found.extend(rows.iter().map(|row| set.ids(row.doc_entry, row.doc_num)));
    }
    Ok(found)
}

/// A document in the contract's form.
pub(crate) fn order(settings: &Settings, set: Set, document: Document, raw: &RawValue) -> Result<Order, Error> {
    let lines = document.document_lines.iter().map(|line| order_line(settings, line));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let custom = user_fields(raw);
    let in_number = settings.reference_field == "NumAtCard";
    let reference = if in_number {
        document.num_at_card.clone()
    } else {
        let field = custom.iter().find(|field| field.name == settings.reference_field);
        field.and_then(|field| serde_json::from_str(&field.value).ok())
    };
    let is_quote = set == Set::Quotations;
    let due = document.doc_due_date.as_deref().map(day);
    let on_hold = document.confirmed.as_deref() == Some("tNO");
    let kind = match set {
        Set::Quotations => OrderKind::Quote,
        Set::Orders if on_hold => OrderKind::PreOrder,
        Set::Orders => OrderKind::Order,
    };
    Ok(Order {
        ids: document.doc_entry.map(|entry| set.ids(entry, document.doc_num)),
        revision: None,
        kind,
        reference: reference.unwrap_or_default(),
        customer_po: if in_number { None } else { filled(document.num_at_card.clone()) },
        status: Some(status(&document, &lines)),
        raw_status: document.document_status.clone(),
        ship_to: filled(document.ship_to_code.clone()),
        ship_address: None,
        bill_to: None,
        currency: document.doc_currency.as_deref().map(|own| settings.iso_currency(own)).transpose()?,
        order_date: document.doc_date.as_deref().map(day),
        requested_date: if is_quote { None } else { due.clone() },
        promised_date: None,
        expires: if is_quote { due } else { None },
        carrier: settings.carrier_of(document.transportation_code),
        ship_service: None,
        freight: None,
        warehouse: None,
        lines,
        totals: totals(&document)?,
        payment: None,
        notes: filled(document.comments)
            .map(|text| Note { audience: NoteAudience::Internal, text })
            .into_iter()
            .collect(),
        placed_by: None,
        holds: Vec::new(),
        shipments: Vec::new(),
        invoices: Vec::new(),
        links: Vec::new(),
        custom,
        native: None,
        customer: document.card_code,
    })
}

fn totals(document: &Document) -> Result<Option<Totals>, Error> {
    let Some(total) = document.doc_total else { return Ok(None) };
    let tax = text_of(document.vat_sum)?;
    let discount = text_of(document.total_discount)?;
    Ok(Some(Totals { subtotal: None, discount, tax, freight: None, other: None, total: text(total)? }))
}

fn status(document: &Document, lines: &[OrderLine]) -> OrderStatus {
    let shipped = |line: &OrderLine| line.shipped.as_deref().is_some_and(|shipped| shipped != "0");
    match (document.document_status.as_deref(), document.authorization_status.as_deref()) {
        _ if is_cancelled(document) => OrderStatus::Cancelled,
        (_, Some("dasRejected")) => OrderStatus::Rejected,
        (Some("bost_Close"), _) => OrderStatus::Closed,
        (_, Some("dasPending")) => OrderStatus::OnHold,
        _ if document.confirmed.as_deref() == Some("tNO") => OrderStatus::OnHold,
        (Some("bost_Open") | None, _) if lines.iter().any(shipped) => OrderStatus::PartiallyShipped,
        (Some("bost_Open") | None, _) => OrderStatus::Accepted,
        (Some("bost_Delivered"), _) => OrderStatus::Shipped,
        (Some(other), _) => OrderStatus::Other(other.to_owned()),
    }
}

fn order_line(settings: &Settings, raw: &RawValue) -> Result<OrderLine, Error> {
    let line: Line = apiconnect_sdk::json::read(raw.get().as_bytes())?;
    let quantity = line.quantity.unwrap_or_default();
    let is_open = line.line_status.as_deref() != Some("bost_Close");
    // What is left open was not delivered yet; once the line is closed, the number says nothing about delivery.
    let shipped = match line.remaining_open_quantity.filter(|_| is_open) {
        Some(open) => Some(text(difference(quantity, open)?)?),
        None => None,
    };
    let percent = line.discount_percent.filter(|percent| *percent != Decimal::ZERO);
    let discount = text_of(percent)?;
    Ok(OrderLine {
        line: line.line_num.to_string(),
        product: filled(line.item_code),
        customer_sku: None,
        description: filled(line.item_description),
        quantity: Quantity::new(text(quantity)?, settings.unit_of(line.unit)),
        price_unit: None,
        price_per: None,
        unit_price: text_of(line.unit_price)?,
        price_override: false,
        discount: discount.map(|percent| Discount { percent: Some(percent), amount: None, reason: None }),
        tax: text_of(line.tax_total)?,
        total: text_of(line.line_total)?,
        warehouse: filled(line.warehouse_code),
        requested_date: line.ship_date.as_deref().map(day),
        status: Some(if is_open { OrderStatus::Accepted } else { OrderStatus::Closed }),
        shipped,
        backordered: None,
        cancelled: None,
        kit_parent: None,
        note: filled(line.free_text),
        custom: user_fields(raw),
    })
}

/// Key and number in the answer to a create.
pub(crate) fn created(set: Set, body: &[u8]) -> Option<Ids> {
    let numbers: Numbers = serde_json::from_slice(body).ok()?;
    Some(set.ids(numbers.doc_entry, numbers.doc_num))
}
