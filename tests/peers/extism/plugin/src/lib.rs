//! The work of `tests/languages/rust` as an extism plug-in: JSON in, one JSON request to the host for all lines, JSON
//! out.

use extism_pdk::{FnResult, Json, host_fn, plugin_fn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Quantity {
    value: String,
    unit: String,
}

#[derive(Deserialize)]
struct Line {
    product: String,
    customer: Option<String>,
    quantity: Quantity,
}

#[derive(Deserialize)]
struct Question {
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Price {
    product: String,
    unit: String,
    unit_price: String,
    currency: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
struct Request {
    method: String,
    target: String,
    headers: Vec<Header>,
    body: String,
}

#[derive(Serialize, Deserialize)]
struct Response {
    status: u16,
    headers: Vec<Header>,
    body: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    card_code: Option<&'a str>,
    item_code: &'a str,
    inventory_quantity: Box<RawValue>,
}

#[derive(Serialize)]
struct Asked<'a> {
    #[serde(rename = "ItemPriceParams")]
    parameters: Parameters<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    price: Box<RawValue>,
    currency: String,
}

#[host_fn]
extern "ExtismHost" {
    fn send_all(requests: Json<Vec<Request>>) -> Json<Vec<Response>>;
}

/// Prices for the lines of a question, in their order.
#[plugin_fn]
pub fn query(question: Json<Question>) -> FnResult<Json<Vec<Price>>> {
    let lines = question.0.lines;
    let requests = lines.iter().map(request).collect::<Result<Vec<_>, _>>()?;
    let answers = unsafe { send_all(Json(requests))? }.0;
    let prices = lines.into_iter().zip(answers).map(|(line, answer)| price(line, &answer));
    Ok(Json(prices.collect::<Result<Vec<_>, _>>()?))
}

fn request(line: &Line) -> Result<Request, serde_json::Error> {
    let parameters = Parameters {
        card_code: line.customer.as_deref(),
        item_code: &line.product,
        inventory_quantity: RawValue::from_string(line.quantity.value.clone())?,
    };
    Ok(Request {
        method: "POST".into(),
        target: "CompanyService_GetItemPrice".into(),
        headers: vec![Header { name: "content-type".into(), value: "application/json".into() }],
        body: serde_json::to_string(&Asked { parameters })?,
    })
}

fn price(line: Line, answer: &Response) -> Result<Price, extism_pdk::Error> {
    if answer.status != 200 {
        return Err(extism_pdk::Error::msg(format!("the system answered {}", answer.status)));
    }
    let found: Answer = serde_json::from_str(&answer.body)?;
    let unit_price = found.price.get().to_owned();
    Ok(Price { product: line.product, unit: line.quantity.unit, unit_price, currency: found.currency })
}
