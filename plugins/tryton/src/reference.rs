//! The small lists that other records point to.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{Term, TermPage, Unit, UnitPage, Warehouse, WarehousePage};
use serde::Deserialize;

use crate::page;
use crate::rpc::{self, Search};
use crate::settings::Settings;
use crate::tables::Tables;

/// Warehouses with the codes that orders and stock questions take.
pub(crate) fn warehouses(page: &PageRequest) -> Result<WarehousePage, Error> {
    let (rows, end) = page::part(Tables::get()?.warehouses, page, |place| place.id)?;
    let items = rows.into_iter().map(|place| Warehouse {
        code: place.key(),
        name: place.name,
        address: None,
        pickup: false,
        region: None,
    });
    Ok(WarehousePage { items: items.collect(), end })
}

/// Units by what the store calls them.
pub(crate) fn units(settings: &Settings, page: &PageRequest) -> Result<UnitPage, Error> {
    let (rows, end) = page::part(Tables::get()?.units, page, |unit| unit.id)?;
    let items = rows.into_iter().map(|unit| Unit { code: settings.unit_of(&unit.symbol), name: unit.name });
    Ok(UnitPage { items: items.collect(), end })
}

#[derive(Deserialize)]
struct PaymentTerm {
    id: i64,
    name: String,
}

/// Terms of payment; a party points to one by its id.
pub(crate) fn terms(page: &PageRequest) -> Result<TermPage, Error> {
    let tables = Tables::get()?;
    let domain = page::after(page, false)?.into();
    let limit = page::limit(page) + 1;
    let search =
        Search { model: "account.invoice.payment_term", domain, limit, newest_first: false, fields: &["name"] };
    let rows: Vec<PaymentTerm> = rpc::search(&tables.context, &search)?;
    let (rows, end) = page::cut(rows, page, |term| term.id);
    let items = rows.into_iter().map(|term| Term { code: term.id.to_string(), text: term.name, days: None });
    Ok(TermPage { items: items.collect(), end })
}
