//! The simulator refuses what the real service refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails shall panic")]

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;

/// A client of one request a connection; cookies as a browser keeps them.
struct Client {
    address: SocketAddr,
    cookies: String,
}

struct Reply {
    status: u16,
    head: String,
    body: Value,
}

impl Reply {
    fn refusal(&self) -> (u16, i64, &str) {
        let error = &self.body["error"];
        assert_eq!(error["message"]["lang"], "en-us");
        (self.status, error["code"].as_i64().unwrap(), error["message"]["value"].as_str().unwrap())
    }
}

impl Client {
    fn new(simulator: &Simulator) -> Self {
        let mut client = Self { address: simulator.address, cookies: String::new() };
        let login = json!({"CompanyDB": "SBODEMOUS", "UserName": "connector", "Password": "s3cret-b1"});
        let reply = client.call("POST", "Login", &login);
        assert_eq!(reply.status, 200);
        assert!(reply.body["SessionId"].is_string() && reply.body["SessionTimeout"] == 30);
        let set = reply.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        client.cookies = set.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
        assert!(client.cookies.contains("B1SESSION=") && client.cookies.contains("ROUTEID="));
        client
    }

    fn try_call(&self, method: &str, path: &str, more: &str, body: &str) -> std::io::Result<Reply> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/b1s/v1/{path}") };
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: b1\r\nconnection: close\r\ncookie: {}\r\n{more}content-length: {}\r\n\r\n{body}",
            self.cookies,
            body.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Reply { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() })
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.try_call(method, path, "", &body.to_string()).unwrap()
    }

    fn get(&self, path: &str) -> Reply {
        self.try_call("GET", &path.replace(' ', "%20"), "", "").unwrap()
    }

    fn price(&self, parameters: Value) -> Reply {
        self.call("POST", "CompanyService_GetItemPrice", &json!({"ItemPriceParams": parameters}))
    }

    fn order(&self, changes: Value) -> Reply {
        let mut order = order("C20000", "WEB-1");
        order.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.call("POST", "Orders", &order)
    }
}

fn order(card: &str, reference: &str) -> Value {
    json!({
        "CardCode": card, "NumAtCard": reference, "DocDueDate": "2099-01-31",
        "DocumentLines": [{"ItemCode": "A1000", "Quantity": 2, "WarehouseCode": "01"}],
    })
}

fn demo() -> (Simulator, Client) {
    let simulator = BusinessOne::start(Seed::demo()).unwrap();
    let client = Client::new(&simulator);
    (simulator, client)
}

#[test]
fn both_cookies_are_needed() {
    let (simulator, mut client) = demo();
    assert_eq!(client.get("Items('A1000')").status, 200);
    let session = client.cookies.split("; ").next().unwrap().to_owned();
    client.cookies = session;
    let refused = client.get("Items('A1000')");
    assert_eq!(refused.refusal(), (401, 301, "Invalid session or session already timeout."));
    let client = Client::new(&simulator);
    simulator.expire_sessions();
    assert_eq!(client.get("Items('A1000')").refusal().1, 301);
    let wrong = json!({"CompanyDB": "SBODEMOUS", "UserName": "connector", "Password": "no"});
    assert_eq!(client.call("POST", "Login", &wrong).refusal(), (401, 100_000_027, "Login failed"));
}

#[test]
fn sessions_expire_after_so_many_requests_and_by_logout() {
    let (simulator, client) = demo();
    simulator.set_faults(Faults { expire_sessions_after_requests: 3, ..Faults::default() });
    let seen: Vec<u16> = (0..3).map(|_| client.get("Items('A1000')").status).collect();
    assert_eq!(seen, [200, 200, 401]);
    let client = Client::new(&simulator);
    assert_eq!(client.call("POST", "Logout", &json!({})).status, 204);
    assert_eq!(client.get("Items('A1000')").status, 401);
}

#[test]
fn prices_follow_special_price_volume_and_list() {
    let (_simulator, client) = demo();
    for (asked, price, currency) in [
        (json!({"CardCode": "C20000", "ItemCode": "A1000"}), 10.0, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1000"}), 8.0, "USD"),
        (json!({"CardCode": "C40000", "ItemCode": "A1000"}), 9.0, "EUR"),
        (json!({"CardCode": "C40000", "ItemCode": "A1000", "Currency": "USD"}), 11.25, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1001", "UoMQuantity": 1}), 8.5, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1001", "UoMQuantity": 10}), 8.0, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1001", "InventoryQuantity": 100}), 7.25, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1001", "UoMEntry": 2, "UoMQuantity": 1}), 96.0, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1001", "Date": "2019-05-01", "UoMQuantity": 10}), 8.8, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1002"}), 9.6, "USD"),
        (json!({"CardCode": "C30000", "ItemCode": "A1002", "Date": "2020-06-01"}), 9.99, "USD"),
        (json!({"CardCode": "C20000", "ItemCode": "A1003"}), 11.7, "USD"),
        (json!({"CardCode": "C20000", "ItemCode": "A1004", "UoMQuantity": "50"}), 13.0, "USD"),
        (json!({"ItemCode": "A1007"}), 0.0125, "USD"),
        (json!({"ItemCode": "A1018"}), 0.0, ""),
    ] {
        let reply = client.price(asked.clone());
        assert_eq!(
            (reply.body["Price"].as_f64(), reply.body["Currency"].as_str()),
            (Some(price), Some(currency)),
            "{asked}"
        );
    }
    assert_eq!(client.price(json!({"CardCode": "C20000", "ItemCode": "A1003"})).body["Discount"], 10.0);
    assert_eq!(client.price(json!({"CardCode": "C20000", "ItemCode": "NOPE"})).refusal().1, -2028);
    assert_eq!(client.price(json!({"CardCode": "NOPE", "ItemCode": "A1000"})).refusal().1, -2028);
    assert_eq!(client.price(json!({"ItemCode": "A1000", "UoMEntry": 9})).refusal().1, -10);
    let unknown = client.price(json!({"ItemCode": "A1000", "Warehouse": "01"}));
    assert_eq!(unknown.refusal(), (400, -1000, "Property 'Warehouse' of 'ItemPriceParams' is invalid"));
}

#[test]
fn lists_come_in_pages() {
    let simulator = BusinessOne::start(Seed::sized(40, 20)).unwrap();
    let client = Client::new(&simulator);
    let mut next =
        "BusinessPartners?$filter=CardType eq 'cCustomer'&$select=CardCode&$orderby=CardCode desc".to_owned();
    let mut codes = Vec::new();
    let mut pages = 0;
    loop {
        let page = client.get(&next);
        codes.extend(page.body["value"].as_array().unwrap().iter().map(|row| row["CardCode"].to_string()));
        pages += 1;
        match page.body["odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, codes.len(), codes[0].as_str()), (3, 45, "\"C99000\""));
    let large = client.try_call("GET", "BusinessPartners?$inlinecount=allpages", "Prefer: odata.maxpagesize=0\r\n", "");
    let large = large.unwrap().body;
    assert_eq!((large["value"].as_array().unwrap().len(), &large["odata.count"]), (46, &json!("46")));
    assert!(large["odata.nextLink"].is_null());
    assert_eq!(client.get("Items?$top=5&$skip=18").body["value"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_unknown_is_refused() {
    let (_simulator, client) = demo();
    for (path, says) in [
        ("Nothing", (400, 200, "Unrecognized resource path.")),
        ("Items('NOPE')", (404, -2028, "No matching records found (ODBC -2028)")),
        ("Orders(7)", (404, -2028, "No matching records found (ODBC -2028)")),
        ("Items?$select=Colour", (400, -1000, "Property 'Colour' of 'Item' is invalid")),
        ("Orders?$select=DocStatus", (400, -1000, "Property 'DocStatus' of 'Document' is invalid")),
        ("Orders?$filter=U_Nope eq 'x'", (400, -1000, "Property 'U_Nope' of 'Document' is invalid")),
    ] {
        assert_eq!(client.get(path).refusal(), says, "{path}");
    }
    assert_eq!(client.get("Orders?$apply=x").status, 400);
    assert_eq!(client.get("/b1s/v9/Orders").status, 404);
    let stock = client.get("Items('A1002')?$select=ItemCode,ItemWarehouseInfoCollection").body;
    let first = &stock["ItemWarehouseInfoCollection"][0];
    assert_eq!(
        (&first["InStock"], &first["Committed"], &first["Ordered"]),
        (&json!(120.0), &json!(10.0), &json!(50.0))
    );
    assert!(stock["ItemName"].is_null());
}

#[test]
fn orders_are_checked_and_priced() {
    let (simulator, client) = demo();
    let made = client.order(json!({"U_WebOrderId": "W1"}));
    assert_eq!((made.status, &made.body["DocEntry"], &made.body["DocNum"]), (201, &json!(1), &json!(5001)));
    assert_eq!((&made.body["DocTotal"], &made.body["VatSum"]), (&json!(21.6), &json!(1.6)));
    let line = |line: Value| json!({"DocumentLines": [line]});
    for (changes, code, says) in [
        (json!({"CardCode": "NOPE"}), -2028, "[ORDR.CardCode]"),
        (json!({"CardCode": "V10000"}), -2028, "[ORDR.CardCode]"),
        (json!({"CardCode": "C99000"}), -10, "Customer C99000 is inactive"),
        (json!({"DocDueDate": null}), -10, "Enter valid date [ORDR.DocDueDate]"),
        (json!({"DocDueDate": "2001-01-01"}), -10, "[ORDR.DocDueDate]"),
        (json!({"DocDueDate": "31.01.2099"}), -1000, "DocDueDate"),
        (json!({"ShipToCode": "Nowhere"}), -2028, "[ORDR.ShipToCode]"),
        (json!({"Colour": "red"}), -1000, "Property 'Colour' of 'Document' is invalid"),
        (json!({"NumAtCard": "x".repeat(101)}), -1000, "Value too long in property 'NumAtCard'"),
        (json!({"DocumentLines": []}), -5002, "without lines"),
        (line(json!({"ItemCode": "NOPE"})), -2028, "[RDR1.ItemCode][line: 1]"),
        (line(json!({"ItemCode": "A1019"})), -10, "Item A1019 is inactive"),
        (line(json!({"ItemCode": "A1001", "WarehouseCode": "99"})), -2028, "[RDR1.WhsCode][line: 1]"),
        (line(json!({"ItemCode": "A1001", "Quantity": 0})), -10, "[RDR1.Quantity][line: 1]"),
        (line(json!({"ItemCode": "A1001", "UoMEntry": 9})), -10, "UoM"),
        (line(json!({"ItemCode": "A1001", "Size": 9})), -1000, "Property 'Size' of 'DocumentLine' is invalid"),
    ] {
        let reply = client.order(changes.clone());
        let refusal = reply.refusal();
        assert!(refusal.0 == 400 && refusal.1 == code && refusal.2.contains(says), "{changes}: {refusal:?}");
    }
    assert_eq!(simulator.orders().len(), 1);
}

#[test]
fn a_reference_may_come_twice_and_is_found() {
    let (simulator, client) = demo();
    assert_eq!((client.order(json!({})).status, client.order(json!({})).status), (201, 201));
    client.order(json!({"CardCode": "C30000"}));
    let find = "Orders?$filter=NumAtCard eq 'WEB-1' and CardCode eq 'C20000'&$select=DocEntry,DocNum";
    assert_eq!(
        client.get(find).body["value"],
        json!([{"DocEntry": 1, "DocNum": 5001}, {"DocEntry": 2, "DocNum": 5002}])
    );
    assert_eq!(client.call("POST", "Orders(2)/Cancel", &json!({})).status, 204);
    assert_eq!(client.call("POST", "Orders(2)/Cancel", &json!({})).refusal().1, -5006);
    let held: Vec<bool> = simulator.orders().iter().map(|order| order.cancelled).collect();
    assert_eq!(held, [false, true, false]);
    assert_eq!(simulator.requests()["orders_create"], 3);
}

#[test]
fn a_quotation_becomes_an_order_once() {
    let (_simulator, client) = demo();
    assert_eq!(client.call("POST", "Quotations", &order("C20000", "Q-1")).status, 201);
    let drawn = json!({"DocumentLines": [{"BaseType": 23, "BaseEntry": 1, "BaseLine": 0}]});
    let made = client.order(drawn.clone());
    assert_eq!((made.status, &made.body["DocumentLines"][0]["ItemCode"]), (201, &json!("A1000")));
    assert_eq!(client.order(drawn).refusal().2, "One of the base documents has already been closed");
    let preview = client.call("POST", "OrdersService_Preview", &json!({"Document": order("C20000", "P")}));
    assert_eq!(
        (preview.status, &preview.body["DocTotal"], &preview.body["DocEntry"]),
        (200, &json!(21.6), &Value::Null)
    );
}

#[test]
fn faults_strike_where_they_should() {
    let (simulator, client) = demo();
    let post = || client.try_call("POST", "Orders", "", &order("C20000", "WEB-9").to_string());
    simulator.set_faults(Faults { drop_before_create_next: 1, ..Faults::default() });
    assert!(post().is_err());
    assert_eq!(simulator.orders().len(), 0);
    simulator.set_faults(Faults { drop_after_create_next: 1, ..Faults::default() });
    assert!(post().is_err());
    assert_eq!(simulator.orders().len(), 1);
    simulator.set_faults(Faults { fail_next: 1, ..Faults::default() });
    assert_eq!(post().unwrap().status, 503);
    assert_eq!(post().unwrap().status, 201);
    let down = client.try_call("PUT", "/_sim/faults", "", r#"{"down": true}"#).unwrap();
    assert_eq!((down.status, &down.body["down"]), (200, &json!(true)));
    assert!(post().is_err());
    let state = client.get("/_sim/state").body;
    assert_eq!((&state["orders"][1]["num_at_card"], &state["requests"]["orders_create"]), (&json!("WEB-9"), &json!(2)));
    assert_eq!(client.try_call("PUT", "/_sim/faults", "", r#"{"dwon": true}"#).unwrap().status, 400);
    assert_eq!(client.try_call("PUT", "/_sim/faults", "", "{}").unwrap().status, 200);
    assert_eq!(post().unwrap().status, 201);
}

#[test]
fn a_state_file_outlives_the_simulator() {
    let path = std::env::temp_dir().join(format!("b1sim-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let options = Options { state: Some(path.clone()), ..Options::default() };
    for round in 0..2 {
        let simulator = BusinessOne::start_with(Seed::demo(), &options).unwrap();
        assert_eq!(simulator.orders().len(), round);
        let client = Client::new(&simulator);
        assert_eq!(client.order(json!({})).status, 201);
        assert_eq!(client.call("POST", &format!("Orders({})/Cancel", round + 1), &json!({})).status, 204);
        simulator.stop();
        // What a kill in the middle of a write leaves behind.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"set\":\"Ord").unwrap();
    }
    let simulator = BusinessOne::start_with(Seed::demo(), &options).unwrap();
    assert_eq!(simulator.orders().iter().filter(|order| order.cancelled).count(), 2);
    std::fs::remove_file(&path).unwrap();
}
