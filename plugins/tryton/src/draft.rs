//! An order of the contract as the values of a new sale.

use apiconnect_sdk::http::{Failure, Response};
use apiconnect_sdk::prelude::*;
use serde::Serialize;

use crate::product::{Product, Products};
use crate::rpc;
use crate::sale::PURCHASE_ORDER;
use crate::settings::Settings;
use crate::tables::{Tables, Unit};
use crate::terms::{self, Entered, Terms};
use crate::wire::{Day, Exact};

/// Lines of one order: each is entered by one request, and a call may make some hundred.
pub(crate) const LINES_MAX: usize = 400;
/// Characters of a sale's reference.
const REFERENCE_MAX: usize = 255;

/// A new sale with its lines: one call, one transaction.
#[derive(Serialize)]
pub(crate) struct NewSale<'a> {
    company: i64,
    party: i64,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_date: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_date: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<i64>,
    #[serde(flatten)]
    terms: Terms,
    lines: [(&'static str, Vec<NewLine>); 1],
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewLine {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    pub(crate) quantity: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<i64>,
    unit_price: Exact,
    taxes: [(&'static str, Vec<i64>); 1],
}

impl NewLine {
    pub(crate) fn unit_price(&self) -> Decimal {
        self.unit_price.0
    }

    pub(crate) fn taxes(&self) -> &[i64] {
        let [(_, taxes)] = &self.taxes;
        taxes
    }
}

/// A line whose product and unit are known.
pub(crate) struct Wanted<'a> {
    at: usize,
    pub(crate) line: &'a OrderLine,
    product: Option<&'a Product>,
    unit: Option<&'a Unit>,
    quantity: Decimal,
    own_price: Option<Decimal>,
}

/// The name of a line's field, for a person who mends the order.
pub(crate) fn field(at: usize, name: &str) -> String {
    format!("lines[{at}].{name}")
}

/// The order's lines, and the one that carries its freight; or everything that is wrong with them, since a person
/// mends an order once and not line by line.
pub(crate) fn wanted<'a>(
    tables: &'a Tables,
    settings: &Settings,
    products: &'a Products,
    lines: &'a [OrderLine],
) -> Result<Vec<Wanted<'a>>, Error> {
    if lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("a sale may have {LINES_MAX} lines through this connector")));
    }
    let (mut good, mut problems, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for (at, line) in lines.iter().enumerate() {
        match wanted_line(tables, settings, products, at, line) {
            Ok(line) => good.push(line),
            Err(Error::Invalid(more)) => problems.extend(more),
            Err(Error::NeedsMapping(more)) => missing.extend(more),
            Err(other) => return Err(other),
        }
    }
    if !problems.is_empty() {
        Err(Error::Invalid(problems))
    } else if !missing.is_empty() {
        Err(Error::NeedsMapping(missing))
    } else if good.is_empty() {
        Err(Error::invalid("lines", "a sale needs at least one line"))
    } else {
        Ok(good)
    }
}

fn wanted_line<'a>(
    tables: &'a Tables,
    settings: &Settings,
    products: &'a Products,
    at: usize,
    line: &'a OrderLine,
) -> Result<Wanted<'a>, Error> {
    if line.discount.is_some() {
        let text = "a sale's line has no discount; send the price with the discount taken off";
        return Err(Error::invalid(field(at, "discount"), text));
    }
    let quantity = Decimal::of(&line.quantity.value, &field(at, "quantity.value"))?;
    let price = line.unit_price.as_deref().filter(|_| line.price_override);
    let own_price = price.map(|price| Decimal::of(price, &field(at, "unit_price"))).transpose()?;
    let Some(key) = line.product.as_deref() else {
        let text = line.description.as_deref().filter(|text| !text.trim().is_empty());
        if text.is_none() || own_price.is_none() {
            let text = "a line without a product needs a description and a unit_price with price_override";
            return Err(Error::invalid(field(at, "product"), text));
        }
        return Ok(Wanted { at, line, product: None, unit: None, quantity, own_price });
    };
    let product = products.sold(key).map_err(|error| at_line(error, at))?;
    let unit = product.unit(tables, settings, &line.quantity.unit).map_err(|error| at_line(error, at))?;
    Ok(Wanted { at, line, product: Some(product), unit: Some(unit), quantity, own_price })
}

/// The same problem, in its line of the order. A product that is not there is a problem of the order too.
fn at_line(error: Error, at: usize) -> Error {
    match error {
        Error::NotFound(text) => Error::invalid(field(at, "product"), text),
        Error::Invalid(problems) => {
            let moved = problems.into_iter();
            let moved = moved.map(|problem| FieldProblem { field: field(at, &problem.field), ..problem });
            Error::Invalid(moved.collect())
        }
        other => other,
    }
}

impl Wanted<'_> {
    /// The unit that the line is counted in.
    pub(crate) fn unit(&self) -> Option<&Unit> {
        self.unit
    }

    pub(crate) fn request(&self, tables: &Tables, sale: &terms::Sale) -> http::Request {
        let product = self.product.map(|product| product.id);
        terms::line(tables, sale, product, self.quantity, self.unit.map(|unit| unit.id))
    }

    /// The line with the price and the taxes that Tryton entered, unless the store overrides the price.
    pub(crate) fn entered(&self, answer: Result<Response, Failure>) -> Result<(NewLine, Entered), Error> {
        let entered: Entered = rpc::checked(answer).map_err(|error| match error {
            Error::Invalid(problems) => at_line(Error::Invalid(problems), self.at),
            other => other,
        })?;
        let unit = self.unit.map(|unit| unit.id);
        if unit.is_some() && entered.unit != unit {
            return Err(Error::invalid(field(self.at, "quantity.unit"), "the product is not sold in this unit"));
        }
        let own = self.own_price.or(entered.unit_price.map(|price| price.0));
        let Some(unit_price) = own else {
            return Err(Error::invalid(field(self.at, "unit_price"), "the customer's price list has no price for it"));
        };
        let line = NewLine {
            r#type: "line",
            product: self.product.map(|product| product.id),
            description: self.line.description.clone(),
            note: self.line.note.clone(),
            quantity: self.quantity,
            unit,
            unit_price: Exact(unit_price),
            taxes: [("add", entered.taxes()?)],
        };
        Ok((line, entered))
    }
}

/// The values of the new sale.
pub(crate) fn sale<'a>(
    tables: &Tables,
    order: &'a Order,
    reference: &'a str,
    sale: terms::Sale,
    lines: Vec<NewLine>,
) -> Result<NewSale<'a>, Error> {
    let shipping_date = requested(order)?;
    let purchase_order = order.customer_po.as_deref().filter(|po| !po.is_empty() && *po != reference);
    Ok(NewSale {
        company: tables.company(),
        party: sale.party,
        reference,
        description: purchase_order.map(|po| format!("{PURCHASE_ORDER}{po}")),
        comment: comment(order),
        sale_date: sale.date,
        shipping_date,
        warehouse: sale.warehouse,
        terms: sale.terms,
        lines: [("create", lines)],
    })
}

pub(crate) fn check_reference(reference: &str) -> Result<(), Error> {
    if reference.trim().is_empty() {
        return Err(Error::invalid("reference", "the document needs the store's own number, to be found again"));
    }
    // Tryton strips what it stores, and would then not find what it was asked for.
    if reference.trim() != reference {
        return Err(Error::invalid("reference", "begins or ends with a blank, which Tryton does not keep"));
    }
    if reference.chars().count() > REFERENCE_MAX {
        return Err(Error::invalid("reference", format!("has more than {REFERENCE_MAX} characters")));
    }
    Ok(())
}

/// A sale ships as a whole: the day its lines agree on. One that is past already is left to Tryton.
fn requested(order: &Order) -> Result<Option<Day>, Error> {
    let mut wanted = order.requested_date.as_deref();
    for (at, line) in order.lines.iter().enumerate() {
        match (wanted, line.requested_date.as_deref()) {
            (_, None) => {}
            (None, Some(day)) => wanted = Some(day),
            (Some(day), Some(other)) if day == other => {}
            _ => {
                let text = "a sale has one day for all of its lines; split the order";
                return Err(Error::invalid(field(at, "requested_date"), text));
            }
        }
    }
    let first = order.order_date.clone().unwrap_or_else(apiconnect_sdk::clock::today);
    wanted.filter(|day| **day >= *first).map(|day| Day::of(day, "requested_date")).transpose()
}

/// What a person has to know and the sale has no field for.
fn comment(order: &Order) -> Option<String> {
    let mut lines: Vec<String> = order.notes.iter().map(|note| note.text.clone()).collect();
    let carrier = [order.carrier.as_deref(), order.ship_service.as_deref()];
    let carrier: Vec<&str> = carrier.into_iter().flatten().collect();
    if !carrier.is_empty() {
        lines.push(format!("Carrier: {}", carrier.join(", ")));
    }
    lines.extend(order.placed_by.as_deref().map(|who| format!("Placed by: {who}")));
    (!lines.is_empty()).then(|| lines.join("\n"))
}
