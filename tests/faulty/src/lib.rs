//! A connector with faults that real ones have had. Its setting `fault` says which one it has; with none it is right.
//! The conformance kit must find each.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::types::page::{CustomerFilter, CustomerPage};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The connector.
pub struct Faulty;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Fault {
    /// Nothing.
    #[default]
    None,
    /// A second attempt makes a second order.
    CreatesTwice,
    /// A list that cannot be read is an empty one.
    ShortList,
    /// A busy system has no customers.
    SwallowsBusy,
    /// It does not tell how long to wait.
    ForgetsTheWait,
    /// Ids are numbers.
    LosesZeros,
    /// Prices are floats.
    Rounds,
    /// The cheapest line comes first.
    Sorts,
    /// A status that it does not know is an error.
    RefusesUnknown,
    /// Whatever was lost was never sent.
    SaysNotSent,
    /// Any answer to an order means that it was made.
    BelievesPages,
    /// A dry run makes an order, too.
    IgnoresDryRun,
    /// It crashes over what it does not expect.
    Crashes,
    /// Only the first page of a list comes.
    FirstPageOnly,
    /// It waits for a slow system for ever, and then says that there is no such customer.
    SlowIsGone,
}

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    fault: Fault,
}

fn fault(ctx: &Context) -> Result<Fault, Error> {
    Ok(ctx.settings::<Settings>()?.fault)
}

impl Connector for Faulty {
    fn describe() -> Description {
        Description::new("faulty", "A system with a faulty connector", "apiconnect", "0.1.0")
            .settings(r#"{"type":"object","properties":{"fault":{"type":"string"}},"additionalProperties":false}"#)
            .secret("token", "token of the system")
            .operation(Operation::new("pricing.query").batch(10))
            .operation(Operation::new("orders.submit").idempotent(Idempotency::Reference))
            .operation(Operation::new("order-batches.submit").batch(10).idempotent(Idempotency::Reference))
    }

    fn check(_: &Context) -> Result<Health, Error> {
        http::get("ping").send()?.success()?;
        Ok(Health { system: "a small one".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Faulty {
    fn query(ctx: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        let fault = fault(ctx)?;
        let asked = lines.iter().map(|line| http::get(format!("prices/{}", http::encode(&line.product))));
        let answers = http::send_all(asked);
        let mut prices: Vec<_> = lines.iter().zip(answers).map(|(line, answer)| price(fault, line, answer)).collect();
        if fault == Fault::Sorts {
            prices.sort_by_key(|price| price.as_ref().map(|price| price.unit_price.clone()).unwrap_or_default());
        }
        Ok(prices)
    }
}

fn price(fault: Fault, line: &PriceRequest, answer: Result<http::Response, http::Failure>) -> LineResult<Price> {
    #[derive(Deserialize)]
    struct Answer {
        price: Box<RawValue>,
        currency: String,
    }
    let answer: Answer = answer?.success()?.json()?;
    let mut text = answer.price.get().to_owned();
    if fault == Fault::Rounds {
        let float: f64 = text.parse().map_err(|_| Error::internal("no price"))?;
        text = float.to_string();
    } else if text.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'.') {
        return Err(Error::internal("no price"));
    }
    Ok(Price::new(&line.product, &line.quantity.unit, text, answer.currency))
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    status: String,
}

impl Customers for Faulty {
    fn get(ctx: &Context, id: String) -> Result<Customer, Error> {
        let fault = fault(ctx)?;
        let answer = http::get(format!("customers/{}", http::encode(&id))).send();
        if fault == Fault::SlowIsGone && answer.is_err() {
            return Err(Error::NotFound(format!("there is no customer {id}")));
        }
        let response = answer?.success()?;
        if fault == Fault::Crashes {
            return customer(fault, parsed(&response.body));
        }
        customer(fault, response.json()?)
    }

    fn list(ctx: &Context, _: CustomerFilter, page: PageRequest) -> Result<CustomerPage, Error> {
        #[derive(Deserialize)]
        struct Rows {
            rows: Vec<Row>,
            next: Option<u32>,
        }
        let fault = fault(ctx)?;
        let at = page.cursor.as_deref().unwrap_or("1");
        let answer = http::get(format!("customers?page={at}&size={}", page.limit)).send()?;
        let none = || Ok(CustomerPage { items: Vec::new(), end: PageEnd::at(None) });
        if answer.status == 429 {
            match fault {
                Fault::SwallowsBusy => return none(),
                Fault::ForgetsTheWait => return Err(Error::RateLimited(None)),
                _ => {}
            }
        }
        let rows: Rows = match answer.success()?.json() {
            Err(_) if fault == Fault::ShortList => return none(),
            rows => rows?,
        };
        let items = rows.rows.into_iter().map(|row| customer(fault, row)).collect::<Result<_, _>>()?;
        let next = rows.next.filter(|_| fault != Fault::FirstPageOnly).map(|next| next.to_string());
        Ok(CustomerPage { items, end: PageEnd::at(next) })
    }

    fn groups(_: &Context, _: PageRequest) -> Result<apiconnect_sdk::types::page::GroupPage, Error> {
        Err(Error::NotSupported("the system knows no groups of customers".into()))
    }
}

#[expect(clippy::panic, reason = "a connector that crashes is what this is for")]
fn parsed(body: &[u8]) -> Row {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("the system answered nonsense: {error}"))
}

fn customer(fault: Fault, row: Row) -> Result<Customer, Error> {
    let id = match fault {
        Fault::LosesZeros => row.id.parse::<u64>().map_or(row.id, |number| number.to_string()),
        _ => row.id,
    };
    let status = match row.status.as_str() {
        "A" => CustomerStatus::Active,
        "H" => CustomerStatus::Hold,
        other if fault == Fault::RefusesUnknown => return Err(Error::internal(format!("no status {other}"))),
        other => CustomerStatus::Other(other.to_owned()),
    };
    Ok(Customer {
        ids: Ids::new(id, None),
        revision: Revision { etag: None, modified_at: None },
        name: row.name,
        legal_name: None,
        status,
        bill_to: None,
        contacts: Vec::new(),
        currency: None,
        price_level: None,
        price_list: None,
        terms: None,
        credit: None,
        tax: None,
        default_ship_to: None,
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
    })
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl Orders for Faulty {
    fn submit(ctx: &Context, write: WriteContext, order: Order) -> Result<Written, Error> {
        let fault = fault(ctx)?;
        if write.dry_run && fault != Fault::IgnoresDryRun {
            return Ok(Written::Pending("dry-run".into()));
        }
        if write.attempt > 1 && fault != Fault::CreatesTwice {
            let earlier = find(&order.customer, &write.reference)?;
            if let Some(ids) = earlier.into_iter().next() {
                return Ok(Written::AlreadyThere(ids));
            }
        }
        let body = serde_json::json!({ "reference": write.reference, "customer": order.customer });
        let answer = match http::post("orders").json(&body).send() {
            Err(failure) if fault == Fault::SaysNotSent => return Err(Error::NotSent(failure.message)),
            answer => answer?.success()?,
        };
        match answer.json::<Made>() {
            Ok(made) => Ok(Written::Created(Ids::new(made.id, None))),
            Err(_) if fault == Fault::BelievesPages => Ok(Written::Created(Ids::new(write.reference, None))),
            Err(_) => Err(Error::OutcomeUnknown("the system took the order and did not say its number".into())),
        }
    }

    fn find_by_reference(_: &Context, customer: String, reference: String) -> Result<Vec<Ids>, Error> {
        find(&customer, &reference)
    }
}

impl OrderBatches for Faulty {
    fn submit(ctx: &Context, documents: Vec<Submission>) -> Result<Vec<LineResult<Written>>, Error> {
        Ok(documents.into_iter().map(|one| <Self as Orders>::submit(ctx, one.write, one.document)).collect())
    }
}

fn find(customer: &str, reference: &str) -> Result<Vec<Ids>, Error> {
    let target = format!("orders?customer={}&reference={}", http::encode(customer), http::encode(reference));
    let found: Vec<Made> = http::get(target).send()?.success()?.json()?;
    Ok(found.into_iter().map(|made| Ids::new(made.id, None)).collect())
}

apiconnect_sdk::export!(Faulty: pricing, customers, orders, order_batches);
