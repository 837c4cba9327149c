//! Which of the customer's addresses an order goes to, and which one its invoice goes to.
//!
//! A sale points to address records. An address that the store writes out is looked for among the customer's own; it
//! is added when the settings allow that. A repeat finds what an earlier attempt added.

use apiconnect_sdk::prelude::*;
use serde::Serialize;

use crate::party::{Coded, PartyAddress, with_id};
use crate::rpc::{self, Search, call};
use crate::settings::Settings;
use crate::tables::{Tables, unmapped};

/// An address of the order: a record, or what has to become one.
#[derive(Debug)]
pub(crate) enum Place<'a> {
    /// Whatever Tryton chooses for the customer.
    Usual,
    Known(i64),
    New(&'a Address),
}

#[derive(Serialize)]
struct NewAddress<'a> {
    party: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    party_name: Option<&'a str>,
    street: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subdivision: Option<i64>,
    // It serves this order; what the customer usually has stays as it is.
    delivery: bool,
    invoice: bool,
}

/// Where an order is delivered to.
pub(crate) fn ship_to<'a>(settings: &Settings, own: &[PartyAddress], order: &'a Order) -> Result<Place<'a>, Error> {
    match (&order.ship_to, &order.ship_address) {
        (Some(id), _) => match with_id(own, id) {
            Some(address) => Ok(Place::Known(address.id)),
            None => Err(Error::invalid("ship_to", format!("`{id}` is none of the customer's addresses"))),
        },
        (None, Some(address)) => place(settings, own, address, "ship_address"),
        (None, None) => Ok(Place::Usual),
    }
}

/// Where its invoice is sent to.
pub(crate) fn bill_to<'a>(settings: &Settings, own: &[PartyAddress], order: &'a Order) -> Result<Place<'a>, Error> {
    order.bill_to.as_ref().map_or(Ok(Place::Usual), |address| place(settings, own, address, "bill_to"))
}

fn place<'a>(settings: &Settings, own: &[PartyAddress], address: &'a Address, field: &str) -> Result<Place<'a>, Error> {
    if let Some(same) = own.iter().find(|own| own.is_same(address)) {
        return Ok(Place::Known(same.id));
    }
    if settings.create_addresses {
        return Ok(Place::New(address));
    }
    let text = "is none of the customer's addresses; add it in Tryton, or set `create_addresses`";
    Err(Error::invalid(field, text))
}

impl Place<'_> {
    /// The record; a new one is made.
    pub(crate) fn record(&self, tables: &Tables, party: i64, usual: Option<i64>) -> Result<Option<i64>, Error> {
        match self {
            Self::Usual => Ok(usual),
            Self::Known(id) => Ok(Some(*id)),
            Self::New(address) => create(tables, party, address).map(Some),
        }
    }

    /// The record as far as there is one.
    pub(crate) fn known(&self, usual: Option<i64>) -> Option<i64> {
        if let Self::Known(id) = self { Some(*id) } else { usual }
    }
}

fn create(tables: &Tables, party: i64, address: &Address) -> Result<i64, Error> {
    let country = address.country.as_deref().filter(|code| !code.is_empty());
    let region = address.region.as_deref().filter(|code| !code.is_empty());
    let subdivision = match (country, region) {
        (Some(country), Some(region)) => coded(tables, "country.subdivision", &format!("{country}-{region}"))?,
        _ => None,
    };
    let country = match country {
        Some(code) => {
            let known = coded(tables, "country.country", code)?;
            Some(known.ok_or_else(|| unmapped("country", code))?)
        }
        None => None,
    };
    let new = NewAddress {
        party,
        party_name: address.name.as_deref(),
        street: address.lines.join("\n"),
        city: address.city.as_deref(),
        postal_code: address.postal_code.as_deref(),
        country,
        subdivision,
        delivery: false,
        invoice: false,
    };
    let made: Vec<i64> = rpc::written(call("model.party.address.create", ([new], &tables.context)).send())?;
    made.into_iter().next().ok_or_else(|| Error::OutcomeUnknown("the server made an address without an id".into()))
}

fn coded(tables: &Tables, model: &str, code: &str) -> Result<Option<i64>, Error> {
    let domain = serde_json::json!([["code", "=", code]]);
    let search = Search { model, domain, limit: 1, newest_first: false, fields: &["code"] };
    let rows: Vec<Coded> = rpc::search(&tables.context, &search)?;
    Ok(rows.first().map(|row| row.id))
}
