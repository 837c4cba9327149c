//! Totals of a sale that is not kept, as Tryton adds them up.

use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::draft::NewLine;
use crate::rpc::{self, call};
use crate::tables::Tables;
use crate::terms::{self, Entered};
use crate::wire::{Exact, Number, text, text_of};

#[derive(Serialize)]
struct Cart<'a> {
    company: i64,
    party: i64,
    currency: Option<i64>,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    quantity: Decimal,
    unit_price: Exact,
    amount: Exact,
    taxes: &'a [i64],
}

#[derive(Deserialize)]
struct Sum {
    untaxed_amount: Option<Number>,
    tax_amount: Option<Number>,
    total_amount: Number,
}

/// What the lines come to, with the taxes rounded the way the company rounds them.
pub(crate) fn of(tables: &Tables, sale: &terms::Sale, lines: &[(NewLine, Entered)]) -> Result<Totals, Error> {
    let lines = lines.iter().map(|(line, entered)| Line {
        r#type: "line",
        quantity: line.quantity,
        unit_price: Exact(line.unit_price()),
        amount: Exact(amount(tables, sale, line, entered)),
        taxes: line.taxes(),
    });
    let cart =
        Cart { company: tables.company(), party: sale.party, currency: sale.terms.currency, lines: lines.collect() };
    let sum: Sum = rpc::checked(call("model.sale.sale.on_change", (cart, ["lines"], &tables.context)).send())?;
    Ok(Totals {
        subtotal: text_of(sum.untaxed_amount)?,
        discount: None,
        tax: text_of(sum.tax_amount)?,
        freight: None,
        other: None,
        total: text(sum.total_amount.0)?,
    })
}

/// What a line comes to: as Tryton says, or by the store's own price where that counts.
pub(crate) fn amount(tables: &Tables, sale: &terms::Sale, line: &NewLine, entered: &Entered) -> Decimal {
    let own = entered.unit_price.map(|price| price.0) == Some(line.unit_price());
    let said = entered.amount.filter(|_| own).map(|amount| amount.0);
    said.unwrap_or_else(|| tables.rounded(line.unit_price() * line.quantity, sale.terms.currency))
}
