//! Orders and quotations, against a host that answers from a script.

use apiconnect_sdk::testing::FakeHost;

use super::*;

const SETTINGS: &str = r#"{"company_db": "X", "default_warehouse": "01", "units": {"BOX": 2}}"#;
const MADE: &str = r#"{"DocEntry": 7, "DocNum": 5007, "CardCode": "C1"}"#;

fn context() -> Context {
    Context::for_test(SETTINGS)
}

fn write(attempt: u32) -> WriteContext {
    WriteContext { idempotency_key: "k".into(), reference: "WEB-1".into(), attempt, dry_run: false }
}

fn line(product: &str, unit: &str) -> OrderLine {
    OrderLine {
        line: "a".into(),
        product: Some(product.into()),
        customer_sku: None,
        description: None,
        quantity: Quantity::new("2.50", unit),
        price_unit: None,
        price_per: None,
        unit_price: Some("9.99".into()),
        price_override: false,
        discount: None,
        tax: None,
        total: None,
        warehouse: None,
        requested_date: None,
        status: None,
        shipped: None,
        backordered: None,
        cancelled: None,
        kit_parent: None,
        note: None,
        custom: Vec::new(),
    }
}

fn order(lines: Vec<OrderLine>) -> Order {
    Order {
        ids: None,
        revision: None,
        kind: OrderKind::Order,
        reference: "WEB-1".into(),
        customer_po: None,
        status: None,
        raw_status: None,
        customer: "C1".into(),
        ship_to: None,
        ship_address: None,
        bill_to: None,
        currency: None,
        order_date: None,
        requested_date: None,
        promised_date: None,
        expires: None,
        carrier: None,
        ship_service: None,
        freight: None,
        warehouse: None,
        lines,
        totals: None,
        payment: None,
        notes: Vec::new(),
        placed_by: None,
        holds: Vec::new(),
        shipments: Vec::new(),
        invoices: Vec::new(),
        links: Vec::new(),
        custom: Vec::new(),
        native: None,
    }
}

fn submit(host: FakeHost, attempt: u32, order: Order) -> (Result<Written, Error>, FakeHost) {
    let mut outcome = None;
    let host = host.run(|| outcome = Some(<BusinessOne as Orders>::submit(&context(), write(attempt), order)));
    (outcome.unwrap(), host)
}

fn sent(host: &FakeHost, at: usize) -> String {
    String::from_utf8_lossy(&host.requests()[at].body).into_owned()
}

fn refusal(code: i64, text: &str) -> String {
    format!(r#"{{"error": {{"code": {code}, "message": {{"lang": "en-us", "value": "{text}"}}}}}}"#)
}

#[test]
fn an_order_is_sent_under_its_reference() {
    let host = FakeHost::new().on("POST", "Orders", 201, MADE);
    let (outcome, host) = submit(host, 1, order(vec![line("A", "EA")]));
    let Ok(Written::Created(ids)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((ids.id.as_str(), ids.number.as_deref(), ids.key[0].name.as_str()), ("7", Some("5007"), "DocEntry"));
    let lines = r#"[{"ItemCode":"A","Quantity":2.50,"WarehouseCode":"01"}]"#;
    let body = format!(r#"{{"CardCode":"C1","NumAtCard":"WEB-1","DocDueDate":"2026-01-01","DocumentLines":{lines}}}"#);
    assert_eq!(sent(&host, 0), body);
}

#[test]
fn everything_an_order_says_is_sent() {
    let settings =
        r#"{"company_db": "X", "reference_field": "U_WebOrderId", "freight_expense_code": 1, "units": {"BOX": 2}}"#;
    let mut order = order(vec![OrderLine {
        price_override: true,
        discount: Some(Discount { percent: Some("5".into()), amount: None, reason: None }),
        note: Some("left side".into()),
        ..line("A", "BOX")
    }]);
    order.kind = OrderKind::PreOrder;
    order.customer_po = Some("PO-9".into());
    order.requested_date = Some("2026-03-01".into());
    order.carrier = Some("4".into());
    order.ship_to = Some("Main".into());
    order.freight = Some(Freight { terms: None, account: None, amount: Some("12.30".into()) });
    order.notes = vec![Note { audience: NoteAudience::Customer, text: "call first".into() }];
    order.custom = vec![CustomField { name: "U_Channel".into(), value: "\"web\"".into() }];
    order.custom.push(CustomField { name: "cart".into(), value: "1".into() });
    order.ship_address = Some(Address {
        name: Some("Site 4".into()),
        lines: vec!["1 Quay Road".into(), "Gate 2".into()],
        city: Some("Portland".into()),
        region: None,
        postal_code: None,
        country: Some("US".into()),
        phone: None,
        email: None,
    });
    let host = FakeHost::new().on("POST", "Orders", 201, MADE).run(|| {
        <BusinessOne as Orders>::submit(&Context::for_test(settings), write(1), order).unwrap();
    });
    let body = sent(&host, 0);
    for part in [
        r#""NumAtCard":"PO-9""#,
        r#""U_WebOrderId":"WEB-1""#,
        r#""U_Channel":"web""#,
        r#""Confirmed":"tNO""#,
        r#""DocDueDate":"2026-03-01""#,
        r#""TransportationCode":4"#,
        r#""Comments":"call first""#,
        r#""ShipToCode":"Main""#,
        r#""ShipToBlock":"Gate 2""#,
        r#""ShipToBuilding":"Site 4""#,
        r#"[{"ExpenseCode":1,"LineTotal":12.30}]"#,
        r#""UoMEntry":2,"UnitPrice":9.99,"DiscountPercent":5"#,
        r#""FreeText":"left side""#,
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    assert!(!body.contains("cart"));
}

#[test]
fn problems_are_told_all_at_once_and_nothing_is_sent() {
    let free = OrderLine { product: None, ..line("A", "EA") };
    let wrong = OrderLine { quantity: Quantity::new("two", "EA"), ..line("A", "EA") };
    let (outcome, host) = submit(FakeHost::new(), 1, order(vec![free, line("A", "EA"), wrong]));
    let Err(Error::Invalid(problems)) = outcome else { panic!("{outcome:?}") };
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["lines[0].product", "lines[2].quantity.value"]);
    let (outcome, _) = submit(FakeHost::new(), 1, order(vec![line("A", "PAL")]));
    assert!(matches!(outcome, Err(Error::NeedsMapping(_))));
    let (outcome, _) = submit(FakeHost::new(), 1, Order { kind: OrderKind::Blanket, ..order(vec![line("A", "EA")]) });
    assert!(matches!(outcome, Err(Error::NotSupported(_))));
    assert!(host.requests().is_empty());
}

#[test]
fn every_end_of_a_write_is_told_apart() {
    let say = |host: FakeHost| submit(host, 1, order(vec![line("A", "EA")])).0.unwrap_err();
    let post = |status, body: &str| FakeHost::new().on("POST", "Orders", status, body);
    assert!(matches!(say(FakeHost::new().cut("POST", "Orders")), Error::OutcomeUnknown(_)));
    assert!(matches!(say(post(500, "")), Error::OutcomeUnknown(_)));
    assert!(matches!(say(post(201, "<odd>")), Error::OutcomeUnknown(_)));
    assert!(matches!(say(post(503, "<html>")), Error::Unavailable(_)));
    assert!(matches!(say(post(401, &refusal(301, "Invalid session"))), Error::Unauthorized(_)));
    let unknown = "[RDR1.ItemCode][line: 1] , 'No matching records found (ODBC -2028)'";
    let Error::Invalid(problems) = say(post(400, &refusal(-2028, unknown))) else { panic!() };
    assert_eq!(problems[0].field, "lines[0].product");
}

#[test]
fn a_later_attempt_looks_first() {
    let found = r#"{"value": [{"DocEntry": 7, "DocNum": 5007}]}"#;
    let (outcome, host) = submit(FakeHost::new().on("GET", "Orders?", 200, found), 2, order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Ok(Written::AlreadyThere(ids)) if ids.id == "7"));
    assert_eq!(host.requests().len(), 1);
    let host = FakeHost::new().on("GET", "Orders?", 200, r#"{"value": []}"#).on("POST", "Orders", 201, MADE);
    let (outcome, _) = submit(host, 2, order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Ok(Written::Created(_))));
}

#[test]
fn a_reference_is_looked_for_among_orders_and_quotes() {
    let host = FakeHost::new()
        .on(
            "GET",
            "Orders?$filter=NumAtCard%20eq%20%27W%27%271%27%20and%20CardCode%20eq%20%27C1%27",
            200,
            r#"{"value": [{"DocEntry": 7, "DocNum": 5007}, {"DocEntry": 8}]}"#,
        )
        .on("GET", "Quotations?", 200, r#"{"value": [{"DocEntry": 7}]}"#);
    let _ = host.run(|| {
        let found = <BusinessOne as Orders>::find_by_reference(&context(), "C1".into(), "W'1".into()).unwrap();
        let ids: Vec<&str> = found.iter().map(|ids| ids.id.as_str()).collect();
        assert_eq!(ids, ["7", "8", "quote-7"]);
    });
    let _ = FakeHost::new().on("GET", "Orders?", 200, r#"{"value": []}"#).cut("GET", "Quotations?").run(|| {
        let half = <BusinessOne as Orders>::find_by_reference(&context(), "C1".into(), "W".into());
        assert!(matches!(half, Err(Error::Unavailable(_))), "half an answer must not look like none: {half:?}");
    });
}

const WHOLE: &str = r#"{"DocEntry": 7, "DocNum": 5007, "CardCode": "C1", "NumAtCard": "WEB-1", "DocDate": "2026-01-01",
    "DocDueDate": "2026-01-09T00:00:00Z", "DocCurrency": "USD", "DocTotal": 21.60, "VatSum": 1.6, "Comments": "hi",
    "DocumentStatus": "bost_Open", "Cancelled": "tNO", "Confirmed": "tYES", "TransportationCode": -1, "U_A": 1.10,
    "DocumentLines": [{"LineNum": 0, "ItemCode": "A", "Quantity": 2.0, "UnitPrice": 10.0, "LineTotal": 20.0,
    "LineStatus": "bost_Open", "RemainingOpenQuantity": 0.5, "UoMEntry": 2, "DiscountPercent": 0.0}]}"#;

#[test]
fn an_order_is_read() {
    let _ = FakeHost::new().on("GET", "Orders(7)", 200, WHOLE).run(|| {
        let order = <BusinessOne as Orders>::get(&context(), "7".into()).unwrap();
        assert_eq!((order.reference.as_str(), order.status), ("WEB-1", Some(OrderStatus::PartiallyShipped)));
        assert_eq!(order.requested_date.as_deref(), Some("2026-01-09"));
        assert_eq!(order.totals.unwrap().total, "21.6");
        let line = &order.lines[0];
        assert_eq!((line.quantity.unit.as_str(), line.shipped.as_deref()), ("BOX", Some("1.5")));
        assert_eq!(order.custom[0].value, "1.10");
    });
    let host = FakeHost::new().on("GET", "Orders(8)", 404, &refusal(-2028, "No matching records found"));
    let _ = host.on("GET", "Orders(9)", 200, r#"{"DocEntry": "nine"}"#).run(|| {
        let get = |id: &str| <BusinessOne as Orders>::get(&context(), id.into());
        assert!(matches!(get("8"), Err(Error::NotFound(_))));
        assert!(matches!(get("9"), Err(Error::Internal(_))));
        assert!(matches!(get("x"), Err(Error::NotFound(_))));
    });
}

#[test]
fn lists_narrow_by_what_is_given() {
    let page = format!(r#"{{"value": [{WHOLE}], "odata.nextLink": "Orders?$skip=1"}}"#);
    let host = FakeHost::new().on("GET", "Orders?", 200, &page).run(|| {
        let filter = DocumentFilter {
            customer: Some("C1".into()),
            ship_to: None,
            kind: None,
            state: DocumentState::Open,
            date_from: Some("2026-01-01".into()),
            date_to: None,
            text: Some("5007".into()),
        };
        let page = PageRequest { cursor: None, limit: 500 };
        let page = <BusinessOne as Orders>::list(&context(), filter, page).unwrap();
        assert_eq!((page.items.len(), page.end.next.as_deref()), (1, Some("$skip=1")));
    });
    let request = &host.requests()[0];
    let filter = "CardCode eq 'C1' and DocDate ge '2026-01-01' and DocumentStatus eq 'bost_Open' and \
                  (contains(NumAtCard,'5007') or DocNum eq 5007)";
    assert_eq!(request.target, format!("Orders?$filter={}&$orderby=DocEntry%20desc", http::encode(filter)));
    assert_eq!(request.headers[0].value, "odata.maxpagesize=100");
}

#[test]
fn a_quote_becomes_an_order() {
    let host = FakeHost::new().on("GET", "Quotations(7)", 200, WHOLE).on("POST", "Orders", 201, MADE);
    let host = host.run(|| {
        let made = <BusinessOne as Quotes>::convert(&context(), write(1), "quote-7".into(), None).unwrap();
        assert!(matches!(made, Written::Created(ids) if ids.id == "7"));
        let order = <BusinessOne as Quotes>::convert(&context(), write(1), "7".into(), None);
        assert!(matches!(order, Err(Error::NotFound(_))));
    });
    let body = sent(&host, 1);
    assert!(body.contains(r#""DocumentLines":[{"BaseType":23,"BaseEntry":7,"BaseLine":0}]"#), "{body}");
    assert!(body.contains(r#""NumAtCard":"WEB-1""#), "{body}");
}

#[test]
fn a_cancelled_order_stays_cancelled() {
    let gone = WHOLE.replace(r#""Cancelled": "tNO""#, r#""Cancelled": "tYES""#);
    let closed = refusal(-5006, "Document is already closed or canceled");
    let host = FakeHost::new()
        .on("POST", "Orders(7)/Cancel", 204, "")
        .on("POST", "Orders(7)/Cancel", 400, &closed)
        .on("GET", "Orders(7)", 200, &gone)
        .on("POST", "Orders(7)/Cancel", 400, &closed)
        .on("GET", "Orders(7)", 200, WHOLE);
    let _ = host.run(|| {
        let cancel = || <BusinessOne as Orders>::cancel(&context(), write(1), "7".into(), None);
        assert!(matches!(cancel(), Ok(Written::Created(_))));
        assert!(matches!(cancel(), Ok(Written::AlreadyThere(_))));
        assert!(matches!(cancel(), Err(Error::Invalid(_))));
    });
}

#[test]
fn a_simulation_and_a_dry_run_keep_nothing() {
    let preview = WHOLE.replace(r#""DocEntry": 7, "DocNum": 5007"#, r#""DocEntry": null, "DocNum": null"#);
    let host = FakeHost::new().on("POST", "OrdersService_Preview", 200, &preview);
    let host = host.on("POST", "OrdersService_Preview", 200, &preview).run(|| {
        let priced = <BusinessOne as Orders>::simulate(&context(), order(vec![line("A", "EA")])).unwrap();
        assert!(priced.ids.is_none());
        assert_eq!((priced.lines[0].line.as_str(), priced.lines[0].unit_price.as_deref()), ("a", Some("10")));
        let dry = WriteContext { dry_run: true, ..write(1) };
        let checked = <BusinessOne as Orders>::submit(&context(), dry, order(vec![line("A", "EA")]));
        assert!(matches!(checked, Ok(Written::Pending(_))));
    });
    assert!(host.requests().iter().all(|request| request.target == "OrdersService_Preview"));
}
