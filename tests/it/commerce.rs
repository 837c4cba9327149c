//! Every question and every change of the contract over HTTP, before a connector that offers nearly all of them.

use http::Method;
use serde_json::{Value, json};

use apiconnect_tests::world::{Answer, Client, Folder, Process};

struct Book {
    client: Client,
    _host: Process,
    _folder: Folder,
}

impl Book {
    fn open() -> Self {
        let folder = Folder::new().unwrap();
        folder.install("ledger").unwrap();
        // A port where nothing listens: a request that leaves there is never answered.
        let text = "connector = \"ledger\"\nbase_url = \"http://127.0.0.1:9\"\ngrants = { private_network = true }\n";
        folder.connection("book", text).unwrap();
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        Self { client: Client::new(host.address(), Some(&key)), _host: host, _folder: folder }
    }

    async fn get(&self, path: &str) -> Answer {
        self.client.get(&format!("/v1/connections/book/{path}")).await.unwrap()
    }

    async fn change(&self, method: Method, path: &str, key: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key), ("prefer", "wait=20")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.client.send(method, &format!("/v1/connections/book/{path}"), &headers, body.into()).await.unwrap()
    }
}

#[tokio::test]
async fn every_list_and_record_is_read() {
    let book = Book::open();
    let expected = [
        ("customers/C1/contacts", "/items/0/name", json!("Accounts payable")),
        ("customers/C1/past-items", "/items/0/customer_sku", json!("C1-A1")),
        ("customers/C1/account-summary", "/balance", json!("120.50")),
        ("customers/C1/payment-methods", "/items/0/token", json!("tok_C1")),
        ("customer-groups", "/items/0/kind", json!("corporate")),
        ("price-agreements", "/items/0/breaks/0/unit_price", json!("9.90")),
        ("inventory?warehouse=02", "/items/0/warehouse", json!("02")),
        ("categories", "/items/0/name", json!("Valves")),
        ("relations", "/items/0/kind", json!("superseded_by")),
        ("kits", "/items/0/quantity/value", json!("2")),
        ("customer-products?customer=C7", "/items/0/customer", json!("C7")),
        ("customer-products", "/items/0/customer_sku", json!("00042")),
        ("restrictions", "/next", json!("second")),
        ("restrictions?cursor=second", "/items/0/target/product", json!("A2")),
        ("warehouses", "/items/0/pickup", json!(true)),
        ("carriers", "/items/0/services/0", json!("ground")),
        ("terms", "/items/0/days", json!(30)),
        ("units", "/items/0/code", json!("EA")),
        ("orders/17/shipments", "/items/0/tracking/0/number", json!("1Z999")),
    ];
    for (path, place, value) in expected {
        let answer = book.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert_eq!(answer.body.pointer(place), Some(&value), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_a_connector_cannot_do_and_a_list_that_stopped_early_are_told() {
    let book = Book::open();
    let products = book.get("products").await;
    assert_eq!((products.status, &products.body["code"]), (501, &json!("not_supported")), "{}", products.text);
    let short = book.get("restrictions?cursor=lost").await;
    assert_eq!((short.status, &short.body["code"]), (502, &json!("incomplete_list")), "{}", short.text);
    let wrong = book.get("units?limit=0").await;
    assert_eq!((wrong.status, &wrong.body["code"]), (422, &json!("invalid_document")), "{}", wrong.text);
}

#[tokio::test]
async fn an_invoice_comes_as_a_file_and_its_name_cannot_break_the_header() {
    let book = Book::open();
    let document = book.get("invoices/I-1/document").await;
    assert_eq!(document.status, 200, "{}", document.text);
    assert_eq!(document.headers["content-type"], "application/pdf");
    assert_eq!(document.headers["x-content-type-options"], "nosniff");
    assert_eq!(document.headers["content-disposition"], "attachment; filename=\"I-1.pdf\"");
    assert_eq!(document.text, "%PDF-1.4 invoice I-1");
}

#[tokio::test]
async fn questions_that_are_posted_store_nothing() {
    let book = Book::open();
    let session = book.change(Method::POST, "customers/C1/vault-sessions", "", Value::Null).await;
    assert_eq!((session.status, &session.body["client"]["field"]), (200, &json!("iframe")), "{}", session.text);
    let order = json!({ "kind": "order", "reference": "W-1", "customer": "C1",
        "lines": [{ "line": "1", "product": "A1", "quantity": { "value": "2", "unit": "EA" } }] });
    let priced = book.change(Method::POST, "orders:simulate", "", order).await;
    assert_eq!((priced.status, &priced.body["raw_status"]), (200, &json!("simulated")), "{}", priced.text);
    assert_eq!(book.client.get("/v1/jobs").await.unwrap().body["items"], json!([]));
}

#[tokio::test]
async fn every_change_goes_through_the_queue_once() {
    let book = Book::open();
    let customer = |id: &str| {
        json!({ "ids": { "id": id }, "revision": {}, "name": "Harbor", "status": "active",
        "po_required": false, "backorder": "allow", "card_only": false, "restrictions": "none" })
    };
    let ship_to = json!({ "ids": { "id": "" }, "revision": {}, "customer": "", "address": {}, "active": true });
    let money = json!({ "amount": "5.00", "currency": "USD" });
    let expected = [
        (Method::POST, "orders/17:cancel", json!({ "customer": "C1" }), "orders.cancel", "17"),
        (
            Method::POST,
            "orders/17/notes",
            json!({ "reference": "N-1", "note": { "audience": "pick", "text": "left side" } }),
            "orders.add-note",
            "done-N-1",
        ),
        (
            Method::POST,
            "quotes/Q9:convert",
            json!({ "reference": "W-9", "customer": "C1" }),
            "quotes.convert",
            "Q9-0-W-9",
        ),
        (
            Method::POST,
            "payments",
            json!({ "customer": "C1", "payment": { "method": "ach", "reference": "P-1", "amount": money } }),
            "invoices.record-payment",
            "done-P-1",
        ),
        (Method::POST, "customers", customer(""), "customers.upsert-customer", "done-Harbor"),
        (Method::PUT, "customers/C1", customer("ignored"), "customers.upsert-customer", "C1"),
        (Method::POST, "customers/C1/ship-tos", ship_to.clone(), "customers.upsert-ship-to", "done-C1"),
        (Method::PUT, "customers/C1/ship-tos/A", ship_to, "customers.upsert-ship-to", "A"),
        (
            Method::POST,
            "charges",
            json!({ "reference": "CH-1", "customer": "C1", "token": "tok_1", "amount": money }),
            "payments.charge",
            "done-CH-1",
        ),
        (
            Method::POST,
            "payment-methods:detach",
            json!({ "customer": "C1", "token": "tok_1" }),
            "payments.detach",
            "tok_1",
        ),
    ];
    for (number, (method, path, body, operation, id)) in expected.into_iter().enumerate() {
        let key = format!("key-{number}");
        let answer = book.change(method.clone(), path, &key, body.clone()).await;
        assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!("ok")), "{path}: {}", answer.text);
        assert_eq!((&answer.body["operation"], &answer.body["ids"]["id"]), (&json!(operation), &json!(id)), "{path}");
        let again = book.change(method, path, &key, body).await;
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        assert_eq!(again.body["id"], answer.body["id"], "{path}");
    }
}

#[tokio::test]
async fn a_change_that_is_refused_is_parked_with_the_systems_words() {
    let book = Book::open();
    let body = json!({ "reference": "W-1", "customer": "C1" });
    let gone = book.change(Method::POST, "quotes/gone:convert", "key", body).await;
    assert_eq!((gone.status, &gone.body["state"]), (202, &json!("parked")), "{}", gone.text);
    assert_eq!(gone.body["reason"]["text"], "there is no such quote");
}

#[tokio::test]
async fn a_document_without_what_it_needs_is_refused_by_field() {
    let book = Book::open();
    let card = json!({ "reference": "CH-1", "customer": "C1", "token": "4111111111111111",
        "amount": { "amount": "5.00", "currency": "USD" } });
    let refused = book.change(Method::POST, "charges", "key", card).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("token")), "{}", refused.text);
    let nothing = json!({ "customer": "C1", "payment": { "method": "ach" } });
    let refused = book.change(Method::POST, "payments", "key", nothing).await;
    let fields: Vec<&Value> = refused.body["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, [&json!("payment.reference"), &json!("payment.amount")]);
    let unknown = book.change(Method::POST, "orders/17:explode", "key", Value::Null).await;
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("unknown_path")));
    assert!(refused.text.contains("store's own number"), "{}", refused.text);
    assert_eq!(book.client.get("/v1/jobs").await.unwrap().body["items"], json!([]), "nothing was accepted");
}
