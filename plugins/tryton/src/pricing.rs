//! Prices: Tryton computes each for the customer's price list, unit, quantity, currency and day.

use std::collections::{BTreeMap, BTreeSet};

use apiconnect_sdk::prelude::*;

use crate::offer::{Circumstances, PriceList, Prices, Questions};
use crate::party::{self, Coded};
use crate::product::{self, Product, Products, convert};
use crate::rpc;
use crate::settings::Settings;
use crate::tables::{Tables, Unit};
use crate::terms::{self, Terms};
use crate::wire::{Day, text};

/// Quantities at which one product's price is asked for its breaks.
const BREAKS_MAX: usize = 12;

/// A buyer and the terms that Tryton gives them; none of both for an unknown one.
type Buyers<'a> = BTreeMap<Option<&'a str>, Result<(Option<i64>, Terms), Error>>;

/// The parties of the buyers; an unknown one is none.
type Parties<'a> = Vec<(Option<&'a str>, Result<Option<i64>, Error>)>;

/// A line that can be asked.
struct Asked<'a> {
    product: &'a Product,
    unit: &'a Unit,
    own: Circumstances,
}

/// One answer per line, in order. A line that cannot be asked costs no request.
pub(crate) fn query(settings: &Settings, lines: &[PriceRequest]) -> Result<Vec<LineResult<Price>>, Error> {
    let tables = Tables::get()?;
    let keys = product::keys(lines.iter().map(|line| line.product.as_str()));
    let (products, buyers) = who_and_what(&tables, settings, lines, &keys)?;
    let asked = lines.iter().map(|line| ask(&tables, settings, &products, &buyers, line));
    let asked: Vec<Result<Asked<'_>, Error>> = asked.collect();
    let used = asked.iter().flatten().filter_map(|asked| asked.own.price_list).collect();
    let lists = PriceList::read(&tables, &used)?;
    let mut questions = Questions::default();
    for (line, asked) in lines.iter().zip(&asked) {
        let Ok(asked) = asked else { continue };
        questions.add(asked.own.clone(), asked.product.id);
        questions.add(list_price(&asked.own), asked.product.id);
        for at in if line.want_breaks { breaks(&tables, &lists, asked) } else { BTreeSet::new() } {
            questions.add(Circumstances { quantity: at, ..asked.own.clone() }, asked.product.id);
        }
    }
    let prices = questions.ask(&tables);
    let answer = |(line, asked): (&PriceRequest, Result<Asked<'_>, Error>)| {
        price(&tables, settings, &lists, &prices, line, &asked?)
    };
    Ok(lines.iter().zip(asked).map(answer).collect())
}

/// The products and the buyers of the question, with their terms: one round of requests, then another.
fn who_and_what<'a>(
    tables: &Tables,
    settings: &Settings,
    lines: &'a [PriceRequest],
    keys: &[&str],
) -> Result<(Products, Buyers<'a>), Error> {
    let customers: BTreeSet<Option<&str>> = lines.iter().map(|line| line.customer.as_deref()).collect();
    let known: Vec<&str> = customers.iter().copied().flatten().collect();
    let requests = known.iter().map(|customer| party::request(tables, settings, customer));
    let requests: Vec<_> = std::iter::once(product::request(tables, settings, keys)).chain(requests).collect();
    let mut answers = http::send_all(requests).into_iter();
    let products = answers.next().ok_or_else(|| Error::internal("the host gave too few answers"))?;
    let products = Products::read(settings, products)?;
    let mut parties: Parties<'_> = Vec::new();
    for (customer, answer) in known.into_iter().zip(answers) {
        let rows: Result<Vec<Coded>, Error> = rpc::read(answer);
        parties.push((Some(customer), rows.and_then(|rows| party::found(&rows, customer)).map(Some)));
    }
    parties.extend(customers.contains(&None).then_some((None, Ok(None))));
    let asked = parties.iter().filter_map(|(_, party)| party.as_ref().ok());
    let asked: Vec<_> = asked.map(|party| terms::request(tables, *party, None)).collect();
    let mut answers = http::send_all(asked).into_iter();
    let mut next = |party: Result<Option<i64>, Error>| {
        let party = party?;
        let answer = answers.next().ok_or_else(|| Error::internal("the host gave too few answers"))?;
        Ok((party, terms::read(answer)?))
    };
    let buyers = parties.into_iter().map(|(customer, party)| (customer, next(party))).collect();
    Ok((products, buyers))
}

fn ask<'a>(
    tables: &'a Tables,
    settings: &Settings,
    products: &'a Products,
    buyers: &Buyers<'_>,
    line: &PriceRequest,
) -> Result<Asked<'a>, Error> {
    let product = products.sold(&line.product)?;
    let unit = product.unit(tables, settings, &line.quantity.unit)?;
    let quantity = Decimal::of(&line.quantity.value, "quantity.value")?.normalized();
    let date = line.date.as_deref().map(|date| Day::of(date, "date")).transpose()?;
    let buyer = buyers.get(&line.customer.as_deref());
    let (party, terms) =
        buyer.ok_or_else(|| Error::internal("a buyer was left out"))?.as_ref().map_err(Clone::clone)?;
    let currency = line.currency.as_deref().map(|code| tables.currency_id(code)).transpose()?.or(terms.currency);
    let own = Circumstances {
        price_list: terms.price_list,
        party: *party,
        unit: unit.id,
        quantity,
        currency,
        date: date.map(Day::text),
    };
    Ok(Asked { product, unit, own })
}

/// What everybody pays: without price list and customer, and whatever the quantity.
fn list_price(own: &Circumstances) -> Circumstances {
    Circumstances { price_list: None, party: None, quantity: Decimal::from(1), ..own.clone() }
}

/// Where the price may change, in the unit that was asked for. The first step is what one piece costs.
fn breaks(tables: &Tables, lists: &BTreeMap<i64, PriceList>, asked: &Asked<'_>) -> BTreeSet<Decimal> {
    let Some(list) = asked.own.price_list.and_then(|id| lists.get(&id)) else { return BTreeSet::new() };
    let counted = if list.unit.as_deref() == Some("product_sale") {
        asked.product.sales_unit(tables)
    } else {
        asked.product.stock_unit(tables)
    };
    let Some(counted) = counted else { return BTreeSet::new() };
    let steps = list.thresholds(asked.product.id);
    let steps =
        steps.into_iter().filter_map(|from| Some(round_up(convert(from, counted, asked.unit)?, asked.unit.digits)));
    let steps: BTreeSet<Decimal> = steps.collect();
    if steps.is_empty() {
        return steps;
    }
    std::iter::once(Decimal::from(1)).chain(steps).take(BREAKS_MAX).collect()
}

/// The least quantity with so many digits that is not below `quantity`: a box of a hundred cannot be broken.
fn round_up(quantity: Decimal, digits: u32) -> Decimal {
    let rounded = quantity.round(digits);
    if rounded >= quantity {
        return rounded.normalized();
    }
    let step = (0..digits).try_fold(Decimal::from(1), |step, _| step.divided_by(Decimal::from(10)));
    (rounded + step.unwrap_or_default()).normalized()
}

fn price(
    tables: &Tables,
    settings: &Settings,
    lists: &BTreeMap<i64, PriceList>,
    prices: &Prices,
    line: &PriceRequest,
    asked: &Asked<'_>,
) -> LineResult<Price> {
    let list = asked.own.price_list.and_then(|id| lists.get(&id));
    if list.is_some_and(|list| list.tax_included.0) {
        let text = "the customer's price list has prices with taxes, which Tryton takes off in an order only";
        return Err(Error::NotSupported(text.into()));
    }
    let Some(unit_price) = prices.of(&asked.own, asked.product.id)? else {
        return Err(Error::NotFound(format!("the price list has no price for `{}`", line.product)));
    };
    let currency = asked.own.currency.and_then(|id| tables.currency_code(id));
    let currency = currency.ok_or_else(|| Error::internal("the currency of the price is unknown"))?;
    let unit = settings.unit_of(&asked.unit.symbol);
    let listed = prices.of(&list_price(&asked.own), asked.product.id)?.map(text).transpose()?;
    let steps = if line.want_breaks { breaks(tables, lists, asked) } else { BTreeSet::new() };
    Ok(Price {
        list_price: listed,
        breaks: steps_of(prices, asked, &unit, steps)?,
        extended: Some(text(unit_price * asked.own.quantity)?),
        contract: list.and_then(|list| list.name.clone()),
        ..Price::new(&line.product, &unit, text(unit_price)?, currency)
    })
}

/// The steps at which the price really changes.
fn steps_of(
    prices: &Prices,
    asked: &Asked<'_>,
    unit: &str,
    steps: BTreeSet<Decimal>,
) -> Result<Vec<PriceBreak>, Error> {
    let mut last = None;
    let mut found = Vec::new();
    for at in steps {
        let circumstances = Circumstances { quantity: at, ..asked.own.clone() };
        let Some(price) = prices.of(&circumstances, asked.product.id)? else { continue };
        if last.replace(price) != Some(price) {
            found.push(PriceBreak {
                min_quantity: Quantity::new(text(at)?, unit),
                unit_price: Some(text(price)?),
                discount_percent: None,
                discount_amount: None,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_never_rounded_below_itself() {
        let up = |text: &str, digits| round_up(text.parse().unwrap(), digits).to_string();
        assert_eq!((up("2.5", 0), up("2.4", 0), up("3", 0)), ("3".into(), "3".into(), "3".into()));
        assert_eq!((up("2.341", 2), up("2.345", 2), up("2.34", 2)), ("2.35".into(), "2.35".into(), "2.34".into()));
    }
}
