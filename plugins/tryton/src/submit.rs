//! Making sales, and taking them through their states.
//!
//! A sale is made with all of its lines in one call, which is one transaction; the steps behind it are calls of their
//! own. So a sale may exist whose steps are not done when an answer was lost. Every submit therefore looks for the
//! reference first, and takes what it finds through the steps that are left: a repeat is harmless and completes.

use apiconnect_sdk::prelude::*;
use serde_json::value::RawValue;

use crate::delivery::{Place, bill_to, ship_to};
use crate::draft::{self, NewLine, Wanted};
use crate::party::{self, Coded, PartyAddress};
use crate::product::{self, Products};
use crate::rpc::{self, call};
use crate::sale::{self, Head};
use crate::settings::{Settings, Stage};
use crate::tables::Tables;
use crate::terms::{self, Entered};

/// Everything about an order that has to be asked before it can be made.
struct Known {
    party: i64,
    addresses: Vec<PartyAddress>,
    products: Products,
    /// Sales that have the order's reference already.
    made: Vec<Head>,
}

/// An order that Tryton has priced.
struct Priced<'a> {
    sale: terms::Sale,
    ship_to: Place<'a>,
    bill_to: Place<'a>,
    lines: Vec<(NewLine, Entered)>,
}

/// How far a document goes.
fn target(settings: &Settings, kind: &OrderKind) -> Result<Stage, Error> {
    match kind {
        OrderKind::Order => Ok(settings.order_state),
        OrderKind::Quote => Ok(Stage::Quotation),
        OrderKind::PreOrder => Err(Error::NotSupported(
            "Tryton has no pre-orders; send an order with the day it shall ship, or a quote".into(),
        )),
        _ => Err(Error::NotSupported("orders and quotes can be made".into())),
    }
}

/// Makes the document, or completes what an earlier attempt made.
pub(crate) fn submit(settings: &Settings, write: &WriteContext, order: &Order) -> Result<Written, Error> {
    let target = target(settings, &order.kind)?;
    draft::check_reference(&write.reference)?;
    let lines = with_freight(settings, order)?;
    let tables = Tables::get().map_err(unsent)?;
    let known = know(&tables, settings, order, &lines, Some(&write.reference)).map_err(unsent)?;
    if let Some(made) = known.made.iter().find(|head| head.stage().is_some()).or(known.made.first()) {
        return complete(&tables, write, made, target);
    }
    let wanted = draft::wanted(&tables, settings, &known.products, &lines)?;
    let priced = price(&tables, settings, order, &known, &wanted).map_err(unsent)?;
    if write.dry_run {
        return Ok(Written::Pending("dry-run".into()));
    }
    let made = create(&tables, write, order, &known, priced)?;
    match advance(&tables, made, Stage::Draft, target) {
        Ok(()) => {}
        // The system said no, and a "no" must leave nothing behind that somebody could ship later.
        Err(Error::Invalid(problems)) => return Err(taken_back(&tables, made, problems)),
        Err(error) => return Err(unfinished(made, &error)),
    }
    Ok(Written::Created(numbered(&tables, made)))
}

/// Takes a sale that is there through the steps that are left.
fn complete(tables: &Tables, write: &WriteContext, made: &Head, target: Stage) -> Result<Written, Error> {
    // A cancelled sale was made from the document too; nobody asked to make it again.
    let (Some(stage), false) = (made.stage(), write.dry_run) else { return Ok(Written::AlreadyThere(made.ids())) };
    if stage >= target {
        return Ok(Written::AlreadyThere(made.ids()));
    }
    match advance(tables, made.id, stage, target) {
        Ok(()) => Ok(Written::AlreadyThere(numbered(tables, made.id))),
        Err(error @ Error::Invalid(_)) => Err(error),
        Err(error) => Err(unfinished(made.id, &error)),
    }
}

/// Nothing was changed by what failed here: it only asked. A fault of the server is tried again a few times.
fn unsent(error: Error) -> Error {
    match error {
        Error::Internal(text) => Error::NotSent(text),
        Error::OutcomeUnknown(text) => Error::Unavailable(text),
        Error::NotFound(text) => Error::invalid("customer", text),
        other => other,
    }
}

fn unfinished(id: i64, error: &Error) -> Error {
    Error::OutcomeUnknown(format!("sale {id} was made, its next step was not: {error:?}"))
}

/// The order's lines, and one more for its freight.
fn with_freight(settings: &Settings, order: &Order) -> Result<Vec<OrderLine>, Error> {
    let mut lines = order.lines.clone();
    let Some(amount) = order.freight.as_ref().and_then(|freight| freight.amount.as_deref()) else { return Ok(lines) };
    if Decimal::of(amount, "freight.amount")? == Decimal::ZERO {
        return Ok(lines);
    }
    let Some(product) = settings.freight_product.clone() else {
        return Err(Error::invalid("freight.amount", "needs the setting `freight_product`"));
    };
    let Some(first) = lines.first() else { return Ok(lines) };
    lines.push(OrderLine {
        line: "freight".into(),
        product: Some(product),
        description: None,
        quantity: Quantity::new("1", ""),
        unit_price: Some(amount.to_owned()),
        price_override: true,
        discount: None,
        note: None,
        requested_date: None,
        warehouse: None,
        ..first.clone()
    });
    Ok(lines)
}

/// Customer, addresses, products and earlier sales, all asked side by side.
fn know(
    tables: &Tables,
    settings: &Settings,
    order: &Order,
    lines: &[OrderLine],
    reference: Option<&str>,
) -> Result<Known, Error> {
    let keys = product::keys(lines.iter().filter_map(|line| line.product.as_deref()));
    let mut requests = vec![
        party::request(tables, settings, &order.customer),
        party::addresses(tables, settings, &order.customer),
        product::request(tables, settings, &keys),
    ];
    requests.extend(reference.map(|own| sale::with_reference(tables, settings, &order.customer, own)));
    let mut answers = http::send_all(requests).into_iter();
    let mut next = || answers.next().ok_or_else(|| Error::internal("the host gave too few answers"));
    let party = party::found(&rpc::read::<Vec<Coded>>(next()?)?, &order.customer)?;
    let addresses = rpc::read(next()?)?;
    let products = Products::read(settings, next()?)?;
    let made = if reference.is_some() { rpc::read(next()?)? } else { Vec::new() };
    Ok(Known { party, addresses, products, made })
}

/// Lets Tryton enter the lines: prices, taxes and terms are its own.
fn price<'a>(
    tables: &Tables,
    settings: &Settings,
    order: &'a Order,
    known: &Known,
    wanted: &[Wanted<'_>],
) -> Result<Priced<'a>, Error> {
    let warehouse = warehouse(tables, settings, order)?;
    let ship_to = ship_to(settings, &known.addresses, order)?;
    let bill_to = bill_to(settings, &known.addresses, order)?;
    let date = order.order_date.as_deref().map(|day| crate::wire::Day::of(day, "order_date")).transpose()?;
    let mut terms = terms::read(terms::request(tables, Some(known.party), warehouse).send())?;
    if let Some(code) = &order.currency {
        terms.currency = Some(tables.currency_id(code)?);
    }
    terms.shipment_address = ship_to.known(terms.shipment_address);
    terms.invoice_address = bill_to.known(terms.invoice_address);
    let sale = terms::Sale { party: known.party, terms, warehouse, date };
    let answers = http::send_all(wanted.iter().map(|line| line.request(tables, &sale)));
    let lines = wanted.iter().zip(answers).map(|(line, answer)| line.entered(answer));
    Ok(Priced { lines: lines.collect::<Result<_, _>>()?, sale, ship_to, bill_to })
}

/// A sale ships from one warehouse: the order's, the one its lines agree on, the connection's, or the only one.
fn warehouse(tables: &Tables, settings: &Settings, order: &Order) -> Result<Option<i64>, Error> {
    let mut wanted = order.warehouse.as_deref();
    for (at, line) in order.lines.iter().enumerate() {
        let Some(own) = line.warehouse.as_deref() else { continue };
        if *wanted.get_or_insert(own) != own {
            let text = "a sale ships from one warehouse; split the order";
            return Err(Error::invalid(draft::field(at, "warehouse"), text));
        }
    }
    match (wanted.or(settings.default_warehouse.as_deref()), tables.warehouses.as_slice()) {
        (Some(key), _) => tables.warehouse(key).map(|place| Some(place.id)),
        (None, [only]) => Ok(Some(only.id)),
        (None, []) => Ok(None),
        (None, _) => Err(Error::invalid("warehouse", "there are several; name one, or set `default_warehouse`")),
    }
}

/// The one call that makes the sale with all of its lines.
fn create(
    tables: &Tables,
    write: &WriteContext,
    order: &Order,
    known: &Known,
    priced: Priced<'_>,
) -> Result<i64, Error> {
    let Priced { mut sale, ship_to, bill_to, lines } = priced;
    sale.terms.shipment_address = ship_to.record(tables, known.party, sale.terms.shipment_address)?;
    sale.terms.invoice_address = bill_to.record(tables, known.party, sale.terms.invoice_address)?;
    let lines = lines.into_iter().map(|(line, _)| line).collect();
    let values = draft::sale(tables, order, &write.reference, sale, lines)?;
    let made: Vec<i64> = rpc::written(call("model.sale.sale.create", ([values], &tables.context)).send())?;
    made.into_iter().next().ok_or_else(|| Error::OutcomeUnknown("the server made the sale without its id".into()))
}

/// The steps from one state to another. Tryton refuses a step that is done already, so none is asked for twice.
fn advance(tables: &Tables, id: i64, from: Stage, to: Stage) -> Result<(), Error> {
    for (stage, step) in [(Stage::Quotation, "quote"), (Stage::Confirmed, "confirm")] {
        if from < stage && stage <= to {
            press(tables, id, step)?;
        }
    }
    Ok(())
}

/// One button of a sale.
fn press(tables: &Tables, id: i64, button: &str) -> Result<(), Error> {
    let method = format!("model.sale.sale.{button}");
    let _: Option<Box<RawValue>> = rpc::written(call(&method, ([id], &tables.context)).send())?;
    Ok(())
}

/// Removes a sale whose steps were refused; the problems, with what became of it.
fn taken_back(tables: &Tables, id: i64, mut problems: Vec<FieldProblem>) -> Error {
    let removed = (|| {
        if sale::head(tables, id)?.stage() == Some(Stage::Quotation) {
            press(tables, id, "draft")?;
        }
        press(tables, id, "delete")
    })();
    if removed.is_err() {
        let problem = format!("sale {id} stays in Tryton as it is: finish it there and retry, or delete it");
        problems.push(FieldProblem { field: String::new(), problem });
    }
    Error::Invalid(problems)
}

/// The sale's ids with its number. The sale is there, whether its number can be read now or not.
fn numbered(tables: &Tables, id: i64) -> Ids {
    match sale::head(tables, id) {
        Ok(head) => head.ids(),
        Err(_) => Ids::new(id.to_string(), None),
    }
}

/// Makes an order of a quote by confirming it: it stays the same sale.
pub(crate) fn convert(write: &WriteContext, id: &str, changes: Option<&Order>) -> Result<Written, Error> {
    if changes.is_some_and(|changes| !changes.lines.is_empty()) {
        return Err(Error::NotSupported("a quote becomes an order with all of its lines as they are".into()));
    }
    let tables = Tables::get()?;
    let head = sale::head(&tables, sale::record(id)?)?;
    match head.stage() {
        Some(Stage::Confirmed) => Ok(Written::AlreadyThere(head.ids())),
        Some(Stage::Quotation) if write.dry_run => Ok(Written::Pending("dry-run".into())),
        Some(Stage::Quotation) => press(&tables, head.id, "confirm").map(|()| Written::Created(head.ids())),
        Some(Stage::Draft) => Err(Error::invalid("id", "the sale is a draft; it has to be quoted first")),
        None => Err(Error::invalid("id", "the quote is cancelled")),
    }
}

/// Cancels a sale. Once Tryton processes it, its shipments and invoices have to be cancelled there.
pub(crate) fn cancel(write: &WriteContext, id: &str) -> Result<Written, Error> {
    let tables = Tables::get()?;
    let head = sale::head(&tables, sale::record(id)?)?;
    let steps: &[&str] = match head.state.as_str() {
        "cancelled" => return Ok(Written::AlreadyThere(head.ids())),
        "draft" | "quotation" => &["cancel"],
        "confirmed" => &["draft", "cancel"],
        state => {
            let text = format!("the sale is {state}: cancel its shipments and invoices in Tryton");
            return Err(Error::invalid("id", text));
        }
    };
    if write.dry_run {
        return Ok(Written::Pending("dry-run".into()));
    }
    steps.iter().try_for_each(|step| press(&tables, head.id, step))?;
    Ok(Written::Created(head.ids()))
}

/// Prices, taxes and totals of an order that is not kept.
pub(crate) fn simulate(settings: &Settings, order: &Order) -> Result<Order, Error> {
    target(settings, &order.kind)?;
    let lines = with_freight(settings, order)?;
    let tables = Tables::get()?;
    let known = know(&tables, settings, order, &lines, None)?;
    let wanted = draft::wanted(&tables, settings, &known.products, &lines)?;
    // A cart may have an address that is not there yet; the customer's usual one stands in for it.
    let lenient = Settings { create_addresses: true, ..settings.clone() };
    let priced = price(&tables, &lenient, order, &known, &wanted)?;
    let totals = crate::totals::of(&tables, &priced.sale, &priced.lines)?;
    let currency = priced.sale.terms.currency.and_then(|id| tables.currency_code(id)).map(str::to_owned);
    let mut answer = order.clone();
    for (line, ((new, entered), wanted)) in answer.lines.iter_mut().zip(priced.lines.iter().zip(&wanted)) {
        line.unit_price = Some(crate::wire::text(new.unit_price())?);
        line.total = Some(crate::wire::text(crate::totals::amount(&tables, &priced.sale, new, entered))?);
        if let Some(unit) = wanted.unit() {
            line.quantity.unit = settings.unit_of(&unit.symbol);
        }
    }
    answer.totals = Some(totals);
    answer.currency = currency.or(answer.currency);
    Ok(answer)
}
