//! Customers, their delivery addresses, contacts and balances.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{ContactPage, CustomerFilter, CustomerPage, ShipToPage};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::page;
use crate::party::{self, Coded, PartyAddress};
use crate::rpc::{self, Search, call};
use crate::settings::Settings;
use crate::tables::Tables;
use crate::wire::{Flag, Moment, Number, filled, text};

const FIELDS: [&str; 14] = [
    "code",
    "name",
    "active",
    "write_date",
    "create_date",
    "customer_currency",
    "sale_price_list",
    "customer_payment_term.name",
    "tax_identifier.code",
    "addresses.party_name",
    "addresses.street",
    "addresses.invoice",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
];
/// Nested fields of the addresses beside those above.
const ADDRESS_FIELDS: [&str; 6] = [
    "addresses.postal_code",
    "addresses.city",
    "addresses.delivery",
    "addresses.active",
    "addresses.country.code",
    "addresses.subdivision.code",
];
const MECHANISM_FIELDS: [&str; 2] = ["contact_mechanisms.name", "contact_mechanisms.active"];

#[derive(Deserialize)]
struct Party {
    id: i64,
    code: Option<String>,
    name: Option<String>,
    active: Flag,
    write_date: Option<Moment>,
    create_date: Option<Moment>,
    customer_currency: Option<i64>,
    sale_price_list: Option<i64>,
    #[serde(rename = "customer_payment_term.")]
    payment_term: Option<Named>,
    #[serde(rename = "tax_identifier.")]
    tax_identifier: Option<Coded>,
    #[serde(rename = "addresses.", default)]
    addresses: Vec<PartyAddress>,
    #[serde(rename = "contact_mechanisms.", default)]
    mechanisms: Vec<Mechanism>,
}

#[derive(Deserialize)]
struct Named {
    id: i64,
    name: Option<String>,
}

/// A way to reach somebody: Tryton keeps an e-mail address, a telephone number and the like as a record each.
#[derive(Deserialize)]
struct Mechanism {
    id: i64,
    r#type: String,
    value: Option<String>,
    name: Option<String>,
}

fn fields() -> Vec<&'static str> {
    FIELDS.into_iter().chain(ADDRESS_FIELDS).chain(MECHANISM_FIELDS).collect()
}

fn search<'a>(domain: serde_json::Value, limit: u32, fields: &'a [&'a str]) -> Search<'a> {
    Search { model: "party.party", domain, limit, newest_first: false, fields }
}

/// One party with the text it came in. One that is switched off is still read: it is closed, not gone.
fn one(tables: &Tables, settings: &Settings, id: &str) -> Result<(Party, Box<RawValue>), Error> {
    let domain = serde_json::json!([settings.customer_key.condition("", id), ["active", "in", [true, false]]]);
    let mut rows: Vec<Box<RawValue>> = rpc::search(&tables.context, &search(domain, 2, &fields()))?;
    match (rows.pop(), rows.is_empty()) {
        (Some(raw), true) => Ok((apiconnect_sdk::json::read(raw.get().as_bytes())?, raw)),
        (None, _) => Err(Error::NotFound(format!("there is no customer `{id}`"))),
        _ => Err(Error::invalid("customer", format!("several parties have the code `{id}`"))),
    }
}

pub(crate) fn get(ctx: &Context, settings: &Settings, id: &str) -> Result<Customer, Error> {
    let tables = Tables::get()?;
    let (party, raw) = one(&tables, settings, id)?;
    let native = ctx.wants_native().then(|| raw.get().to_owned());
    Ok(Customer { native, ..customer(&tables, settings, party) })
}

pub(crate) fn list(settings: &Settings, filter: &CustomerFilter, page: &PageRequest) -> Result<CustomerPage, Error> {
    let tables = Tables::get()?;
    let mut domain = page::after(page, false)?;
    if let Some(words) = &filter.text {
        let like = format!("%{}%", page::escaped(words));
        let fields =
            ["name", "code", "contact_mechanisms.value"].map(|field| serde_json::json!([field, "ilike", like]));
        let mut any = vec![serde_json::json!("OR")];
        any.extend(fields);
        domain.push(any.into());
    }
    if let Some(group) = &filter.group {
        let id = crate::settings::record_id(group);
        domain.push(serde_json::json!(["categories", "in", [id.unwrap_or(-1)]]));
    }
    if !filter.active_only {
        domain.push(serde_json::json!(["active", "in", [true, false]]));
    }
    let rows: Vec<Party> = rpc::search(&tables.context, &search(domain.into(), page::limit(page) + 1, &fields()))?;
    let (rows, end) = page::cut(rows, page, |party| party.id);
    Ok(CustomerPage { items: rows.into_iter().map(|party| customer(&tables, settings, party)).collect(), end })
}

fn customer(tables: &Tables, settings: &Settings, party: Party) -> Customer {
    let key = settings.customer_key.of(party.id, party.code.as_deref());
    let first = |wanted: fn(&&PartyAddress) -> bool| party.addresses.iter().find(wanted).or(party.addresses.first());
    let mut bill_to = first(|address| address.invoice.0).map(PartyAddress::address);
    let reach = |kinds: &[&str]| {
        let found = party.mechanisms.iter().find(|mechanism| kinds.contains(&mechanism.r#type.as_str()));
        found.and_then(|mechanism| filled(mechanism.value.clone()))
    };
    if let Some(address) = &mut bill_to {
        address.email = reach(&["email"]);
        address.phone = reach(&["phone", "mobile"]);
    }
    let modified = party.write_date.or(party.create_date).map(Moment::text);
    let tax = party.tax_identifier.and_then(|identifier| filled(identifier.code));
    Customer {
        ids: ids(&key, party.id, party.code.clone()),
        revision: Revision { etag: None, modified_at: modified },
        name: filled(party.name).unwrap_or_else(|| key.clone()),
        legal_name: None,
        status: if party.active.0 { CustomerStatus::Active } else { CustomerStatus::Closed },
        bill_to,
        contacts: contacts_of(&key, &party.mechanisms),
        currency: party.customer_currency.and_then(|id| tables.currency_code(id)).map(str::to_owned),
        price_level: None,
        price_list: party.sale_price_list.map(|list| list.to_string()),
        terms: party.payment_term.map(|term| PaymentTerms { code: term.id.to_string(), text: term.name, days: None }),
        credit: None,
        tax: tax.map(|id| TaxProfile { exempt: false, id: Some(id), code: None }),
        default_ship_to: first(|address| address.delivery.0).map(|address| address.id.to_string()),
        default_warehouse: None,
        default_carrier: None,
        salesperson: None,
        class: None,
        groups: Vec::new(),
        po_required: false,
        backorder: BackorderPolicy::Allow,
        card_only: false,
        restrictions: RestrictionMode::None,
        custom: Vec::new(),
        native: None,
    }
}

fn ids(key: &str, id: i64, code: Option<String>) -> Ids {
    Ids { id: key.to_owned(), key: vec![KeyPart { name: "id".into(), value: id.to_string() }], number: filled(code) }
}

/// One contact for each name that ways to reach the party carry; those without a name belong to the party itself.
fn contacts_of(customer: &str, mechanisms: &[Mechanism]) -> Vec<Contact> {
    let mut contacts: Vec<Contact> = Vec::new();
    for mechanism in mechanisms {
        let name = filled(mechanism.name.clone()).unwrap_or_default();
        let at = contacts.iter().position(|contact| contact.name == name);
        let at = at.unwrap_or_else(|| {
            contacts.push(contact(customer, mechanism.id, name));
            contacts.len() - 1
        });
        let Some(contact) = contacts.get_mut(at) else { continue };
        let value = filled(mechanism.value.clone());
        match mechanism.r#type.as_str() {
            "email" => contact.email = contact.email.take().or(value),
            "phone" | "mobile" => contact.phone = contact.phone.take().or(value),
            _ => {}
        }
    }
    contacts.retain(|contact| contact.email.is_some() || contact.phone.is_some());
    contacts
}

fn contact(customer: &str, id: i64, name: String) -> Contact {
    Contact {
        ids: Ids::new(id.to_string(), None),
        customer: customer.to_owned(),
        ship_to: None,
        name,
        email: None,
        phone: None,
        role: None,
        may_order: true,
        spend_limit: None,
        custom: Vec::new(),
    }
}

pub(crate) fn ship_tos(settings: &Settings, customer: &str, page: &PageRequest) -> Result<ShipToPage, Error> {
    let tables = Tables::get()?;
    let asked = [party::request(&tables, settings, customer), party::addresses(&tables, settings, customer)];
    let mut answers = http::send_all(asked).into_iter();
    let mut next = || answers.next().ok_or_else(|| Error::internal("the host gave too few answers"));
    party::found(&rpc::read::<Vec<Coded>>(next()?)?, customer)?;
    let rows: Vec<PartyAddress> = rpc::read(next()?)?;
    // Where no address is marked for deliveries, Tryton delivers to any of them.
    let marked = rows.iter().any(|address| address.delivery.0);
    let rows = rows.into_iter().filter(|address| address.delivery.0 || !marked).collect();
    let (rows, end) = page::part(rows, page, |address| address.id)?;
    Ok(ShipToPage { items: rows.iter().map(|address| ship_to(customer, address)).collect(), end })
}

fn ship_to(customer: &str, own: &PartyAddress) -> ShipTo {
    let address = own.address();
    ShipTo {
        ids: Ids::new(own.id.to_string(), None),
        revision: Revision { etag: None, modified_at: None },
        customer: customer.to_owned(),
        parent: None,
        account: None,
        code: None,
        name: address.name.clone(),
        address,
        contact: None,
        default_warehouse: None,
        default_carrier: None,
        tax: None,
        po_required: None,
        restrictions: None,
        active: own.active.0,
        custom: Vec::new(),
        native: None,
    }
}

pub(crate) fn contacts(settings: &Settings, customer: &str, page: &PageRequest) -> Result<ContactPage, Error> {
    let (party, _) = one(&Tables::get()?, settings, customer)?;
    let key = settings.customer_key.of(party.id, party.code.as_deref());
    let rows = contacts_of(&key, &party.mechanisms);
    let (items, end) = page::part(rows, page, |contact| contact.ids.id.parse().unwrap_or(0))?;
    Ok(ContactPage { items, end })
}

#[derive(Deserialize)]
struct Receivable {
    receivable: Option<Number>,
    #[serde(rename = "currency")]
    currency: Option<i64>,
}

/// What the customer owes, in the company's currency. A credit limit is not kept by the modules this connector knows.
pub(crate) fn account_summary(settings: &Settings, customer: &str) -> Result<AccountStanding, Error> {
    let tables = Tables::get()?;
    let party = party::id(&tables, settings, customer)?;
    let rows: Vec<Receivable> =
        rpc::read(call("model.party.party.read", ([party], ["receivable", "currency"], &tables.context)).send())?;
    let row = rows.into_iter().next().ok_or_else(|| Error::NotFound(format!("there is no customer `{customer}`")))?;
    let currency = row.currency.and_then(|id| tables.currency_code(id));
    Ok(AccountStanding {
        customer: customer.to_owned(),
        currency: currency.ok_or_else(|| Error::internal("the company's currency is unknown"))?.to_owned(),
        balance: text(row.receivable.unwrap_or_default().0)?,
        open_orders: None,
        credit_limit: None,
        available_credit: None,
        aging: Vec::new(),
        last_payment: None,
        last_payment_date: None,
        past_due_count: None,
    })
}
