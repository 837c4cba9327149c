//! Parties and their addresses, as the rest of the connector reads them.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;

use crate::rpc::{self, Search};
use crate::settings::{Settings, record_id};
use crate::tables::Tables;
use crate::wire::{Flag, filled};

/// More addresses than a customer has; the server takes at most a thousand rows a call.
pub(crate) const ADDRESSES_MAX: u32 = 1_000;
/// Street lines that the contract has.
const LINES_MAX: usize = 5;

const ADDRESS: [&str; 10] = [
    "party_name",
    "street",
    "postal_code",
    "city",
    "country.code",
    "subdivision.code",
    "invoice",
    "delivery",
    "active",
    "sequence",
];

/// A record with a code.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Coded {
    pub(crate) id: i64,
    pub(crate) code: Option<String>,
}

/// An address of a party. Its id is its record's.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PartyAddress {
    pub(crate) id: i64,
    party_name: Option<String>,
    street: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    #[serde(rename = "country.")]
    country: Option<Coded>,
    #[serde(rename = "subdivision.")]
    subdivision: Option<Coded>,
    #[serde(default)]
    pub(crate) invoice: Flag,
    #[serde(default)]
    pub(crate) delivery: Flag,
    #[serde(default)]
    pub(crate) active: Flag,
}

/// The call that reads the addresses of a customer, in the order of their records.
pub(crate) fn addresses(tables: &Tables, settings: &Settings, customer: &str) -> http::Request {
    let domain = serde_json::json!([settings.customer_key.condition("party.", customer)]);
    let search = Search { model: "party.address", domain, limit: ADDRESSES_MAX, newest_first: false, fields: &ADDRESS };
    search.request(&tables.context)
}

impl PartyAddress {
    /// The address in the contract's form. Subdivisions carry their country in front: `US-CA`.
    pub(crate) fn address(&self) -> Address {
        let country = self.country.as_ref().and_then(|country| country.code.clone());
        let region = self.subdivision.as_ref().and_then(|region| region.code.clone());
        let region = region.map(|code| code.split_once('-').map_or(code.clone(), |(_, own)| own.to_owned()));
        let street = self.street.as_deref().unwrap_or_default();
        Address {
            name: filled(self.party_name.clone()),
            lines: street
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .take(LINES_MAX)
                .map(str::to_owned)
                .collect(),
            city: filled(self.city.clone()),
            region,
            postal_code: filled(self.postal_code.clone()),
            country,
            phone: None,
            email: None,
        }
    }

    /// Whether it says the same as an address of the store, as far as the store says something.
    pub(crate) fn is_same(&self, wanted: &Address) -> bool {
        let own = self.address();
        let same = |own: &Option<String>, wanted: &Option<String>| {
            let wanted = wanted.as_deref().map(str::trim).filter(|wanted| !wanted.is_empty());
            wanted.is_none_or(|wanted| own.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(wanted)))
        };
        let street = wanted.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        street.eq(own.lines.iter().map(String::as_str))
            && same(&own.name, &wanted.name)
            && same(&own.city, &wanted.city)
            && same(&own.postal_code, &wanted.postal_code)
            && same(&own.country, &wanted.country)
            && same(&own.region, &wanted.region)
    }
}

/// The party that a store knows as `customer`; only its id.
pub(crate) fn request(tables: &Tables, settings: &Settings, customer: &str) -> http::Request {
    let domain = serde_json::json!([settings.customer_key.condition("", customer)]);
    Search { model: "party.party", domain, limit: 2, newest_first: false, fields: &["code"] }.request(&tables.context)
}

/// The party in the answer to [`request`].
pub(crate) fn found(rows: &[Coded], customer: &str) -> Result<i64, Error> {
    match rows {
        [one] => Ok(one.id),
        [] => Err(Error::NotFound(format!("there is no customer `{customer}`"))),
        _ => Err(Error::invalid("customer", format!("several parties have the code `{customer}`"))),
    }
}

/// The party that a store knows as `customer`.
pub(crate) fn id(tables: &Tables, settings: &Settings, customer: &str) -> Result<i64, Error> {
    let rows: Vec<Coded> = rpc::read(request(tables, settings, customer).send())?;
    found(&rows, customer)
}

/// The address of a customer with this id, among its own.
pub(crate) fn with_id<'a>(all: &'a [PartyAddress], id: &str) -> Option<&'a PartyAddress> {
    let id = record_id(id)?;
    all.iter().find(|address| address.id == id)
}

#[cfg(test)]
pub(crate) fn address_for_test() -> PartyAddress {
    serde_json::from_str(
        r#"{"id": 3, "party": 2, "party_name": "Northfield, Depot", "street": "24 Canal Street\n Gate 2 ", "city": "Northfield",
            "postal_code": "10002", "country.": {"id": 1, "code": "US"}, "subdivision.": {"id": 4, "code": "US-CA"},
            "invoice": 0, "delivery": 1, "active": 1, "sequence": null}"#,
    )
    .unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_the_contracts_form() {
        let address = address_for_test().address();
        assert_eq!(address.lines, ["24 Canal Street", "Gate 2"]);
        assert_eq!((address.region.as_deref(), address.country.as_deref()), (Some("CA"), Some("US")));
    }

    #[test]
    fn an_address_is_recognized_by_what_the_store_says() {
        let own = address_for_test();
        let mut wanted = own.address();
        assert!(own.is_same(&wanted));
        wanted.name = None;
        wanted.region = Some(" ca ".into());
        assert!(own.is_same(&wanted));
        wanted.lines.pop();
        assert!(!own.is_same(&wanted));
        let elsewhere = Address { postal_code: Some("10003".into()), ..own.address() };
        assert!(!own.is_same(&elsewhere));
    }

    #[test]
    fn an_address_is_found_by_its_exact_id() {
        let all = [address_for_test()];
        assert!(with_id(&all, "3").is_some());
        assert!(with_id(&all, "03").is_none() && with_id(&all, "4").is_none());
    }
}
