//! Which request is which call of the service.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::create::Maker;
use super::documents::{Documents, Set};
use super::faults::FaultBox;
use super::persist::{Journal, Loaded};
use super::price::Catalog;
use super::query::{Query, decode};
use super::records;
use super::schema::{Entity, ITEM, PARTNER, UserFields};
use super::session::Sessions;

/// Names under which requests are counted.
const COUNTED: &[&str] = &[
    "login",
    "logout",
    "company_info",
    "item_price",
    "items",
    "business_partners",
    "special_prices",
    "orders_read",
    "orders_create",
    "orders_action",
    "orders_preview",
    "quotations_read",
    "quotations_create",
    "quotations_action",
    "other",
];

/// Everything the service holds.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) catalog: Catalog,
    items: Vec<Value>,
    partners: Vec<Value>,
    pub(super) orders: Documents,
    pub(super) quotations: Documents,
    pub(super) sessions: Sessions,
    pub(super) faults: FaultBox,
    journal: Option<Journal>,
    counts: Vec<AtomicU64>,
}

/// A request, read from the socket.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    /// Below `/b1s/v1/`, still percent-encoded.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl Company {
    pub(super) fn new(catalog: Catalog, journal: Option<Journal>, loaded: Loaded) -> Self {
        let seed = &catalog.seed;
        Self {
            items: seed.items.iter().map(|item| records::item(item, seed)).collect(),
            partners: seed.partners.iter().map(records::partner).collect(),
            orders: Documents::new(Set::Orders, loaded.orders),
            quotations: Documents::new(Set::Quotations, loaded.quotations),
            sessions: Sessions::new(seed.session_timeout_minutes),
            faults: FaultBox::new(),
            journal,
            counts: COUNTED.iter().map(|_| AtomicU64::new(0)).collect(),
            catalog,
        }
    }

    /// How often each call was made.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        COUNTED.iter().map(|name| (*name).to_owned()).zip(counts).collect()
    }

    pub(super) fn count(&self, asked: &Asked<'_>) {
        let name = counted_as(asked.method, asked.path);
        if let Some(count) = COUNTED.iter().position(|known| *known == name).and_then(|at| self.counts.get(at)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Carries a request out.
    pub(super) fn answer(&self, asked: &Asked<'_>) -> Outcome {
        let path = decode(asked.path);
        let post = *asked.method == Method::POST;
        match path.as_str() {
            "Login" if post => return self.sessions.login(&self.catalog.seed, asked.body),
            "Logout" if post => return self.sessions.logout(asked.headers),
            _ => self.sessions.check(asked.headers, self.faults.expire_after())?,
        }
        let (name, key, action) = resource(&path).ok_or_else(Refusal::path)?;
        match (name, key, action) {
            ("CompanyService_GetItemPrice", None, None) if post => self.catalog.get_item_price(asked.body),
            ("CompanyService_GetCompanyInfo" | "CompanyService_GetAdminInfo", None, None) if post => {
                Ok(Answer::ok(&self.company_info()))
            }
            ("OrdersService_Preview", None, None) if post => self.preview(asked.body),
            ("Items", key, None) if !post => self.master(asked, name, key, &ITEM, "ItemCode", &self.items),
            ("BusinessPartners", key, None) if !post => {
                self.master(asked, name, key, &PARTNER, "CardCode", &self.partners)
            }
            ("SpecialPrices", Some(key), None) if !post => self.special_price(key),
            ("Orders", key, action) => self.document(asked, Set::Orders, key, action),
            ("Quotations", key, action) => self.document(asked, Set::Quotations, key, action),
            _ => Err(Refusal::path()),
        }
    }

    fn company_info(&self) -> Value {
        let seed = &self.catalog.seed;
        json!({
            "odata.metadata": "$metadata#CompanyInfo", "CompanyName": seed.company_name, "Version": seed.version,
            "LocalCurrency": seed.local_currency,
        })
    }

    fn master(
        &self,
        asked: &Asked<'_>,
        set: &str,
        key: Option<&str>,
        entity: &Entity,
        key_field: &str,
        records: &[Value],
    ) -> Outcome {
        let query = Query::parse(asked.query, prefer(asked.headers), entity, UserFields::default())?;
        let Some(key) = key else {
            let fits = |record: &&Value| query.filter.as_ref().is_none_or(|filter| filter.fits(record));
            return query.answer(set, records.iter().filter(fits).collect());
        };
        let code = text_key(key).ok_or_else(Refusal::no_record)?;
        let found = records.iter().find(|record| record.get(key_field).and_then(Value::as_str) == Some(&code));
        Ok(Answer::ok(&query.selected(found.ok_or_else(Refusal::no_record)?)))
    }

    /// `SpecialPrices(ItemCode='X',CardCode='C1')`, the parts of the key in any order.
    fn special_price(&self, key: &str) -> Outcome {
        let part = |name: &str| {
            let (_, rest) = key.split_once(&format!("{name}='"))?;
            rest.split_once('\'').map(|(value, _)| value.to_owned())
        };
        let (item, card) = part("ItemCode").zip(part("CardCode")).ok_or_else(Refusal::no_record)?;
        let found = self.catalog.special(&card, &item).ok_or_else(Refusal::no_record)?;
        let list = self.catalog.partner(&card).map_or(1, |partner| partner.price_list);
        let list = self.catalog.seed.price_lists.iter().find(|l| l.number == list);
        Ok(Answer::ok(&records::special(found, list.map_or("", |l| l.currency.as_str()))))
    }

    fn documents(&self, set: Set) -> &Documents {
        match set {
            Set::Orders => &self.orders,
            Set::Quotations => &self.quotations,
        }
    }

    fn maker(&self, set: Set) -> Maker<'_> {
        Maker { catalog: &self.catalog, quotations: &self.quotations, set }
    }

    fn document(&self, asked: &Asked<'_>, set: Set, key: Option<&str>, action: Option<&str>) -> Outcome {
        let documents = self.documents(set);
        let Some(key) = key else {
            if *asked.method == Method::POST {
                return self.create(set, asked.body);
            }
            return documents.list(&self.document_query(asked)?);
        };
        let entry = key.parse::<u64>().map_err(|_| Refusal::no_record())?;
        match action {
            None if *asked.method == Method::GET => {
                Ok(Answer::ok(&self.document_query(asked)?.selected(&documents.get(entry)?)))
            }
            Some("Cancel") => documents.end(entry, true, self.journal.as_ref()),
            Some("Close") => documents.end(entry, false, self.journal.as_ref()),
            _ => Err(Refusal::path()),
        }
    }

    fn document_query(&self, asked: &Asked<'_>) -> Result<Query, Refusal> {
        let seed = &self.catalog.seed;
        let user = UserFields { document: &seed.document_fields, line: &seed.line_fields };
        Query::parse(asked.query, prefer(asked.headers), &super::schema::DOCUMENT, user)
    }

    fn create(&self, set: Set, body: &[u8]) -> Outcome {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad(-1000, "Invalid JSON format"))?;
        let document = self.maker(set).make(&body)?;
        let drawn: Vec<u64> = base_entries(&document);
        let answer = self.documents(set).create(document, self.journal.as_ref())?;
        for entry in drawn {
            // A quotation that an order was drawn from is closed; one that is closed already stays so.
            let _ = self.quotations.end(entry, false, self.journal.as_ref());
        }
        Ok(answer)
    }

    /// `POST /OrdersService_Preview`: everything a create does, but for keeping the document.
    fn preview(&self, body: &[u8]) -> Outcome {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad(-1000, "Invalid JSON format"))?;
        let asked = body.get("Document").ok_or_else(|| Refusal::bad(-1000, "Parameter 'Document' is missing"))?;
        Ok(Answer::json(StatusCode::OK, &self.maker(Set::Orders).make(asked)?))
    }
}

fn base_entries(document: &Value) -> Vec<u64> {
    let lines = document.get("DocumentLines").and_then(Value::as_array).into_iter().flatten();
    let drawn = lines.filter(|line| line.get("BaseType").and_then(Value::as_i64) == Some(23));
    let mut entries: Vec<u64> = drawn.filter_map(|line| line.get("BaseEntry").and_then(Value::as_u64)).collect();
    entries.dedup();
    entries
}

fn prefer(headers: &HeaderMap) -> Option<&str> {
    headers.get("prefer").and_then(|value| value.to_str().ok())
}

/// `Name`, `Name(key)` or `Name(key)/Action`.
fn resource(path: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let Some((name, rest)) = path.split_once('(') else {
        return (!path.contains('/')).then_some((path, None, None));
    };
    let (key, behind) = rest.rsplit_once(')')?;
    match behind.strip_prefix('/') {
        Some(action) => Some((name, Some(key), Some(action))),
        None if behind.is_empty() => Some((name, Some(key), None)),
        None => None,
    }
}

/// A key in quotes; quotes inside it are doubled.
fn text_key(key: &str) -> Option<String> {
    Some(key.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
}

fn counted_as(method: &Method, path: &str) -> &'static str {
    let post = *method == Method::POST;
    let name = path.split(['(', '%']).next().unwrap_or_default();
    let keyed = name.len() < path.len();
    match (name, post, keyed) {
        ("Login", ..) => "login",
        ("Logout", ..) => "logout",
        ("CompanyService_GetItemPrice", ..) => "item_price",
        ("CompanyService_GetCompanyInfo" | "CompanyService_GetAdminInfo", ..) => "company_info",
        ("OrdersService_Preview", ..) => "orders_preview",
        ("Items", ..) => "items",
        ("BusinessPartners", ..) => "business_partners",
        ("SpecialPrices", ..) => "special_prices",
        ("Orders", true, false) => "orders_create",
        ("Orders", true, true) => "orders_action",
        ("Orders", false, _) => "orders_read",
        ("Quotations", true, false) => "quotations_create",
        ("Quotations", true, true) => "quotations_action",
        ("Quotations", false, _) => "quotations_read",
        _ => "other",
    }
}

/// Whether the request would create a document.
pub(super) fn creates(method: &Method, path: &str) -> bool {
    matches!(counted_as(method, path), "orders_create" | "quotations_create")
}
