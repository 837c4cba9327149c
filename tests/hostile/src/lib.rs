//! A connector that does harm on request, in every interface of the contract. The host must contain every kind.
//!
//! A live question's first product says which harm, as `deed` or `deed:argument`; a document's first product, a record's
//! id or a list's cursor say it elsewhere. What came of it is told in the price's contract.
//!
//! `compute`, `memory`, `flood`, `reach` and `theft` are the kinds; `exports` carries them into every function that the
//! contract has; `mark` is for harm in `describe`, which is asked without any input.

mod compute;
mod exports;
mod flood;
mod mark;
mod memory;
mod reach;
mod theft;

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page;

/// The connector.
pub struct Hostile;

/// What is done, and with what.
#[derive(Clone, Copy)]
struct Deed<'a> {
    name: &'a str,
    argument: &'a str,
}

impl<'a> Deed<'a> {
    fn of(text: &'a str) -> Self {
        let (name, argument) = text.split_once(':').unwrap_or((text, ""));
        Self { name, argument }
    }

    /// Does it. What it came to, as a text; nothing for what is no deed at all.
    fn carry_out(self, ctx: &Context) -> Result<Option<String>, Error> {
        match self.name {
            "panic" => compute::panic(),
            "error-long" => return Err(Error::Internal("e".repeat(8 << 20))),
            "error-many" => return Err(flood::problems()),
            _ => {}
        }
        let found = compute::deed(self).or_else(|| memory::deed(self)).or_else(|| flood::deed(self));
        found.or_else(|| reach::deed(self)).or_else(|| theft::deed(self, ctx)).transpose()
    }
}

impl Pricing for Hostile {
    fn query(ctx: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        let Some(first) = lines.first() else { return Ok(Vec::new()) };
        let deed = Deed::of(&first.product);
        let told = match deed.name {
            "short" => return Ok(Vec::new()),
            "decimal" => return Ok(lines.iter().map(|line| Ok(priced(line, "1e3"))).collect()),
            "huge-text" | "huge-list" | "deep" | "control" | "huge-native" => {
                return Ok(lines.iter().map(|line| Ok(flood::huge(deed.name, priced(line, "1.50")))).collect());
            }
            "line-error-long" => {
                return Ok(lines.iter().map(|_| Err(Error::Internal("e".repeat(8 << 20)))).collect());
            }
            "scan" => Some(memory::scan(&lines)),
            _ => deed.carry_out(ctx)?,
        };
        Ok(lines.iter().map(|line| Ok(Price { contract: told.clone(), ..priced(line, "1.50") })).collect())
    }

    fn list_agreements(ctx: &Context, page: PageRequest) -> Result<page::AgreementPage, Error> {
        exports::paged(ctx, &page).map(|end| page::AgreementPage { items: Vec::new(), end })
    }
}

fn priced(line: &PriceRequest, price: &str) -> Price {
    Price::new(&line.product, &line.quantity.unit, price, "USD")
}

apiconnect_sdk::export!(
    Hostile: pricing, inventory, customers, catalog, orders, order_batches, quotes, invoices, reference, feed, sink,
    inbound, payments, mapper
);
