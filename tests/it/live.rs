//! Live questions: prices, stock, customers, orders of the system.

use serde_json::{Value, json};

use super::Shop;

fn line(product: &str, customer: &str, quantity: &str) -> Value {
    json!({ "product": product, "customer": customer, "quantity": { "value": quantity, "unit": "EA" } })
}

#[tokio::test]
async fn each_customer_gets_their_price_in_the_order_of_the_question() {
    let shop = Shop::open();
    let lines = [
        line("A1001", "C30000", "1"),
        line("A1001", "C30000", "100"),
        line("A1007", "C20000", "1"),
        line("NOPE", "C20000", "1"),
        line("A1000", "C40000", "1"),
    ];
    let answer = shop.client.post("/v1/connections/erp/prices:query", &json!({ "lines": lines })).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let price = |at: usize| answer.body["lines"][at]["price"]["unit_price"].as_str();
    assert_eq!(
        [price(0), price(1), price(2), price(3), price(4)],
        [Some("8.5"), Some("7.25"), Some("0.0125"), None, Some("9")]
    );
    assert_eq!(answer.body["lines"][3]["error"]["code"], "not_found");
    assert_eq!(answer.body["lines"][4]["price"]["currency"], "EUR");
    let provenance = &answer.body["lines"][0]["provenance"];
    assert_eq!((&provenance["source"], &provenance["stale"]), (&json!("live"), &json!(false)));
}

#[tokio::test]
async fn a_long_question_is_split_and_comes_back_whole() {
    let shop = Shop::open();
    let lines: Vec<Value> = (0..300).map(|n| line(&format!("A10{:02}", n % 18), "C20000", "1")).collect();
    let answer = shop.client.post("/v1/connections/erp/prices:query", &json!({ "lines": lines })).await.unwrap();
    let answers = answer.body["lines"].as_array().unwrap();
    assert_eq!(answers.len(), 300);
    for (asked, got) in lines.iter().zip(answers) {
        assert_eq!(asked["product"], got["product"]);
        assert_eq!(asked["product"], got["price"]["product"], "{got}");
    }
}

#[tokio::test]
async fn stock_customers_and_orders_are_read() {
    let shop = Shop::open();
    let question = json!({ "lines": [{ "product": "A1001" }, { "product": "NOPE" }] });
    let answer = shop.client.post("/v1/connections/erp/inventory:query", &question).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("\"available\":\"100\""), "{}", answer.text);
    assert_eq!(answer.body["lines"][1]["error"]["code"], "not_found");

    let customer = shop.client.get("/v1/connections/erp/customers/C30000").await.unwrap().body;
    assert_eq!(customer["name"], "O'Hara Marine");
    let first = shop.client.get("/v1/connections/erp/customers?limit=2").await.unwrap().body;
    let next = first["next"].as_str().unwrap();
    let encoded: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let second =
        shop.client.get(&format!("/v1/connections/erp/customers?limit=2&cursor={encoded}")).await.unwrap().body;
    assert_ne!(first["items"][0]["ids"]["id"], second["items"][0]["ids"]["id"]);
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    let addresses = shop.client.get("/v1/connections/erp/customers/C20000/ship-tos").await.unwrap().body;
    assert_eq!(addresses["items"].as_array().unwrap().len(), 2, "{addresses}");
    let missing = shop.client.get("/v1/connections/erp/orders/999").await.unwrap();
    assert_eq!((missing.status, &missing.body["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn an_expired_session_is_renewed_unseen() {
    let shop = Shop::open();
    let ask = async || {
        let question = json!({ "lines": [line("A1000", "C20000", "1")] });
        shop.client.post("/v1/connections/erp/prices:query", &question).await.unwrap()
    };
    assert_eq!(ask().await.status, 200);
    shop.erp.expire_sessions();
    let answer = ask().await;
    assert_eq!(answer.body["lines"][0]["price"]["unit_price"], "10", "{}", answer.text);
    assert_eq!(shop.erp.requests()["login"], 2);
}

#[tokio::test]
async fn a_check_goes_the_whole_way_and_the_exchanges_are_shown_without_secrets() {
    let shop = Shop::open();
    let checked = shop.client.post("/v1/connections/erp:check", &json!({})).await.unwrap();
    assert_eq!(checked.body["ok"], true, "{}", checked.text);
    assert_eq!(checked.body["tenant"], "Harbor Wholesale Inc.");
    let exchanges = shop.client.get("/v1/connections/erp/exchanges").await.unwrap();
    assert!(exchanges.text.contains("/b1s/v1/Login"), "{}", exchanges.text);
    assert!(!exchanges.text.contains("s3cret-b1"));
    let metrics = shop.client.with_key(None).get("/metrics").await.unwrap();
    assert!(metrics.text.contains("apiconnect_http_requests_total"), "{}", metrics.text);
    assert_eq!(shop.client.with_key(None).get("/readyz").await.unwrap().status, 200);
}
