//! Prices as the system computes them.

use apiconnect_sdk::prelude::*;
use serde::Deserialize;

use crate::service::{read, target};

/// `Decimal` is read from the digits of the JSON number and never passes through a float.
#[derive(Deserialize)]
struct Answer {
    unit_price: Decimal,
    list_price: Option<Decimal>,
    currency: String,
}

/// One answer per line, in the order of the lines. The host sends the requests side by side.
pub(crate) fn query(lines: &[PriceRequest]) -> Vec<LineResult<Price>> {
    let answers = http::send_all(lines.iter().map(request));
    lines.iter().zip(answers).map(|(line, answer)| price(line, read(answer)?)).collect()
}

fn request(line: &PriceRequest) -> http::Request {
    http::get(target(
        "prices",
        &[
            ("product", Some(line.product.as_str())),
            ("customer", line.customer.as_deref()),
            ("quantity", Some(line.quantity.value.as_str())),
            ("unit", Some(line.quantity.unit.as_str())),
            ("warehouse", line.warehouse.as_deref()),
        ],
    ))
}

fn price(line: &PriceRequest, answer: Answer) -> LineResult<Price> {
    Ok(Price {
        list_price: answer.list_price.map(|price| price.to_string()),
        ..Price::new(&line.product, &line.quantity.unit, answer.unit_price, answer.currency)
    })
}
