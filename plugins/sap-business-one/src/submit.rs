//! Making, drawing and cancelling documents.

use apiconnect_sdk::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::body::{body, check_reference, due_date};
use crate::documents::{self, Set};
use crate::service;
use crate::settings::Settings;

/// Object type of a quotation, as the base of an order's line.
const QUOTATION: u32 = 23;

#[derive(Serialize)]
struct Preview<T> {
    #[serde(rename = "Document")]
    document: T,
}

/// An order drawn from a quotation: its lines name the lines they come from.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Drawn<'a> {
    card_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_at_card: Option<&'a str>,
    doc_due_date: &'a str,
    document_lines: Vec<DrawnLine>,
    #[serde(flatten)]
    reference: std::collections::BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DrawnLine {
    base_type: u32,
    base_entry: u64,
    base_line: i64,
}

/// Which set of documents holds a kind of order.
fn set_of(kind: &OrderKind) -> Result<Set, Error> {
    match kind {
        OrderKind::Order | OrderKind::PreOrder => Ok(Set::Orders),
        OrderKind::Quote => Ok(Set::Quotations),
        _ => Err(Error::NotSupported("orders, pre-orders and quotes can be made".into())),
    }
}

/// Prices and totals of an order that is not kept.
pub(crate) fn simulate(settings: &Settings, order: Order) -> Result<Order, Error> {
    // A cart has no number yet; the system does not look at it here.
    let reference = if order.reference.is_empty() { "simulation" } else { &order.reference };
    let document = body(settings, Set::Orders, &order, reference)?;
    let request = http::post("OrdersService_Preview").json(&Preview { document });
    let raw: Box<RawValue> = service::checked(request.send())?.json()?;
    let priced = apiconnect_sdk::json::read(raw.get().as_bytes())?;
    let mut priced = documents::order(settings, Set::Orders, priced, &raw)?;
    for (line, asked) in priced.lines.iter_mut().zip(&order.lines) {
        line.line.clone_from(&asked.line);
    }
    priced.ids = None;
    priced.reference.clone_from(&order.reference);
    Ok(priced)
}

/// Makes the document. A later attempt looks first whether an earlier one made it: nothing in the system keeps the
/// reference unique.
pub(crate) fn submit(settings: &Settings, write: &WriteContext, order: &Order) -> Result<Written, Error> {
    let set = set_of(&order.kind)?;
    let document = body(settings, set, order, &write.reference)?;
    if write.dry_run {
        let request = http::post("OrdersService_Preview").json(&Preview { document });
        return service::checked(request.send()).map(|_| Written::Pending("dry-run".into()));
    }
    create(settings, write, set, &order.customer, http::post(set.name()).json(&document))
}

fn create(
    settings: &Settings,
    write: &WriteContext,
    set: Set,
    customer: &str,
    request: http::Request,
) -> Result<Written, Error> {
    if write.attempt > 1 {
        let mut earlier = documents::find(settings, &[set], customer, &write.reference)?.into_iter();
        if let Some(ids) = earlier.next() {
            return Ok(Written::AlreadyThere(ids));
        }
    }
    let response = service::written(request.send())?;
    match documents::created(set, &response.body) {
        Some(ids) => Ok(Written::Created(ids)),
        // It was made, but under which number?
        None => Err(Error::OutcomeUnknown("the system took the document and answered without its number".into())),
    }
}

/// Makes an order from a quotation, with all of its lines as they are.
pub(crate) fn convert(
    settings: &Settings,
    write: &WriteContext,
    id: &str,
    changes: Option<&Order>,
) -> Result<Written, Error> {
    check_reference(settings, &write.reference)?;
    let (Set::Quotations, entry) = Set::of(id)? else {
        return Err(Error::NotFound(format!("`{id}` is no quote")));
    };
    if changes.is_some_and(|changes| !changes.lines.is_empty()) {
        return Err(Error::NotSupported("a quote becomes an order with all of its lines as they are".into()));
    }
    let (quote, _) = documents::one(Set::Quotations, entry)?;
    let lines = quote.document_lines.iter().map(|raw| {
        let line: documents::Line = apiconnect_sdk::json::read(raw.get().as_bytes())?;
        Ok(DrawnLine { base_type: QUOTATION, base_entry: entry, base_line: line.line_num })
    });
    let due = changes.map_or_else(apiconnect_sdk::clock::today, |changes| due_date(Set::Orders, changes));
    let in_number = settings.reference_field == "NumAtCard";
    let own = (!in_number).then_some((settings.reference_field.as_str(), write.reference.as_str()));
    let drawn = Drawn {
        card_code: &quote.card_code,
        num_at_card: in_number.then_some(&write.reference),
        doc_due_date: &due,
        document_lines: lines.collect::<Result<_, Error>>()?,
        reference: own.into_iter().collect(),
    };
    if write.dry_run {
        return Ok(Written::Pending("dry-run".into()));
    }
    create(settings, write, Set::Orders, &quote.card_code, http::post("Orders").json(&drawn))
}

/// Cancels a document. One that is cancelled already is refused by the system, and is what was wanted.
pub(crate) fn cancel(write: &WriteContext, id: &str) -> Result<Written, Error> {
    let (set, entry) = Set::of(id)?;
    let ids = set.ids(entry, None);
    if write.dry_run {
        return documents::one(set, entry).map(|_| Written::Pending("dry-run".into()));
    }
    match service::written(http::post(format!("{}({entry})/Cancel", set.name())).send()) {
        Ok(done) if done.body.is_empty() => Ok(Written::Created(ids)),
        // The system answers 204. A page with a success is somebody else's, such as a proxy's.
        Ok(_) => Err(Error::OutcomeUnknown("the answer to the cancellation is not the system's".into())),
        Err(Error::Invalid(problems)) => match documents::one(set, entry) {
            Ok((document, _)) if documents::is_cancelled(&document) => Ok(Written::AlreadyThere(ids)),
            _ => Err(Error::Invalid(problems)),
        },
        Err(error) => Err(error),
    }
}
