//! A question of each operation, for finding out what a connector says that no scenario asks it.

use serde_json::{Value, json};

/// The smallest input that the operation takes.
pub(super) fn of(operation: &str) -> Value {
    let page = json!({ "limit": 1 });
    let documents = json!({ "state": "all" });
    let quantity = json!({ "value": "1", "unit": "EA" });
    let line = json!({ "line": "1", "product": "1", "quantity": quantity });
    let order = json!({ "kind": "order", "reference": "sample", "customer": "1", "lines": [line] });
    let money = json!({ "amount": "1", "currency": "USD" });
    let ids = json!({ "id": "1" });
    match operation {
        "connector.check" => json!({}),
        "pricing.query" => json!({ "lines": [{ "product": "1", "quantity": quantity }] }),
        "inventory.query" => json!({ "lines": [{ "product": "1" }] }),
        "inventory.list" => json!({ "warehouse": null, "page": page }),
        "customers.list" => json!({ "filter": { "text": null, "group": null, "active_only": false }, "page": page }),
        "customers.ship-tos" | "customers.contacts" | "customers.past-items" => {
            json!({ "customer": "1", "page": page })
        }
        "catalog.customer-products" => json!({ "customer": null, "page": page }),
        "customers.account-summary" | "payments.begin-vault" | "payments.list-methods" => json!({ "customer": "1" }),
        "customers.upsert-customer" => json!({ "customer": customer() }),
        "customers.upsert-ship-to" => json!({ "ship_to": {
            "ids": ids, "revision": {}, "customer": "1", "address": {}, "active": true } }),
        "orders.list" | "quotes.list" | "invoices.list" => json!({ "filter": documents, "page": page }),
        "orders.simulate" | "orders.submit" => json!({ "order": order }),
        "orders.cancel" => json!({ "id": "1", "reason": null }),
        "orders.add-note" => json!({ "id": "1", "note": { "audience": "internal", "text": "sample" } }),
        "order-batches.submit" => json!({ "documents": [] }),
        "quotes.convert" => json!({ "id": "1", "changes": null }),
        "invoices.record-payment" => json!({ "customer": "1", "payment": {
            "method": "terms", "amount": money, "applies_to": [] } }),
        "feed.pull" | "feed.enumerate-ids" => json!({ "entity": "products", "cursor": null, "limit": 1 }),
        "sink.apply" => json!({ "changes": [] }),
        "inbound.handle" => json!({ "request": {
            "method": "GET", "path": "/", "query": "", "headers": [], "body": [] } }),
        "payments.detach" => json!({ "customer": "1", "token": "1" }),
        "payments.charge" => json!({ "customer": "1", "token": "1", "amount": money }),
        "mapper.outbound" | "mapper.inbound" => json!({ "kind": "order", "document": "{}" }),
        name if name.ends_with(".find-by-reference") => json!({ "customer": "1", "reference": "sample" }),
        name if name.ends_with(".get") || matches!(name, "orders.shipments" | "invoices.document") => {
            json!({ "id": "1" })
        }
        _ => json!({ "page": page }),
    }
}

fn customer() -> Value {
    json!({
        "ids": { "id": "1" }, "revision": {}, "name": "Sample", "status": "active", "contacts": [], "groups": [],
        "po_required": false, "backorder": "allow", "card_only": false, "restrictions": "none",
    })
}
