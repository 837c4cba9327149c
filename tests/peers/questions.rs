//! What a shop asks while somebody looks at a page: prices, stock, customers.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Shop, Tryton};

fn price(product: &str, customer: &str, quantity: &str, unit: &str) -> Value {
    json!({ "product": product, "customer": customer, "quantity": { "value": quantity, "unit": unit } })
}

/// Without zeros at the end, which the contract does not promise.
fn bare(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn every_price_is_what_tryton_enters_itself() {
    let shop = Shop::open();
    let fixture = shop.tryton.fixture().unwrap();
    let known = fixture["prices"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines: Vec<Value> = known
        .iter()
        .map(|row| price(&text(&row["product"]), &text(&row["party"]), &text(&row["quantity"]), &text(&row["unit"])))
        .collect();
    assert!(lines.len() > 40, "the fixture has prices to compare with");
    for (row, line) in known.iter().zip(shop.ask("prices", &lines).await) {
        let unit_price = line["price"]["unit_price"].as_str().unwrap_or_default();
        assert_eq!(unit_price, bare(row["unit_price"].as_str().unwrap()), "{row} {line}");
        assert_eq!(line["price"]["currency"], "USD");
    }
    // Four digits, the store's name for a unit, a step in the price, and what is not there.
    let mut asked = vec![price("BOLT-M8", "NORTHFIELD", "1000", "EA"), price("NOPE", "NORTHFIELD", "1", "EA")];
    asked.push(price("PART-77", "NORTHFIELD", "1", "EA"));
    asked[0]["want_breaks"] = json!(true);
    let answers = shop.ask("prices", &asked).await;
    let bolt = &answers[0]["price"];
    assert_eq!((&bolt["unit_price"], &bolt["list_price"]), (&json!("0.0864"), &json!("0.1234")), "{bolt}");
    let steps: Vec<_> = bolt["breaks"].as_array().unwrap().iter().map(|step| &step["min_quantity"]["value"]).collect();
    assert_eq!(steps, ["1", "1000"], "{bolt}");
    assert_eq!(answers[1]["error"]["code"], "not_found");
    assert!(answers[2]["error"]["code"].is_string(), "a product that is not for sale has no price: {}", answers[2]);
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn stock_and_customers_are_read() {
    let shop = Shop::open();
    let check = shop.client.post("/v1/connections/erp:check", &json!({})).await.unwrap();
    assert!(check.text.contains("Tryton") && check.text.contains("8.2"), "{}", check.text);

    let asked = ["DRILL-18V", "CABLE-3G", "NOPE"].map(|product| json!({ "product": product }));
    let answers = shop.ask("inventory", &asked).await;
    let rows = answers[0]["stock"]["warehouses"].as_array().unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row["warehouse"].as_str().unwrap(), &row["available"])).collect();
    assert_eq!(shown, [("WH", &json!("24")), ("WEST", &json!("3"))], "{}", answers[0]);
    assert!(answers[1].to_string().contains("\"312.5\""), "{}", answers[1]);
    assert_eq!(answers[2]["error"]["code"], "not_found");

    // An umlaut, and a code that no path segment may hold as it is.
    let customer = shop.client.get("/v1/connections/erp/customers/M%C3%9CLLER").await.unwrap();
    assert_eq!(customer.body["name"], "Müller & Söhne Werkzeuge", "{}", customer.text);
    let addresses = shop.client.get("/v1/connections/erp/customers/NORTHFIELD/ship-tos").await.unwrap();
    let streets: Vec<_> =
        addresses.body["items"].as_array().unwrap().iter().map(|a| &a["address"]["lines"][0]).collect();
    assert_eq!(streets, ["24 Canal Street", "7 Mill Lane"], "{}", addresses.text);

    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let page = shop.client.get(&format!("/v1/connections/erp/customers?limit=2{next}")).await.unwrap().body;
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["ids"]["id"].to_string()));
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    names.sort();
    let all = ["\"COMPANY\"", "\"HARBOR\"", "\"MÜLLER\"", "\"NORTHFIELD\"", "\"WEB\""];
    assert!(all.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    names.dedup_by(|one, other| one == other);
    assert!(names.len() >= all.len());
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn a_session_that_ends_is_renewed_unseen() {
    let shop = Shop::before(Tryton::start(&["--session-max-age", "1"]).unwrap());
    let logins = || shop.tryton.log().unwrap().matches("login succeeded").count();
    for round in 1..=3 {
        let answers = shop.ask("prices", &[price("DRILL-18V", "HARBOR", "1", "EA")]).await;
        assert_eq!(answers[0]["price"]["unit_price"], "124.5", "round {round}: {}", answers[0]);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
    }
    assert!(logins() >= 3, "the session ended {} times", logins().saturating_sub(1));
    shop.deliver("key-1", &super::order("WEB-S1", "HARBOR", &[super::line("DRILL-18V", "1", "EA")])).await;
    assert_eq!(shop.tryton.sales("WEB-S1").unwrap().len(), 1);
}
