//! A connector that does harm on request: the product's name says which. The host must contain every kind.
//!
//! It offers prices only, so it also stands for a connector that lacks a capability.

use apiconnect_sdk::prelude::*;

/// The connector.
pub struct Hostile;

impl Connector for Hostile {
    fn describe() -> Description {
        let schema = r#"{"type":"object","properties":{"greeting":{"type":"string"}},"additionalProperties":false}"#;
        Description::new("hostile", "A system that does harm", "apiconnect", "0.1.0")
            .settings(schema)
            .operation(Operation::new("pricing.query").batch(50))
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "harm".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Hostile {
    fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        let Some(first) = lines.first() else { return Ok(Vec::new()) };
        match first.product.as_str() {
            "spin" => spin(),
            "memory" => eat(),
            "recurse" => return Err(Error::Internal(recurse(1).to_string())),
            "trap" => trap(),
            "requests" => return Err(Error::Internal(flood())),
            "elsewhere" => return Err(visit("http://169.254.169.254/latest/meta-data")),
            "log" => chatter(),
            "short" => return Ok(Vec::new()),
            "decimal" => return Ok(lines.iter().map(|line| Ok(priced(line, "1e3"))).collect()),
            _ => {}
        }
        Ok(lines.iter().map(|line| Ok(priced(line, "1.50"))).collect())
    }
}

fn priced(line: &PriceRequest, price: &str) -> Price {
    Price::new(&line.product, &line.quantity.unit, price, "USD")
}

/// Never ends and never calls the host.
fn spin() {
    let mut number = 1_u64;
    while number != 0 {
        number = std::hint::black_box(number.wrapping_mul(3) | 1);
    }
}

/// Wants more memory than a call may have.
fn eat() {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

fn recurse(depth: u64) -> u64 {
    let below = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { recurse(depth + 1) + below.iter().sum::<u64>() }
}

#[expect(clippy::panic, reason = "this is what the test asks for")]
fn trap() {
    panic!("on request");
}

/// Makes more requests than a call may.
fn flood() -> String {
    let answers = http::send_all((0..2_000).map(|_| http::get("x")));
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    format!("{refused} of {} requests failed", answers.len())
}

/// Calls a host that nobody granted.
fn visit(target: &str) -> Error {
    match http::get(target).send() {
        Ok(_) => Error::Internal("it got there".into()),
        Err(failure) => failure.into(),
    }
}

/// Writes more than a call may.
fn chatter() {
    for _ in 0..100_000 {
        log::warn("again");
    }
}

apiconnect_sdk::export!(Hostile: pricing);
