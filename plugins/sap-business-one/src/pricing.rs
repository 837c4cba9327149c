//! Prices: one `CompanyService_GetItemPrice` for each line, all side by side.

use apiconnect_sdk::http::{Failure, Request, Response};
use apiconnect_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::service;
use crate::settings::Settings;
use crate::wire::{day, text, text_of};

#[derive(Serialize)]
struct Question<'a> {
    #[serde(rename = "ItemPriceParams")]
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    card_code: Option<&'a str>,
    item_code: &'a str,
    #[serde(rename = "UoMEntry", skip_serializing_if = "Option::is_none")]
    unit: Option<i64>,
    #[serde(rename = "UoMQuantity", skip_serializing_if = "Option::is_none")]
    unit_quantity: Option<Decimal>,
    /// In the inventory unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_quantity: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    date: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    price: Decimal,
    currency: Option<String>,
    discount: Option<Decimal>,
}

#[derive(Deserialize)]
struct SpecialPrice {
    #[serde(rename = "SpecialPriceDataAreas", default)]
    areas: Vec<Area>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Area {
    date_from: Option<String>,
    dateto: Option<String>,
    #[serde(rename = "SpecialPriceQuantityAreas", default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    quantity: Decimal,
    special_price: Decimal,
    #[serde(rename = "UoMEntry")]
    unit: Option<i64>,
}

/// A line that can be asked: its unit, and what it costs in requests.
struct Asked {
    unit: Option<i64>,
    date: String,
    breaks: bool,
}

/// One answer per line, in order. A line that cannot be asked costs no request.
pub(crate) fn query(ctx: &Context, settings: &Settings, lines: &[PriceRequest]) -> Vec<LineResult<Price>> {
    let today = apiconnect_sdk::clock::today();
    let mut requests = Vec::new();
    let asked: Vec<Result<Asked, Error>> = lines
        .iter()
        .map(|line| {
            let (asked, request) = question(settings, line, &today)?;
            requests.push(request);
            if let Some(customer) = line.customer.as_deref().filter(|_| asked.breaks) {
                requests.push(special_price(customer, &line.product));
            }
            Ok(asked)
        })
        .collect();
    let mut answers = http::send_all(requests).into_iter();
    lines
        .iter()
        .zip(asked)
        .map(|(line, asked)| {
            let asked = asked?;
            let own = answers.next().ok_or_else(|| Error::internal("the host gave too few answers"))?;
            let breaks = if asked.breaks { answers.next() } else { None };
            let mut price = price(ctx, settings, line, own)?;
            if let Some(answer) = breaks {
                price.breaks = steps(line, &asked, answer)?;
            }
            Ok(price)
        })
        .collect()
}

fn question(settings: &Settings, line: &PriceRequest, today: &str) -> Result<(Asked, Request), Error> {
    let quantity = Decimal::of(&line.quantity.value, "quantity.value")?;
    let unit = settings.unit_entry(&line.quantity.unit)?;
    let date = line.date.as_deref().unwrap_or(today);
    let parameters = Parameters {
        card_code: line.customer.as_deref(),
        item_code: &line.product,
        unit,
        unit_quantity: unit.map(|_| quantity),
        inventory_quantity: if unit.is_none() { Some(quantity) } else { None },
        currency: line.currency.as_deref().map(|iso| settings.own_currency(iso)),
        date,
    };
    let request = http::post("CompanyService_GetItemPrice").json(&Question { parameters });
    let breaks = line.want_breaks && line.customer.is_some();
    Ok((Asked { unit, date: date.to_owned(), breaks }, request))
}

fn special_price(customer: &str, product: &str) -> Request {
    let key = |text: &str| http::encode(&text.replace('\'', "''"));
    http::get(format!("SpecialPrices(ItemCode='{}',CardCode='{}')", key(product), key(customer)))
}

fn price(
    ctx: &Context,
    settings: &Settings,
    line: &PriceRequest,
    answer: Result<Response, Failure>,
) -> Result<Price, Error> {
    let response = service::succeeded(answer)?;
    let found: Answer = response.json()?;
    let currency = found.currency.unwrap_or_default();
    if currency.is_empty() && found.price == Decimal::ZERO {
        // The system answers zero without a currency where no list has a price.
        return Err(Error::NotFound(format!("`{}` has no price for this customer", line.product)));
    }
    let currency = settings.iso_currency(&currency)?;
    let discount = found.discount.filter(|discount| *discount > Decimal::ZERO && *discount < Decimal::HUNDRED);
    let share = discount.and_then(|discount| (Decimal::HUNDRED - discount).divided_by(Decimal::HUNDRED));
    let (net, list) = match share {
        None => (found.price, None),
        Some(share) if settings.price_has_discount => (found.price, found.price.divided_by(share)),
        Some(share) => (found.price * share, Some(found.price)),
    };
    let mut price = Price::new(&line.product, &line.quantity.unit, text(net)?, currency);
    // Prices of the system have six digits at most; more come from dividing.
    price.list_price = text_of(list.map(|list| list.round(6)))?;
    price.discount_percent = text_of(discount)?;
    price.native = ctx.wants_native().then(|| response.text().into_owned());
    Ok(price)
}

/// The quantity steps of the customer's special price on that day, in the unit asked for. None has no such price.
fn steps(line: &PriceRequest, asked: &Asked, answer: Result<Response, Failure>) -> Result<Vec<PriceBreak>, Error> {
    let special: SpecialPrice = match service::read(answer) {
        Err(Error::NotFound(_)) => return Ok(Vec::new()),
        other => other?,
    };
    let holds = |area: &&Area| {
        let from = area.date_from.as_deref().map(day);
        let until = area.dateto.as_deref().map(day);
        from.is_none_or(|from| from <= asked.date) && until.is_none_or(|until| asked.date <= until)
    };
    let steps = special.areas.iter().filter(holds).flat_map(|area| &area.steps);
    let in_unit = steps.filter(|step| step.unit.filter(|entry| *entry > 0) == asked.unit);
    in_unit
        .map(|step| {
            Ok(PriceBreak {
                min_quantity: Quantity::new(text(step.quantity)?, &line.quantity.unit),
                unit_price: Some(text(step.special_price)?),
                discount_percent: None,
                discount_amount: None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;
    use crate::BusinessOne;

    const PRICE: &str = "CompanyService_GetItemPrice";

    fn line(product: &str, unit: &str) -> PriceRequest {
        PriceRequest {
            customer: Some("C1".into()),
            ship_to: None,
            product: product.into(),
            quantity: Quantity::new("12.5", unit),
            warehouse: None,
            currency: None,
            date: None,
            want_breaks: false,
        }
    }

    fn ask(host: FakeHost, settings: &str, lines: Vec<PriceRequest>) -> (Vec<LineResult<Price>>, FakeHost) {
        let mut answers = Vec::new();
        let host = host.run(|| answers = BusinessOne::query_prices(settings, lines));
        (answers, host)
    }

    impl BusinessOne {
        fn query_prices(settings: &str, lines: Vec<PriceRequest>) -> Vec<LineResult<Price>> {
            <Self as Pricing>::query(&Context::for_test(settings), lines).unwrap()
        }
    }

    #[test]
    fn every_line_has_its_answer_in_its_place() {
        let no_record = r#"{"error": {"code": -2028, "message": {"lang": "en-us", "value": "No matching records"}}}"#;
        let host = FakeHost::new()
            .on("POST", PRICE, 200, r#"{"Price": 8.50, "Currency": "USD", "Discount": 0.0}"#)
            .on("POST", PRICE, 400, no_record)
            .cut("POST", PRICE)
            .on("POST", PRICE, 200, r#"{"Price": 0.0, "Currency": "", "Discount": 0.0}"#)
            .on("POST", PRICE, 200, r#"["odd"]"#);
        let mut lines = vec![line("A", "EA"), line("B", "PAL"), line("C", "EA"), line("D", "EA")];
        lines.extend([line("E", "EA"), line("F", "EA")]);
        let (answers, host) = ask(host, r#"{"company_db": "X"}"#, lines);
        assert_eq!(answers[0].as_ref().unwrap().unit_price, "8.5");
        assert!(matches!(answers[1], Err(Error::NeedsMapping(_))));
        assert!(matches!(answers[2], Err(Error::NotFound(_))));
        assert!(matches!(answers[3], Err(Error::Unavailable(_))));
        assert!(matches!(answers[4], Err(Error::NotFound(_))));
        assert!(matches!(answers[5], Err(Error::Internal(_))));
        let body = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
        let asked = r#"{"CardCode":"C1","ItemCode":"A","InventoryQuantity":12.5,"Date":"2026-01-01"}"#;
        assert_eq!(body, format!(r#"{{"ItemPriceParams":{asked}}}"#));
    }

    #[test]
    fn units_and_currencies_are_sent_as_the_company_has_them() {
        let settings = r#"{"company_db": "X", "currencies": {"$": "USD"}, "units": {"BOX": 2}}"#;
        let host = FakeHost::new().on("POST", PRICE, 200, r#"{"Price": 96, "Currency": "$"}"#);
        let line = PriceRequest { currency: Some("USD".into()), ..line("A", "BOX") };
        let (answers, host) = ask(host, settings, vec![line]);
        let price = answers[0].as_ref().unwrap();
        assert_eq!((price.unit.as_str(), price.currency.as_str(), price.unit_price.as_str()), ("BOX", "USD", "96"));
        let body = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
        assert!(body.contains(r#""UoMEntry":2,"UoMQuantity":12.5,"Currency":"$""#), "{body}");
    }

    #[test]
    fn a_discount_gives_the_list_price() {
        let answer = r#"{"Price": 11.7, "Currency": "USD", "Discount": 10.0}"#;
        for (settings, net, list) in [
            (r#"{"company_db": "X"}"#, "11.7", "13"),
            (r#"{"company_db": "X", "price_has_discount": false}"#, "10.53", "11.7"),
        ] {
            let (answers, _) = ask(FakeHost::new().on("POST", PRICE, 200, answer), settings, vec![line("A", "EA")]);
            let price = answers[0].as_ref().unwrap();
            let seen = (price.unit_price.as_str(), price.list_price.as_deref(), price.discount_percent.as_deref());
            assert_eq!(seen, (net, Some(list), Some("10")));
        }
    }

    #[test]
    fn breaks_come_from_the_special_price() {
        let special = r#"{"SpecialPriceDataAreas": [
            {"DateFrom": "2020-01-01T00:00:00Z", "Dateto": null, "SpecialPriceQuantityAreas":
                [{"Quantity": 10.0, "SpecialPrice": 8.0, "UoMEntry": -1}, {"Quantity": 1, "SpecialPrice": 90, "UoMEntry": 2}]},
            {"DateFrom": "2020-01-01", "Dateto": "2020-12-31", "SpecialPriceQuantityAreas":
                [{"Quantity": 5, "SpecialPrice": 1}]}]}"#;
        let found = r#"{"Price": 8.5, "Currency": "USD", "Discount": 0}"#;
        let missing = r#"{"error": {"code": -2028, "message": {"value": "No matching records"}}}"#;
        let host = FakeHost::new()
            .on("POST", PRICE, 200, found)
            .on("GET", "SpecialPrices(ItemCode='A',CardCode='C1')", 200, special)
            .on("POST", PRICE, 200, found)
            .on("GET", "SpecialPrices(ItemCode='B',CardCode='C1')", 404, missing);
        let wants = |product: &str| PriceRequest { want_breaks: true, ..line(product, "EA") };
        let (answers, _) = ask(host, r#"{"company_db": "X"}"#, vec![wants("A"), wants("B")]);
        let breaks = &answers[0].as_ref().unwrap().breaks;
        assert_eq!(breaks.len(), 1);
        assert_eq!((breaks[0].min_quantity.value.as_str(), breaks[0].unit_price.as_deref()), ("10", Some("8")));
        assert!(answers[1].as_ref().unwrap().breaks.is_empty());
    }
}
