//! Asking prices: products that are asked for under the same circumstances share one request.

use std::collections::{BTreeMap, BTreeSet};

use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::rpc::{self, Search, call};
use crate::tables::{Context as Company, Tables};
use crate::wire::{Day, Flag, Number};

/// Everything a price depends on besides the product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Circumstances {
    /// None asks for the list price.
    pub(crate) price_list: Option<i64>,
    pub(crate) party: Option<i64>,
    pub(crate) unit: i64,
    pub(crate) quantity: Decimal,
    pub(crate) currency: Option<i64>,
    pub(crate) date: Option<String>,
}

/// The context in which Tryton computes `sale_price_uom`.
#[derive(Serialize)]
struct Asked<'a> {
    #[serde(flatten)]
    company: &'a Company,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_list: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<i64>,
    uom: i64,
    quantity: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_date: Option<Day>,
}

#[derive(Deserialize)]
struct Row {
    id: i64,
    sale_price_uom: Option<Number>,
}

/// Questions, each with the products it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Questions(BTreeMap<Circumstances, BTreeSet<i64>>);

impl Questions {
    pub(crate) fn add(&mut self, circumstances: Circumstances, product: i64) {
        self.0.entry(circumstances).or_default().insert(product);
    }

    /// Asks them all, side by side.
    pub(crate) fn ask(self, tables: &Tables) -> Prices {
        let requests = self.0.iter().map(|(circumstances, products)| request(tables, circumstances, products));
        let answers = http::send_all(requests.collect::<Vec<_>>());
        let rows = answers.into_iter().map(|answer| {
            let rows: Vec<Row> = rpc::checked(answer)?;
            Ok(rows.into_iter().map(|row| (row.id, row.sale_price_uom.map(|price| price.0))).collect())
        });
        Prices(self.0.into_keys().zip(rows).collect())
    }
}

fn request(tables: &Tables, asked: &Circumstances, products: &BTreeSet<i64>) -> http::Request {
    let context = Asked {
        company: &tables.context,
        price_list: asked.price_list,
        customer: asked.party,
        uom: asked.unit,
        quantity: asked.quantity,
        currency: asked.currency,
        sale_date: asked.date.as_deref().and_then(|date| Day::of(date, "date").ok()),
    };
    call("model.product.product.read", (products, ["sale_price_uom"], context))
}

/// What the answers said.
#[derive(Debug)]
pub(crate) struct Prices(BTreeMap<Circumstances, Result<BTreeMap<i64, Option<Decimal>>, Error>>);

impl Prices {
    /// The price of a product; none where no line of the price list fits.
    pub(crate) fn of(&self, circumstances: &Circumstances, product: i64) -> Result<Option<Decimal>, Error> {
        match self.0.get(circumstances) {
            Some(Ok(prices)) => Ok(prices.get(&product).copied().flatten()),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::internal("the host gave too few answers")),
        }
    }
}

/// A price list, as far as it says where prices change and what they contain.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PriceList {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) tax_included: Flag,
    /// `product_sale` counts in the sales unit, everything else in the product's own.
    pub(crate) unit: Option<String>,
    #[serde(rename = "lines.", default)]
    lines: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
struct Rule {
    product: Option<i64>,
    quantity: Option<Number>,
}

impl PriceList {
    /// The price lists with these ids.
    pub(crate) fn read(tables: &Tables, ids: &BTreeSet<i64>) -> Result<BTreeMap<i64, Self>, Error> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let search = Search {
            model: "product.price_list",
            domain: serde_json::json!([["id", "in", ids], ["active", "in", [true, false]]]),
            limit: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            newest_first: false,
            fields: &["name", "tax_included", "unit", "lines.product", "lines.quantity"],
        };
        let rows: Vec<Self> = rpc::search(&tables.context, &search)?;
        Ok(rows.into_iter().map(|list| (list.id, list)).collect())
    }

    /// The quantities at which the price of a product may change, in the list's unit. Rules for categories are among
    /// them: asking at one quantity more is cheaper than finding out whether the product belongs there.
    pub(crate) fn thresholds(&self, product: i64) -> BTreeSet<Decimal> {
        let fits = self.lines.iter().filter(|rule| rule.product.is_none_or(|own| own == product));
        fits.filter_map(|rule| rule.quantity).map(|quantity| quantity.0).filter(|from| *from > Decimal::ZERO).collect()
    }
}
