//! Prices of SAP Business One, in Rust: the same work as `tests/languages/js` and `tests/languages/python`, so that the
//! languages can be measured side by side.

use apiconnect_sdk::http::{Failure, Request, Response};
use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// The connector.
pub struct Prices;

#[derive(Serialize)]
struct Question<'a> {
    #[serde(rename = "ItemPriceParams")]
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    card_code: Option<&'a str>,
    item_code: &'a str,
    inventory_quantity: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    price: Decimal,
    currency: Option<String>,
}

impl Connector for Prices {
    fn describe() -> Description {
        let schema = r#"{"type":"object","properties":{"company_db":{"type":"string"}},"required":["company_db"]}"#;
        let mut about = Description::new("prices-rust", "Prices in Rust", "apiconnect", "0.1.0")
            .settings(schema)
            .secret("user", "user code of a Business One user")
            .secret("password", "password of that user")
            .operation(Operation::new("pricing.query").batch(50).parallel(8));
        about.session = Some(session());
        about
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "SAP Business One".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Prices {
    fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        let questions = lines.iter().map(question).collect::<Result<Vec<_>, _>>()?;
        let answers = http::send_all(questions);
        Ok(lines.iter().zip(answers).map(|(line, answer)| price(line, answer)).collect())
    }
}

fn question(line: &PriceRequest) -> Result<Request, Error> {
    let parameters = Parameters {
        card_code: line.customer.as_deref(),
        item_code: &line.product,
        inventory_quantity: Decimal::of(&line.quantity.value, "quantity.value")?,
    };
    Ok(http::post("CompanyService_GetItemPrice").json(&Question { parameters }))
}

fn price(line: &PriceRequest, answer: Result<Response, Failure>) -> LineResult<Price> {
    let response = answer.map_err(|failure| Error::Unavailable(failure.message))?;
    match response.status {
        200 => {}
        404 => return Err(Error::NotFound(format!("there is no {}", line.product))),
        400 if response.text().contains("-2028") => {
            return Err(Error::NotFound(format!("there is no {}", line.product)));
        }
        status => return Err(Error::Unavailable(format!("the system answered {status}"))),
    }
    let found: Answer = response.json()?;
    match found.currency.filter(|currency| !currency.is_empty()) {
        Some(currency) => Ok(Price::new(&line.product, &line.quantity.unit, found.price, currency)),
        None => Err(Error::NotFound(format!("{} has no price", line.product))),
    }
}

fn session() -> SessionScheme {
    let cookie = |name: &str| Kept { name: name.into(), from: KeptFrom::Cookie(name.into()) };
    SessionScheme {
        method: "POST".into(),
        path: "Login".into(),
        headers: vec![Template { name: "content-type".into(), value: "application/json".into() }],
        body: r#"{"CompanyDB":"{{setting:company_db}}","UserName":"{{secret:user}}","Password":"{{secret:password}}"}"#
            .into(),
        kept: vec![cookie("B1SESSION"), cookie("ROUTEID")],
        apply: vec![SessionHeader {
            name: "cookie".into(),
            value: "B1SESSION={{kept:B1SESSION}}; ROUTEID={{kept:ROUTEID}}".into(),
            encoding: HeaderEncoding::None,
        }],
        expired: vec![ExpiredAnswer { status: 401, body_contains: None }],
        lifetime_seconds: Some(1_500),
    }
}

apiconnect_sdk::export!(Prices: pricing);
