//! Bad input: each kind gets a clear, typed error that says what to do, and the host goes on.

use bytes::Bytes;
use expect_test::expect_file;
use http::Method;
use serde_json::{Value, json};

use super::{Shop, eventually};

const PRICES: &str = "/v1/connections/erp/prices:query";
const ORDERS: &str = "/v1/connections/erp/orders";

struct Case {
    name: &'static str,
    method: Method,
    path: &'static str,
    key: Key,
    headers: &'static [(&'static str, &'static str)],
    body: Bytes,
}

#[derive(Clone, Copy)]
enum Key {
    Admin,
    Read,
    OtherConnection,
    Missing,
    Misspelt,
    Unknown,
}

fn get(name: &'static str, path: &'static str, key: Key) -> Case {
    Case { name, method: Method::GET, path, key, headers: &[], body: Bytes::new() }
}

fn post(name: &'static str, path: &'static str, body: impl Into<Bytes>) -> Case {
    Case { name, method: Method::POST, path, key: Key::Admin, headers: &[("idempotency-key", "k")], body: body.into() }
}

fn price(change: impl FnOnce(&mut Value)) -> String {
    let mut question = json!({ "lines": [{ "product": "A1000", "customer": "C20000",
        "quantity": { "value": "2", "unit": "EA" } }] });
    change(&mut question);
    question.to_string()
}

fn order(change: impl FnOnce(&mut Value)) -> String {
    let mut order = json!({ "kind": "order", "reference": "WEB-1", "customer": "C20000",
        "lines": [{ "line": "1", "product": "A1000", "quantity": { "value": "2", "unit": "EA" } }] });
    change(&mut order);
    order.to_string()
}

fn cases() -> Vec<Case> {
    vec![
        get("no key", "/v1/connections", Key::Missing),
        get("a misspelt key", "/v1/connections", Key::Misspelt),
        get("an unknown key", "/v1/connections", Key::Unknown),
        Case { key: Key::Read, ..post("a key without the scope", ORDERS, order(|_| {})) },
        get("a key for another connection", "/v1/connections/erp/customers", Key::OtherConnection),
        get("an unknown connection", "/v1/connections/nope/customers", Key::Admin),
        get("a broken connection", "/v1/connections/typo/customers", Key::Admin),
        post("a connector that lacks the capability", "/v1/connections/harm/orders", order(|_| {})),
        post(
            "a live capability that is lacking",
            "/v1/connections/harm/inventory:query",
            r#"{"lines":[{"product":"x"}]}"#,
        ),
        post("a decimal with a comma", PRICES, price(|q| q["lines"][0]["quantity"]["value"] = json!("1,5"))),
        post("a decimal as a number", PRICES, price(|q| q["lines"][0]["quantity"]["value"] = json!(1.5))),
        post("an unknown field", PRICES, price(|q| q["lines"][0]["amount"] = json!("1"))),
        post("a missing field", PRICES, price(|q| _ = q["lines"][0].as_object_mut().unwrap().remove("product"))),
        post("no lines", PRICES, r#"{"lines":[]}"#),
        post("no JSON", PRICES, "lines=1"),
        post("text behind the JSON", PRICES, r#"{"lines":[]} {}"#),
        post("a body of 10 MB", PRICES, vec![b' '; 10_000_000]),
        Case { headers: &[], ..post("an order without a key", ORDERS, order(|_| {})) },
        post(
            "an order with many problems",
            ORDERS,
            order(|o| {
                o["reference"] = json!("");
                o["order_date"] = json!("31.12.2026");
                o["lines"][0]["quantity"]["value"] = json!("0");
            }),
        ),
        get("a page that is too long", "/v1/connections/erp/customers?limit=5000", Key::Admin),
        get("an unknown query parameter", "/v1/jobs?sate=done", Key::Admin),
        get("an unknown job", "/v1/jobs/job_nope", Key::Admin),
        post("an unknown action", "/v1/jobs/job_nope:explode", "{}"),
        post("a key that may do nothing", "/v1/keys", r#"{"name":"x","scopes":[]}"#),
        post("an unknown scope", "/v1/keys", r#"{"name":"x","scopes":["rad"]}"#),
        post("a component that is none", "/v1/plugins", "PK"),
        post("a connector that is not installed", "/v1/plugins/nope:rollback", "{}"),
        post("a connector without a way back", "/v1/plugins/versioned:rollback", "{}"),
        get("an unknown path", "/v2/orders", Key::Admin),
        Case { method: Method::DELETE, ..post("a wrong method", PRICES, "") },
    ]
}

#[tokio::test]
async fn golden_error_bodies() {
    let shop = Shop::open();
    shop.folder.install("versioned").unwrap();
    let harm = "connector = \"versioned\"\nbase_url = \"https://harm.example\"\n";
    shop.folder.connection("harm", harm).unwrap();
    shop.folder
        .connection("typo", "connector = \"versioned\"\nbase_url = \"https://x.example\"\nsecret = {}\n")
        .unwrap();
    eventually("the folders being read", async || {
        let list = shop.client.get("/v1/connections").await.unwrap().body;
        (list["items"].as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    let new = |scope: &str, connection: &str| json!({ "name": "till", "scopes": [scope], "connections": [connection] });
    let key =
        async |new: Value| shop.client.post("/v1/keys", &new).await.unwrap().body["key"].as_str().unwrap().to_owned();
    let (read, other) = (key(new("read", "erp")).await, key(new("write", "harm")).await);

    let mut told = serde_json::Map::new();
    for case in cases() {
        let key = match case.key {
            Key::Admin => None,
            Key::Read => Some(read.as_str()),
            Key::OtherConnection => Some(other.as_str()),
            Key::Missing => Some(""),
            Key::Misspelt => Some("ack_00000000000000000000000000000000aaaaaa"),
            Key::Unknown => Some("ack_00000000000000000000000000000000gf54pg"),
        };
        let client = match (case.key, key) {
            (Key::Missing, _) => shop.client.with_key(None),
            (_, Some(key)) => shop.client.with_key(Some(key)),
            (_, None) => shop.client.clone(),
        };
        let answer = client.send(case.method, case.path, case.headers, case.body).await.unwrap();
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{}: {}", case.name, answer.text);
        assert_eq!(answer.body["status"], answer.status, "{}", case.name);
        let text = answer.body.to_string().replace(&shop.folder.path().display().to_string(), "…");
        told.insert(case.name.to_owned(), serde_json::from_str(&text).unwrap());
        assert_eq!(client.get("/healthz").await.unwrap().status, 200, "after {}", case.name);
    }
    let told = serde_json::to_string_pretty(&told).unwrap();
    expect_file!["goldens/errors.json"].assert_eq(&format!("{told}\n"));
    let answer = shop.client.post(PRICES, &serde_json::from_str(&price(|_| {})).unwrap()).await.unwrap();
    assert_eq!(answer.status, 200, "the host serves as before: {}", answer.text);
}

#[tokio::test]
async fn files_that_are_no_connectors_are_refused_and_what_serves_goes_on() {
    let shop = Shop::open();
    let core = [b"\0asm".as_slice(), &[1, 0, 0, 0]].concat();
    let good = std::fs::read(apiconnect_tests::world::component("sap-business-one").unwrap()).unwrap();
    let no_exports = [b"\0asm".as_slice(), &[0x0d, 0, 1, 0]].concat();
    let files: [(&str, Vec<u8>, &str); 6] = [
        ("a-core.wasm", core, "plugin componentize"),
        ("b-empty.wasm", Vec::new(), "empty"),
        ("c-garbage.wasm", b"PK\x03\x04 not wasm".to_vec(), "no Wasm component"),
        ("d-cut.wasm", good[..good.len() / 2].to_vec(), "compile the connector"),
        ("e-nothing.wasm", no_exports, "does not export apiconnect:connector/connector@0.1.0"),
        ("f-twice.wasm", good.clone(), "already has a connector `sap-business-one`"),
    ];
    for (name, bytes, _) in &files {
        shop.folder.plugin(name, bytes).unwrap();
    }
    let plugins = eventually("all files being refused", async || {
        let plugins = shop.client.get("/v1/plugins").await.unwrap().body;
        (plugins["refused"].as_array().unwrap().len() == files.len()).then_some(plugins)
    })
    .await;
    for ((name, _, says), refused) in files.iter().zip(plugins["refused"].as_array().unwrap()) {
        assert_eq!(refused["file"], **name);
        assert!(refused["problem"].as_str().unwrap().contains(says), "{name}: {refused}");
    }
    // The good file is replaced by a bad one: the version in memory goes on.
    shop.folder.plugin("sap-business-one.wasm", b"not wasm").unwrap();
    eventually("the bad version being refused", async || {
        let plugins = shop.client.get("/v1/plugins").await.unwrap().body;
        (plugins["refused"].as_array().unwrap().len() == files.len() + 1).then_some(())
    })
    .await;
    let question = serde_json::from_str(&price(|_| {})).unwrap();
    assert_eq!(shop.client.post(PRICES, &question).await.unwrap().status, 200);
}
