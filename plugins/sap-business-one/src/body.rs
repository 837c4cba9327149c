//! An order of the contract as the body that the Service Layer takes.

use std::collections::BTreeMap;

use apiconnect_sdk::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::documents::Set;
use crate::settings::Settings;

/// Characters of `NumAtCard`.
const REFERENCE_MAX: usize = 100;
/// Characters of `Comments`.
const COMMENTS_MAX: usize = 254;
/// Characters of a line's `FreeText`.
const FREE_TEXT_MAX: usize = 100;

/// The tenant's own fields, whose names are known at run time only.
type UserFields<'a> = BTreeMap<&'a str, Box<RawValue>>;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Body<'a> {
    card_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_at_card: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_date: Option<&'a str>,
    doc_due_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_to_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transportation_code: Option<i64>,
    /// A pre-order is an order that is not confirmed: it is kept, but nothing is delivered from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    address_extension: BTreeMap<String, String>,
    document_lines: Vec<Line<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    document_additional_expenses: Vec<Expense>,
    #[serde(flatten)]
    user_fields: UserFields<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    item_code: &'a str,
    quantity: Decimal,
    #[serde(rename = "UoMEntry", skip_serializing_if = "Option::is_none")]
    unit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_percent: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_text: Option<String>,
    #[serde(flatten)]
    user_fields: UserFields<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Expense {
    expense_code: i64,
    line_total: Decimal,
}

/// The body for an order under the store's `reference`, or everything that is wrong with the order.
pub(crate) fn body<'a>(
    settings: &'a Settings,
    set: Set,
    order: &'a Order,
    reference: &'a str,
) -> Result<Body<'a>, Error> {
    check_reference(settings, reference)?;
    let mut user_fields = own_fields(&order.custom)?;
    let (mut number, mut comments) = (Some(reference), Vec::new());
    let purchase_order = order.customer_po.as_deref().filter(|po| !po.is_empty() && *po != reference);
    if settings.reference_field == "NumAtCard" {
        comments.extend(purchase_order.map(|po| format!("PO {po}")));
    } else {
        number = purchase_order;
        user_fields.insert(settings.reference_field.as_str(), json_text(reference)?);
    }
    comments.extend(order.notes.iter().map(|note| note.text.clone()));
    let lines = order.lines.iter().enumerate().map(|(at, line)| document_line(settings, order, at, line));
    Ok(Body {
        card_code: &order.customer,
        num_at_card: number,
        doc_date: order.order_date.as_deref(),
        doc_due_date: due_date(set, order),
        doc_currency: order.currency.as_deref().map(|iso| settings.own_currency(iso)),
        comments: cut(&comments.join("\n"), COMMENTS_MAX),
        ship_to_code: order.ship_to.as_deref(),
        transportation_code: order.carrier.as_deref().map(|carrier| settings.carrier_code(carrier)).transpose()?,
        confirmed: (order.kind == OrderKind::PreOrder).then_some("tNO"),
        address_extension: addresses(order),
        document_lines: all(lines)?,
        document_additional_expenses: expenses(settings, order)?,
        user_fields,
    })
}

pub(crate) fn check_reference(settings: &Settings, reference: &str) -> Result<(), Error> {
    if reference.is_empty() {
        return Err(Error::invalid("reference", "the document needs the store's own number, to be found again"));
    }
    if settings.reference_field == "NumAtCard" && reference.chars().count() > REFERENCE_MAX {
        return Err(Error::invalid("reference", format!("has more than the {REFERENCE_MAX} characters of NumAtCard")));
    }
    Ok(())
}

/// The system wants a day for every order; a quote's is the last day it holds. It must not lie before the order's own.
pub(crate) fn due_date(set: Set, order: &Order) -> String {
    let wanted = match set {
        Set::Orders => &order.requested_date,
        Set::Quotations => &order.expires,
    };
    let posted = order.order_date.clone().unwrap_or_else(apiconnect_sdk::clock::today);
    wanted.clone().filter(|wanted| *wanted >= posted).unwrap_or(posted)
}

fn document_line<'a>(
    settings: &'a Settings,
    order: &'a Order,
    at: usize,
    line: &'a OrderLine,
) -> Result<Line<'a>, Error> {
    let field = |name: &str| format!("lines[{at}].{name}");
    let Some(product) = line.product.as_deref() else {
        return Err(Error::invalid(field("product"), "a line without an item is not possible in this system"));
    };
    let amount =
        |text: &Option<String>, name: &str| text.as_deref().map(|text| Decimal::of(text, &field(name))).transpose();
    let (mut unit_price, mut discount_percent) = (None, None);
    if line.price_override {
        unit_price = amount(&line.unit_price, "unit_price")?;
        if let Some(discount) = &line.discount {
            if discount.amount.is_some() {
                return Err(Error::invalid(field("discount.amount"), "this system takes discounts in percent only"));
            }
            discount_percent = amount(&discount.percent, "discount.percent")?;
        }
    }
    let warehouse = line.warehouse.as_deref().or(order.warehouse.as_deref());
    Ok(Line {
        item_code: product,
        quantity: Decimal::of(&line.quantity.value, &field("quantity.value"))?,
        unit: settings.unit_entry(&line.quantity.unit)?,
        unit_price,
        discount_percent,
        warehouse_code: warehouse.or(settings.default_warehouse.as_deref()),
        ship_date: line.requested_date.as_deref(),
        free_text: line.note.as_deref().and_then(|note| cut(note, FREE_TEXT_MAX)),
        user_fields: own_fields(&line.custom)?,
    })
}

/// All lines, or all that is wrong with them: a person mends an order once, not line by line.
fn all<T>(lines: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let (mut good, mut problems, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        match line {
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
        Err(Error::invalid("lines", "a document needs at least one line"))
    } else {
        Ok(good)
    }
}

fn addresses(order: &Order) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (side, address) in [("ShipTo", &order.ship_address), ("BillTo", &order.bill_to)] {
        let Some(address) = address else { continue };
        let mut lines = address.lines.iter();
        let parts = [
            // The name has no field of its own; the building is what is printed next to the street.
            ("Building", address.name.clone()),
            ("Street", lines.next().cloned()),
            ("Block", Some(lines.cloned().collect::<Vec<_>>().join(", "))),
            ("City", address.city.clone()),
            ("ZipCode", address.postal_code.clone()),
            ("State", address.region.clone()),
            ("Country", address.country.clone()),
        ];
        let filled =
            parts.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
        fields.extend(filled.map(|(name, value)| (format!("{side}{name}"), value)));
    }
    fields
}

fn expenses(settings: &Settings, order: &Order) -> Result<Vec<Expense>, Error> {
    let amount = order.freight.as_ref().and_then(|freight| freight.amount.as_deref());
    let Some(amount) = amount.map(|amount| Decimal::of(amount, "freight.amount")).transpose()? else {
        return Ok(Vec::new());
    };
    match settings.freight_expense_code {
        _ if amount == Decimal::ZERO => Ok(Vec::new()),
        Some(expense_code) => Ok(vec![Expense { expense_code, line_total: amount }]),
        None => Err(Error::invalid("freight.amount", "needs the setting `freight_expense_code`")),
    }
}

/// Fields that start with `U_` are the tenant's own in this system too; others stay with the store.
fn own_fields(custom: &[CustomField]) -> Result<UserFields<'_>, Error> {
    let own = custom.iter().filter(|field| field.name.starts_with("U_"));
    own.map(|field| {
        let value = RawValue::from_string(field.value.clone());
        let value = value.map_err(|_| Error::invalid(format!("custom.{}", field.name), "is no JSON"))?;
        Ok((field.name.as_str(), value))
    })
    .collect()
}

fn json_text(text: &str) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(text).map_err(|error| Error::internal(error.to_string()))
}

fn cut(text: &str, max: usize) -> Option<String> {
    let text: String = text.chars().take(max).collect();
    (!text.is_empty()).then_some(text)
}
