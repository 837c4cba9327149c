//! The connector on a fake host: natively, without a sandbox and without a network.

use apiconnect_sdk::testing::{self, FakeHost};

use super::*;

fn context() -> Context {
    Context::for_test(r#"{"default_warehouse": "MAIN"}"#)
}

/// A host that answers as `fixtures/` says.
fn host() -> FakeHost {
    FakeHost::new().fixtures(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// Runs a call on a host; what it came to, and the host to look at.
fn on<T>(host: FakeHost, call: impl FnOnce() -> T) -> (T, FakeHost) {
    let mut outcome = None;
    let host = host.run(|| outcome = Some(call()));
    (outcome.expect("the call ended"), host)
}

fn order(lines: Vec<OrderLine>) -> Order {
    Order::new("WEB-1", "C100", lines)
}

fn lines() -> Vec<OrderLine> {
    vec![OrderLine::new("1", "A1001", Quantity::new("10", "EA"))]
}

fn submit(host: FakeHost, write: WriteContext, order: Order) -> (Result<Written, Error>, FakeHost) {
    on(host, || <Erp as Orders>::submit(&context(), write, order))
}

#[test]
fn it_says_who_it_is_and_whether_the_system_answers() {
    assert_eq!(Erp::describe().name, env!("CARGO_PKG_NAME"));
    let (health, _) = on(host(), || Erp::check(&context()));
    assert_eq!(health.map(|health| health.system), Ok("Demo ERP".to_owned()));
}

#[test]
fn an_unknown_product_costs_its_own_line_only() {
    let lines = ["A1001", "NOPE"].map(|product| PriceRequest {
        customer: Some("C100".into()),
        ..PriceRequest::new(product, Quantity::new("10", "EA"))
    });
    let (prices, _) = on(host(), || <Erp as Pricing>::query(&context(), lines.to_vec()));
    let prices = prices.expect("an answer");
    assert_eq!(prices[0].as_ref().map(|price| price.unit_price.as_str()), Ok("12.50"), "not a digit is lost");
    assert!(matches!(prices[1], Err(Error::NotFound(_))), "{:?}", prices[1]);
}

#[test]
fn stock_comes_by_warehouse_and_in_pages() {
    let (stock, _) = on(host(), || <Erp as Inventory>::query(&context(), vec![InventoryRequest::new("A1001")]));
    let stock = stock.expect("an answer").remove(0).expect("stock");
    assert_eq!((stock.warehouses[0].warehouse.as_str(), stock.warehouses[0].available.as_str()), ("MAIN", "40"));

    let mut page = PageRequest { cursor: None, limit: 100 };
    let mut products = Vec::new();
    loop {
        let (rows, _) = on(host(), || <Erp as Inventory>::list(&context(), None, page.clone()));
        let rows = rows.expect("a page");
        products.extend(rows.items.into_iter().map(|row| row.product));
        match rows.end.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(products, ["A1001", "A1002"]);
}

#[test]
fn an_order_carries_the_stores_number() {
    let (written, host) = submit(host(), testing::write("WEB-1"), order(lines()));
    assert_eq!(written, Ok(Written::Created(Ids::new("4711", Some("SO-4711".into())))));
    let sent = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
    assert_eq!(
        sent,
        r#"{"reference":"WEB-1","customer":"C100","lines":[{"product":"A1001","quantity":10,"unit":"EA","warehouse":"MAIN"}]}"#
    );
}

#[test]
fn a_lost_answer_is_unknown_and_a_second_attempt_looks_first() {
    let (written, _) = submit(FakeHost::new().cut("POST", "orders"), testing::write("WEB-1"), order(lines()));
    assert!(matches!(written, Err(Error::OutcomeUnknown(_))), "{written:?}");

    let (_, host) = submit(host(), testing::write("WEB-1"), order(lines()));
    let again = WriteContext { attempt: 2, ..testing::write("WEB-1") };
    let (written, host) = submit(host, again, order(lines()));
    assert!(matches!(written, Ok(Written::AlreadyThere(_))), "{written:?}");
    assert_eq!(host.requests().len(), 2, "it was found, and not sent again");
}

#[test]
fn a_no_names_the_field() {
    let no = r#"{"message": "the item is discontinued", "field": "lines[0].product"}"#;
    let (written, _) =
        submit(FakeHost::new().on("POST", "orders", 422, no), testing::write("WEB-1"), order(lines()));
    assert_eq!(written, Err(Error::invalid("lines[0].product", "the item is discontinued")));

    let quote = Order { kind: OrderKind::Quote, ..order(lines()) };
    let (written, host) = submit(host(), testing::write("WEB-1"), quote);
    assert!(matches!(written, Err(Error::NotSupported(_))));
    assert!(host.requests().is_empty(), "what cannot be done is not tried");
}

#[test]
fn what_the_system_says_decides_what_happens_next() {
    for (status, unknown) in [(500, true), (502, true), (503, false)] {
        let (written, _) =
            submit(FakeHost::new().on("POST", "orders", status, ""), testing::write("WEB-1"), order(lines()));
        assert_eq!(matches!(written, Err(Error::OutcomeUnknown(_))), unknown, "{status}: {written:?}");
    }
    let wait = FakeHost::new().on_with_headers("GET", "status", 429, &[("retry-after", "7")], "");
    let (health, _) = on(wait, || Erp::check(&context()));
    assert!(matches!(health, Err(Error::RateLimited(Some(7_000)))), "{health:?}");
}
