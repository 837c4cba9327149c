//! Customers, their delivery addresses, contacts and balances.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{ContactPage, CustomerFilter, CustomerPage, ShipToPage};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::service::{self, List, keyed, quoted};
use crate::settings::Settings;
use crate::wire::{BpAddress, difference, filled, is_yes, text, text_of, user_fields};

const SET: &str = "BusinessPartners";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Partner {
    card_code: String,
    card_name: Option<String>,
    card_type: Option<String>,
    group_code: Option<i64>,
    email_address: Option<String>,
    phone1: Option<String>,
    currency: Option<String>,
    price_list_num: Option<i64>,
    pay_terms_grp_code: Option<i64>,
    credit_limit: Option<Decimal>,
    current_account_balance: Option<Decimal>,
    open_orders_balance: Option<Decimal>,
    frozen: Option<String>,
    valid: Option<String>,
    ship_to_default: Option<String>,
    billto_default: Option<String>,
    vat_liable: Option<String>,
    sales_person_code: Option<i64>,
    #[serde(rename = "BPAddresses", default)]
    addresses: Vec<BpAddress>,
    #[serde(default)]
    contact_employees: Vec<Employee>,
}

#[derive(Deserialize)]
struct Employee {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "E_Mail")]
    email: Option<String>,
    #[serde(rename = "Phone1")]
    phone: Option<String>,
    #[serde(rename = "InternalCode")]
    code: Option<i64>,
}

fn one(id: &str) -> Result<(Partner, Box<RawValue>), Error> {
    let raw: Box<RawValue> = service::read(http::get(keyed(SET, id)).send())?;
    Ok((apiconnect_sdk::json::read(raw.get().as_bytes())?, raw))
}

pub(crate) fn get(ctx: &Context, settings: &Settings, id: &str) -> Result<Customer, Error> {
    let (partner, raw) = one(id)?;
    if partner.card_type.as_deref() == Some("cSupplier") {
        return Err(Error::NotFound(format!("`{id}` is a supplier")));
    }
    let native = ctx.wants_native().then(|| raw.get().to_owned());
    customer(settings, partner, &raw, native)
}

pub(crate) fn list(settings: &Settings, filter: &CustomerFilter, page: &PageRequest) -> Result<CustomerPage, Error> {
    let mut conditions = vec!["CardType eq 'cCustomer'".to_owned()];
    if let Some(words) = &filter.text {
        let words = quoted(words);
        let fields = ["CardName", "CardCode", "EmailAddress"].map(|field| format!("contains({field},{words})"));
        conditions.push(format!("({})", fields.join(" or ")));
    }
    if let Some(group) = &filter.group {
        let group: i64 = group.parse().map_err(|_| Error::invalid("group", "groups are numbers in this system"))?;
        conditions.push(format!("GroupCode eq {group}"));
    }
    if filter.active_only {
        conditions.push("Frozen eq 'tNO'".into());
    }
    let query = [("$filter", conditions.join(" and ")), ("$orderby", "CardCode".into())];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let rows: List<Box<RawValue>> = service::read(service::page(SET, &query, page).send())?;
    let (rows, end) = rows.split()?;
    let read = |raw: &RawValue| customer(settings, apiconnect_sdk::json::read(raw.get().as_bytes())?, raw, None);
    Ok(CustomerPage { items: rows.iter().map(|raw| read(raw)).collect::<Result<_, _>>()?, end })
}

fn customer(settings: &Settings, partner: Partner, raw: &RawValue, native: Option<String>) -> Result<Customer, Error> {
    let bill_to = partner.addresses.iter().filter(|address| is_kind(address, "bo_BillTo"));
    let default = bill_to.clone().find(|address| Some(&address.address_name) == partner.billto_default.as_ref());
    let mut bill_to = default.or_else(|| bill_to.clone().next()).map(BpAddress::address);
    if let Some(address) = &mut bill_to {
        address.email = filled(partner.email_address.clone());
        address.phone = filled(partner.phone1.clone());
    }
    let closed = is_yes(partner.frozen.as_deref()) || partner.valid.as_deref() == Some("tNO");
    let status = match partner.card_type.as_deref() {
        Some("cLid") => CustomerStatus::Prospect,
        _ if closed => CustomerStatus::Closed,
        _ => CustomerStatus::Active,
    };
    let code = &partner.card_code;
    // A customer with all currencies has none of its own.
    let currency = partner.currency.as_deref().filter(|own| !own.is_empty() && *own != "##");
    Ok(Customer {
        ids: Ids::new(code, None),
        revision: Revision { etag: None, modified_at: None },
        name: filled(partner.card_name).unwrap_or_else(|| code.clone()),
        legal_name: None,
        status,
        bill_to,
        contacts: partner.contact_employees.into_iter().map(|employee| contact(code, employee)).collect(),
        currency: currency.map(|own| settings.iso_currency(own)).transpose()?,
        price_level: None,
        price_list: partner.price_list_num.map(|list| list.to_string()),
        terms: partner.pay_terms_grp_code.map(|terms| PaymentTerms { code: terms.to_string(), text: None, days: None }),
        credit: Some(Credit {
            limit: text_of(partner.credit_limit)?,
            balance: text_of(partner.current_account_balance)?,
            hold: false,
        }),
        tax: partner.vat_liable.map(|liable| TaxProfile { exempt: liable == "vExempted", id: None, code: None }),
        default_ship_to: filled(partner.ship_to_default),
        default_warehouse: None,
        default_carrier: None,
        salesperson: partner.sales_person_code.filter(|code| *code > 0).map(|code| code.to_string()),
        class: None,
        groups: partner.group_code.map(|group| group.to_string()).into_iter().collect(),
        po_required: false,
        backorder: BackorderPolicy::Allow,
        card_only: false,
        restrictions: RestrictionMode::None,
        custom: user_fields(raw),
        native,
    })
}

fn is_kind(address: &BpAddress, kind: &str) -> bool {
    address.address_type.as_deref() == Some(kind)
}

fn contact(customer: &str, employee: Employee) -> Contact {
    let name = filled(employee.name).unwrap_or_default();
    Contact {
        ids: Ids::new(employee.code.map_or_else(|| name.clone(), |code| code.to_string()), None),
        customer: customer.to_owned(),
        ship_to: None,
        name,
        email: filled(employee.email),
        phone: filled(employee.phone),
        role: None,
        may_order: true,
        spend_limit: None,
        custom: Vec::new(),
    }
}

pub(crate) fn ship_tos(customer: &str, page: &PageRequest) -> Result<ShipToPage, Error> {
    let (partner, _) = one(customer)?;
    let closed = is_yes(partner.frozen.as_deref());
    let own = partner.addresses.into_iter().filter(|address| is_kind(address, "bo_ShipTo"));
    let rows = own.map(|address| ship_to(&partner.card_code, address, !closed)).collect();
    let (items, end) = service::part(rows, page)?;
    Ok(ShipToPage { items, end })
}

/// A delivery address is known by its name, which is unique within the customer; documents name it the same way.
fn ship_to(customer: &str, address: BpAddress, active: bool) -> ShipTo {
    let part = |name: &str, value: &str| KeyPart { name: name.into(), value: value.into() };
    let key = vec![part("CardCode", customer), part("AddressName", &address.address_name)];
    let tax = filled(address.tax_code.clone());
    ShipTo {
        ids: Ids { key, ..Ids::new(&address.address_name, None) },
        revision: Revision { etag: None, modified_at: None },
        customer: customer.to_owned(),
        parent: None,
        account: None,
        code: Some(address.address_name.clone()),
        name: Some(address.address_name.clone()),
        address: address.address(),
        contact: None,
        default_warehouse: None,
        default_carrier: None,
        tax: tax.map(|code| TaxProfile { exempt: false, id: None, code: Some(code) }),
        po_required: None,
        restrictions: None,
        active,
        custom: Vec::new(),
        native: None,
    }
}

pub(crate) fn contacts(customer: &str, page: &PageRequest) -> Result<ContactPage, Error> {
    let (partner, _) = one(customer)?;
    let rows = partner.contact_employees.into_iter().map(|employee| contact(&partner.card_code, employee)).collect();
    let (items, end) = service::part(rows, page)?;
    Ok(ContactPage { items, end })
}

/// Balances are in the company's local currency, which the settings name; without that the customer's own is taken.
pub(crate) fn account_summary(settings: &Settings, customer: &str) -> Result<AccountStanding, Error> {
    let (partner, _) = one(customer)?;
    let currency = match &settings.currency {
        Some(local) => local.clone(),
        None => settings.iso_currency(partner.currency.as_deref().unwrap_or_default())?,
    };
    let balance = partner.current_account_balance.unwrap_or_default();
    let open = partner.open_orders_balance;
    // A limit of zero means that none is kept.
    let limit = partner.credit_limit.filter(|limit| *limit != Decimal::ZERO);
    let left = match limit {
        Some(limit) => Some(difference(difference(limit, balance)?, open.unwrap_or_default())?),
        None => None,
    };
    Ok(AccountStanding {
        customer: partner.card_code,
        currency,
        balance: text(balance)?,
        open_orders: text_of(open)?,
        credit_limit: text_of(limit)?,
        available_credit: text_of(left)?,
        aging: Vec::new(),
        last_payment: None,
        last_payment_date: None,
        past_due_count: None,
    })
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;
    use crate::settings::for_test;

    const PARTNER: &str = r###"{"CardCode": "C'1", "CardName": "Northgate", "CardType": "cCustomer", "GroupCode": 100,
        "EmailAddress": "c1@example.com", "Currency": "##", "PriceListNum": 2, "CreditLimit": 1000.0,
        "CurrentAccountBalance": 250.5, "OpenOrdersBalance": 49.5, "Frozen": "tNO", "Valid": "tYES",
        "ShipToDefault": "Main", "BilltoDefault": "Office", "VatLiable": "vLiable", "U_Tier": "gold", "BPAddresses": [
        {"AddressName": "Main", "AddressType": "bo_ShipTo", "Street": "Quay Road", "StreetNo": "1", "Country": "US"},
        {"AddressName": "Dock", "AddressType": "bo_ShipTo", "Street": "Pier", "StreetNo": null},
        {"AddressName": "Office", "AddressType": "bo_BillTo", "City": "Portland"}],
        "ContactEmployees": [{"Name": "Purchasing", "E_Mail": null, "InternalCode": 7}]}"###;

    fn page(cursor: Option<&str>, limit: u32) -> PageRequest {
        PageRequest { cursor: cursor.map(str::to_owned), limit }
    }

    fn settings() -> Settings {
        for_test(r#"{"company_db": "X", "currency": "USD"}"#)
    }

    #[test]
    fn a_customer_is_read_whole() {
        let host = FakeHost::new().on("GET", "BusinessPartners('C%27%271')", 200, PARTNER);
        let _ = host.run(|| {
            let customer = get(&Context::for_test("{}"), &settings(), "C'1").unwrap();
            assert_eq!((customer.status, customer.currency.as_deref()), (CustomerStatus::Active, None));
            let bill_to = customer.bill_to.unwrap();
            assert_eq!((bill_to.city.as_deref(), bill_to.email.as_deref()), (Some("Portland"), Some("c1@example.com")));
            assert_eq!((customer.contacts.len(), customer.default_ship_to.as_deref()), (1, Some("Main")));
            assert_eq!((customer.custom[0].name.as_str(), customer.custom[0].value.as_str()), ("U_Tier", "\"gold\""));
        });
    }

    #[test]
    fn ship_tos_come_in_pages() {
        let host = FakeHost::new().on("GET", "BusinessPartners", 200, PARTNER).on("GET", "Business", 200, PARTNER);
        let _ = host.run(|| {
            let first = ship_tos("C'1", &page(None, 1)).unwrap();
            assert_eq!((first.items[0].ids.id.as_str(), first.end.next.as_deref()), ("Main", Some("1")));
            assert_eq!(first.items[0].address.lines, ["Quay Road 1"]);
            let last = ship_tos("C'1", &page(Some("1"), 1)).unwrap();
            assert_eq!((last.items[0].ids.id.as_str(), last.end.next), ("Dock", None));
        });
    }

    #[test]
    fn the_list_follows_the_link() {
        let first =
            format!(r#"{{"value": [{PARTNER}], "odata.nextLink": "/b1s/v1/BusinessPartners?$filter=x&$skip=1"}}"#);
        let host = FakeHost::new().on("GET", "BusinessPartners?$filter=CardType", 200, &first).on(
            "GET",
            "BusinessPartners?$filter=x&$skip=1",
            200,
            r#"{"value": []}"#,
        );
        let host = host.run(|| {
            let filter = CustomerFilter { text: Some("O'H".into()), group: None, active_only: true };
            let first = list(&settings(), &filter, &page(None, 1)).unwrap();
            assert_eq!(first.items.len(), 1);
            let next = list(&settings(), &filter, &page(first.end.next.as_deref(), 1)).unwrap();
            assert!(next.items.is_empty() && next.end.next.is_none() && next.end.complete);
        });
        let request = &host.requests()[0];
        assert!(request.target.contains("contains%28CardName%2C%27O%27%27H%27%29"), "{}", request.target);
        assert!(request.headers.iter().any(|h| h.name == "prefer" && h.value == "odata.maxpagesize=1"));
    }

    #[test]
    fn the_account_knows_what_is_left() {
        let _ = FakeHost::new().on("GET", "BusinessPartners", 200, PARTNER).run(|| {
            let account = account_summary(&settings(), "C'1").unwrap();
            assert_eq!((account.balance.as_str(), account.available_credit.as_deref()), ("250.5", Some("700")));
        });
    }

    #[test]
    fn an_unknown_customer_is_not_found() {
        let none = r#"{"error": {"code": -2028, "message": {"value": "No matching records found (ODBC -2028)"}}}"#;
        let _ = FakeHost::new().on("GET", "BusinessPartners", 404, none).run(|| {
            assert!(matches!(ship_tos("X", &page(None, 5)), Err(Error::NotFound(_))));
        });
    }
}
