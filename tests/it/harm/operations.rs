//! A panic in every function of the contract, called as the host calls it.

use std::sync::Arc;
use std::time::Duration;

use apiconnect::commerce::lane::Lane;
use apiconnect::egress::{Egress, Outlet, OutletSettings};
use apiconnect::plugin::{AskError, Call, CallError, Link, OPERATIONS, Sandbox, engine};
use apiconnect::seam::Clock;
use apiconnect::secret::Vault;
use apiconnect_tests::world::component;
use serde_json::{Map, Value, json};

/// A parameter that asks for a panic, wherever the connector looks for its deed.
fn parameter(operation: &str, name: &str) -> Value {
    let write = json!({ "idempotency_key": "k", "reference": "panic", "attempt": 1 });
    let order = super::order("panic", "c", "panic");
    match (name, operation) {
        ("customer", "customers.upsert-customer") => {
            json!({ "ids": { "id": "1" }, "revision": {}, "name": "n", "status": "active", "backorder": "allow",
                "restrictions": "none" })
        }
        ("ship_to", _) => json!({ "ids": { "id": "1" }, "revision": {}, "customer": "c", "address": {} }),
        ("page", _) => json!({ "cursor": "panic", "limit": 1 }),
        ("lines", "inventory.query") => json!([{ "product": "panic" }]),
        ("lines", _) => super::question("panic")["lines"].clone(),
        ("filter", "customers.list") => json!({ "active_only": false }),
        ("filter", _) => json!({ "state": "open" }),
        ("write", _) => write,
        ("order", _) => order,
        ("documents", _) => json!([{ "write": write, "document": order }]),
        ("note", _) => json!({ "audience": "internal", "text": "t" }),
        ("payment", _) => json!({ "method": "card" }),
        ("amount", _) => json!({ "amount": "1", "currency": "USD" }),
        ("entity", _) => json!("customers"),
        ("limit", _) => json!(1),
        ("changes", _) => json!([]),
        ("request", _) => json!({ "method": "GET", "path": "panic", "query": "", "headers": [], "body": [] }),
        _ => json!("panic"),
    }
}

#[tokio::test]
async fn a_panic_in_every_function_ends_its_call_alone() {
    let sandbox = Sandbox::new(engine(None).unwrap()).unwrap();
    let loaded = sandbox.load(&component("hostile").unwrap()).await.unwrap();
    let egress = Egress::new(Clock::system()).unwrap();
    let outlet = Outlet::open(OutletSettings::new("t", "https://erp.example".parse().unwrap()), &egress).unwrap();
    let link = Link::new("t", "{}".to_owned(), Arc::new(outlet), Vault::default(), Clock::system());
    let link = Arc::new(link);
    let call = || Call {
        link: Arc::clone(&link),
        id: "call".into(),
        lane: Lane::Live,
        time: Duration::from_secs(30),
        want_native: false,
    };
    for (operation, interface, _) in OPERATIONS {
        assert!(loaded.interfaces.contains(interface), "{operation} is not offered");
        let mut question = Map::new();
        if operation.starts_with("feed.") {
            question.insert("cursor".to_owned(), json!("panic"));
        }
        // What is missing says its name.
        let ended = loop {
            match loaded.ask(call(), operation, Value::Object(question.clone())).await {
                Ok(ended) => break ended,
                Err(AskError::Question { problem, field, .. }) => {
                    let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
                    let name = missing.unwrap_or_else(|| panic!("{operation}: {field}: {problem}"));
                    let before = question.insert(name.to_owned(), parameter(operation, name));
                    assert!(before.is_none(), "{operation}: {field}: {problem}");
                }
                Err(error) => panic!("{error}"),
            }
        };
        let Err(CallError::Trap { text }) = ended.result else { panic!("{operation}: {:?}", ended.result) };
        assert!(text.starts_with("hostile 0.1.0: ") && text.contains("on request"), "{operation}: {text}");
    }
    assert!(OPERATIONS.len() >= 50);
}
