//! Orders on their way, against a host that answers from a script in the order of the calls.

use apiconnect_sdk::testing::FakeHost;

use super::*;

const SETTINGS: &str = r#"{"default_warehouse": "WH", "units": {"EA": "u"}}"#;
const PARTY: &str = r#"[{"id": 2, "code": "C1"}]"#;
const PRODUCTS: &str = r#"[{"id": 1, "code": "A", "salable": 1, "default_uom": 1, "sale_uom": 1},
    {"id": 9, "code": "SHIP", "salable": 1, "default_uom": 1, "sale_uom": 1}]"#;
const ADDRESSES: &str = r#"[{"id": 3, "street": "24 Canal Street", "city": "Northfield", "postal_code": "10002",
    "country.": {"id": 1, "code": "US"}, "subdivision.": null, "delivery": 1, "active": 1}]"#;
const TERMS: &str = r#"{"price_list": 1, "currency": 1, "invoice_address": 2, "shipment_address": 3, "payment_term": 10,
    "invoice_method": "order", "shipment_method": "order", "price_list.": {"rec_name": "Wholesale"}}"#;
const ENTERED: &str = r#"{"unit": 1, "quantity": 2.5, "unit_price": {"__class__": "Decimal", "decimal": "0.0864"},
    "amount": {"__class__": "Decimal", "decimal": "0.22"}, "taxes": {"add": [[0, {"id": 1}]]}}"#;

fn context() -> Context {
    Context::for_test(SETTINGS)
}

fn write(attempt: u32) -> WriteContext {
    WriteContext { idempotency_key: "k".into(), reference: "WEB-1".into(), attempt, dry_run: false }
}

/// A host whose tables are known already.
fn host() -> FakeHost {
    let tables = serde_json::to_string(&tables::for_test()).unwrap();
    let host = FakeHost::new().run(|| state::set("tables", tables.as_bytes(), 1));
    assert!(host.requests().is_empty());
    host
}

fn answer(host: FakeHost, result: &str) -> FakeHost {
    host.on("POST", "rpc/", 200, &format!(r#"{{"id": 1, "result": {result}}}"#))
}

fn refuse(host: FakeHost, text: &str) -> FakeHost {
    host.on("POST", "rpc/", 200, &format!(r#"{{"id": 1, "error": ["UserError", ["{text}", "", null]]}}"#))
}

/// Customer, addresses, products, and sales that have the reference.
fn known(made: &str) -> FakeHost {
    [PARTY, ADDRESSES, PRODUCTS, made].into_iter().fold(host(), answer)
}

/// Everything up to the call that makes the sale, for an order of one line.
fn priced() -> FakeHost {
    [TERMS, ENTERED].into_iter().fold(known("[]"), answer)
}

fn sent(host: &FakeHost, at: usize) -> String {
    String::from_utf8_lossy(&host.requests()[at].body).into_owned()
}

fn methods(host: &FakeHost) -> Vec<String> {
    let bodies = host.requests().iter().map(|request| serde_json::from_slice::<serde_json::Value>(&request.body));
    let name = |body: serde_json::Value| body["method"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
    bodies.map(|body| name(body.unwrap())).collect()
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

fn submit_with(settings: &str, host: FakeHost, order: Order) -> (Result<Written, Error>, FakeHost) {
    let mut outcome = None;
    let context = Context::for_test(settings);
    let host = host.run(|| outcome = Some(<Tryton as Orders>::submit(&context, write(1), order)));
    assert_eq!(host.unused(), 0, "the script has answers that nobody asked for");
    (outcome.unwrap(), host)
}

fn submit(host: FakeHost, order: Order) -> (Result<Written, Error>, FakeHost) {
    submit_with(SETTINGS, host, order)
}

#[test]
fn an_order_is_made_in_one_call_and_confirmed() {
    let rest = ["[7]", "null", "null", r#"[{"id": 7, "number": "0042", "state": "processing"}]"#];
    let (outcome, host) = submit(rest.into_iter().fold(priced(), answer), order(vec![line("A", "EA")]));
    let Ok(Written::Created(ids)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((ids.id.as_str(), ids.number.as_deref()), ("7", Some("0042")));
    let steps = ["on_change", "on_change", "create", "quote", "confirm", "search_read"];
    assert_eq!(methods(&host)[4..], steps);
    let line = r#"{"type":"line","product":1,"quantity":2.50,"unit":1,"unit_price":{"__class__":"Decimal","decimal":"0.0864"},"taxes":[["add",[1]]]}"#;
    let sale = format!(
        r#"{{"company":1,"party":2,"reference":"WEB-1","warehouse":5,"price_list":1,"currency":1,"invoice_address":2,"shipment_address":3,"payment_term":10,"invoice_method":"order","shipment_method":"order","lines":[["create",[{line}]]]}}"#
    );
    assert!(sent(&host, 6).contains(&format!(r#""params":[[{sale}],{{"company":1}}]"#)), "{}", sent(&host, 6));
}

#[test]
fn everything_an_order_says_is_sent() {
    let settings = r#"{"default_warehouse": "WH", "freight_product": "SHIP", "order_state": "draft"}"#;
    let mut order = order(vec![OrderLine { price_override: true, note: Some("left".into()), ..line("A", "u") }]);
    order.customer_po = Some("0815".into());
    order.requested_date = Some("2026-03-01".into());
    order.carrier = Some("UPS".into());
    order.notes = vec![Note { audience: NoteAudience::Customer, text: "call first".into() }];
    order.freight = Some(Freight { terms: None, account: None, amount: Some("12.30".into()) });
    order.ship_to = Some("3".into());
    let entered = ENTERED.replace("2.5,", "1.0,");
    let rest = [entered.as_str(), "[7]", r#"[{"id": 7, "number": null, "state": "draft"}]"#];
    let (outcome, host) = submit_with(settings, rest.into_iter().fold(priced(), answer), order);
    assert!(matches!(outcome, Ok(Written::Created(ids)) if ids.number.is_none()));
    let body = sent(&host, 7);
    for part in [
        r#""description":"PO 0815""#,
        r#""comment":"call first\nCarrier: UPS""#,
        r#""shipping_date":{"__class__":"date","year":2026,"month":3,"day":1}"#,
        r#""unit_price":{"__class__":"Decimal","decimal":"9.99"}"#,
        r#""product":9,"quantity":1,"unit":1,"unit_price":{"__class__":"Decimal","decimal":"12.30"}"#,
        r#""note":"left""#,
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
}

#[test]
fn problems_are_told_all_at_once_and_nothing_is_made() {
    let discounted = Discount { percent: Some("5".into()), amount: None, reason: None };
    let lines = vec![line("NOPE", "EA"), line("A", "EA"), OrderLine { discount: Some(discounted), ..line("A", "EA") }];
    let fresh = host();
    let (outcome, host) = submit(known("[]"), order(lines));
    let Err(Error::Invalid(problems)) = outcome else { panic!("{outcome:?}") };
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["lines[0].product", "lines[2].discount"]);
    assert!(!methods(&host).contains(&"create".to_owned()));
    let (outcome, _) = submit(known("[]"), order(vec![line("A", "PAL")]));
    assert!(matches!(outcome, Err(Error::NeedsMapping(_))));
    let (outcome, asked) = submit(fresh, Order { kind: OrderKind::PreOrder, ..order(Vec::new()) });
    assert!(matches!(outcome, Err(Error::NotSupported(_))));
    assert!(asked.requests().is_empty());
}

#[test]
fn an_unknown_customer_is_a_problem_of_the_order() {
    let nobody = ["[]", "[]", PRODUCTS, "[]"].into_iter().fold(host(), answer);
    let (outcome, _) = submit(nobody, order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Err(Error::Invalid(problems)) if problems[0].field == "customer"));
}

#[test]
fn a_repeat_finds_the_sale_and_does_what_is_left() {
    let done = known(r#"[{"id": 7, "number": "42", "state": "processing"}]"#);
    let (outcome, host) = submit(done, order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Ok(Written::AlreadyThere(ids)) if ids.number.as_deref() == Some("42")));
    assert_eq!(host.requests().len(), 4);
    let quoted =
        known(r#"[{"id": 6, "number": "41", "state": "cancelled"}, {"id": 7, "number": "42", "state": "quotation"}]"#);
    let rest = ["null", r#"[{"id": 7, "number": "42", "state": "processing"}]"#];
    let (outcome, host) = submit(rest.into_iter().fold(quoted, answer), order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Ok(Written::AlreadyThere(ids)) if ids.id == "7"));
    assert_eq!(methods(&host)[4..], ["confirm", "search_read"]);
    let gone = known(r#"[{"id": 6, "number": null, "state": "cancelled"}]"#);
    let (outcome, _) = submit(gone, order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Ok(Written::AlreadyThere(ids)) if ids.id == "6"));
}

#[test]
fn every_end_of_a_write_is_told_apart() {
    let say = |host: FakeHost| submit(host, order(vec![line("A", "EA")])).0.unwrap_err();
    assert!(matches!(say(priced().cut("POST", "rpc/")), Error::OutcomeUnknown(_)));
    assert!(matches!(say(priced().on("POST", "rpc/", 502, "")), Error::OutcomeUnknown(_)));
    assert!(matches!(say(priced().on("POST", "rpc/", 503, "")), Error::Unavailable(_)));
    assert!(matches!(say(refuse(priced(), "The value for field \\\"Product\\\" is not valid.")), Error::Invalid(_)));
    let broken = priced().on("POST", "rpc/", 200, r#"{"id": 1, "error": ["division by zero", ""]}"#);
    assert!(matches!(say(broken), Error::NotSent(_)));
    // The sale is made, but is it confirmed? A repeat has to look.
    let cut = ["[7]", "null"].into_iter().fold(priced(), answer).cut("POST", "rpc/");
    assert!(matches!(say(cut), Error::OutcomeUnknown(_)));
    let half = host().on("POST", "rpc/", 200, r#"{"id": 1, "error": ["'party'", ""]}"#);
    let half = [ADDRESSES, PRODUCTS, "[]"].into_iter().fold(half, answer);
    assert!(matches!(say(half), Error::NotSent(_)), "nothing was changed yet");
}

#[test]
fn a_refused_step_leaves_nothing_behind() {
    let quoted = r#"[{"id": 7, "number": "42", "state": "quotation"}]"#;
    let host = refuse(["[7]", "null"].into_iter().fold(priced(), answer), "No credit.");
    let (outcome, host) = submit([quoted, "null", "null"].into_iter().fold(host, answer), order(vec![line("A", "EA")]));
    assert!(matches!(outcome, Err(Error::Invalid(problems)) if problems.len() == 1));
    assert_eq!(methods(&host)[6..], ["create", "quote", "confirm", "search_read", "draft", "delete"]);
    let host = refuse(answer(priced(), "[7]"), "No address.").cut("POST", "rpc/");
    let (outcome, _) = submit(host, order(vec![line("A", "EA")]));
    let Err(Error::Invalid(problems)) = outcome else { panic!("{outcome:?}") };
    assert!(problems[1].problem.contains("sale 7 stays"), "{problems:?}");
}

#[test]
fn an_address_that_is_written_out_is_recognized_or_made_once() {
    let mut elsewhere = order(vec![line("A", "EA")]);
    elsewhere.ship_address = Some(Address {
        name: None,
        lines: vec!["24 Canal Street".into()],
        city: Some("Northfield".into()),
        region: None,
        postal_code: Some("10002".into()),
        country: Some("US".into()),
        phone: None,
        email: None,
    });
    let end = ["[7]", "null", "null", "[]"];
    let (outcome, host) = submit(end.into_iter().fold(priced(), answer), elsewhere.clone());
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(sent(&host, 6).contains(r#""shipment_address":3"#));
    elsewhere.ship_address.as_mut().unwrap().lines = vec!["1 New Road".into()];
    let (outcome, _) = submit(known("[]"), elsewhere.clone());
    assert!(matches!(outcome, Err(Error::Invalid(problems)) if problems[0].field == "ship_address"));
    let settings = r#"{"default_warehouse": "WH", "units": {"EA": "u"}, "create_addresses": true}"#;
    let more = [r#"[{"id": 1, "code": "US"}]"#, "[88]"].into_iter().chain(end);
    let (outcome, host) = submit_with(settings, more.fold(priced(), answer), elsewhere);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(sent(&host, 7).contains(r#""street":"1 New Road""#) && sent(&host, 8).contains(r#""shipment_address":88"#));
}

const SALE: &str = r#"[{"id": 7, "number": "0042", "reference": "WEB-1", "description": "PO 0815", "state": "processing",
    "shipment_state": "partially shipped", "party.": {"id": 2, "code": "C1"}, "shipment_address": 3, "currency": 1,
    "sale_date": {"__class__": "date", "year": 2026, "month": 1, "day": 2}, "warehouse": 5, "invoices": [4],
    "untaxed_amount": {"__class__": "Decimal", "decimal": "86.40"}, "tax_amount": {"__class__": "Decimal", "decimal": "8.64"},
    "total_amount": {"__class__": "Decimal", "decimal": "95.04"}, "lines.": [
    {"id": 1, "type": "comment", "product.": null},
    {"id": 2, "type": "line", "product.": {"id": 1, "code": "A"}, "quantity": 1000.0, "unit": 1, "moves_progress": 0.5,
     "unit_price": {"__class__": "Decimal", "decimal": "0.0864"}, "amount": {"__class__": "Decimal", "decimal": "86.40"}}]}]"#;

#[test]
fn a_sale_is_read() {
    let _ = answer(host(), SALE).run(|| {
        let order = <Tryton as Orders>::get(&context(), "7".into()).unwrap();
        assert_eq!((order.reference.as_str(), order.status), ("WEB-1", Some(OrderStatus::PartiallyShipped)));
        assert_eq!((order.customer_po.as_deref(), order.order_date.as_deref()), (Some("0815"), Some("2026-01-02")));
        assert_eq!((order.ids.unwrap().number.as_deref(), order.warehouse.as_deref()), (Some("0042"), Some("WH")));
        assert_eq!(order.lines.len(), 1, "a comment is no line of the order");
        let line = &order.lines[0];
        assert_eq!((line.unit_price.as_deref(), line.quantity.unit.as_str()), (Some("0.0864"), "EA"));
        assert_eq!(order.totals.unwrap().total, "95.04");
    });
    let _ = answer(host(), "[]").run(|| {
        assert!(matches!(<Tryton as Orders>::get(&context(), "8".into()), Err(Error::NotFound(_))));
        assert!(matches!(<Tryton as Orders>::get(&context(), "0042".into()), Err(Error::NotFound(_))));
    });
}

#[test]
fn lists_narrow_by_what_is_given() {
    let rows = SALE.trim_start_matches('[').trim_end_matches(']');
    let host = answer(host(), &format!("[{rows}, {rows}]")).run(|| {
        let filter = DocumentFilter {
            customer: Some("C1".into()),
            ship_to: None,
            kind: None,
            state: DocumentState::Open,
            date_from: None,
            date_to: None,
            text: Some("50%".into()),
        };
        let page = PageRequest { cursor: Some("9".into()), limit: 1 };
        let page = <Tryton as Orders>::list(&context(), filter, page).unwrap();
        assert_eq!((page.items.len(), page.end.next.as_deref()), (1, Some("7")));
    });
    let body = sent(&host, 0);
    for part in [r#"["id","<",9]"#, r#"["party.code","=","C1"]"#, r#""%50\\%%""#, r#"0,2,[["id","DESC"]]"#] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
}

#[test]
fn a_sale_is_cancelled_as_far_as_it_can_be() {
    let state = |state: &str| format!(r#"[{{"id": 7, "number": "42", "state": "{state}"}}]"#);
    let cancel = |state_now: &str, rest: usize| {
        let host = (0..rest).fold(answer(host(), &state(state_now)), |host, _| answer(host, "null"));
        let mut outcome = None;
        let host = host.run(|| outcome = Some(<Tryton as Orders>::cancel(&context(), write(1), "7".into(), None)));
        (outcome.unwrap(), methods(&host)[1..].join(" "))
    };
    assert!(matches!(cancel("quotation", 1), (Ok(Written::Created(_)), steps) if steps == "cancel"));
    assert!(matches!(cancel("confirmed", 2), (Ok(Written::Created(_)), steps) if steps == "draft cancel"));
    assert!(matches!(cancel("cancelled", 0), (Ok(Written::AlreadyThere(_)), _)));
    assert!(matches!(cancel("processing", 0), (Err(Error::Invalid(_)), _)));
}

#[test]
fn a_quote_is_confirmed_once() {
    let state = |state: &str| format!(r#"[{{"id": 7, "number": "42", "state": "{state}"}}]"#);
    let script = [state("quotation"), "null".into(), state("processing"), state("draft")];
    let _ = script.iter().fold(host(), |host, result| answer(host, result)).run(|| {
        let convert = || <Tryton as Quotes>::convert(&context(), write(1), "7".into(), None);
        assert!(matches!(convert(), Ok(Written::Created(_))));
        assert!(matches!(convert(), Ok(Written::AlreadyThere(_))));
        assert!(matches!(convert(), Err(Error::Invalid(_))));
    });
}

fn priced_line(product: &str, customer: Option<&str>, quantity: &str) -> PriceRequest {
    PriceRequest {
        customer: customer.map(str::to_owned),
        ship_to: None,
        product: product.into(),
        quantity: Quantity::new(quantity, "EA"),
        warehouse: None,
        currency: None,
        date: None,
        want_breaks: true,
    }
}

#[test]
fn a_price_comes_with_the_steps_at_which_it_changes() {
    let price =
        |amount: &str| format!(r#"[{{"id": 1, "sale_price_uom": {{"__class__": "Decimal", "decimal": "{amount}"}}}}]"#);
    let list = r#"[{"id": 1, "name": "Wholesale", "tax_included": 0, "unit": "product_default", "lines.": [
        {"id": 1, "product": 1, "quantity": 1000.0}, {"id": 2, "product": 1, "quantity": null}, {"id": 3, "product": 8, "quantity": 5.0}]}]"#;
    // In the order of the circumstances: the list price, then one piece, two and a thousand.
    let script = [PRODUCTS, PARTY, "[]", TERMS, list].map(str::to_owned).into_iter();
    let script = script.chain([price("0.1234"), price("0.1111"), price("0.1111"), price("0.0864")]);
    let host = script.fold(host(), |host, result| answer(host, &result)).run(|| {
        let lines = vec![
            priced_line("A", Some("C1"), "2.0"),
            priced_line("NOPE", Some("C1"), "1"),
            priced_line("A", Some("C9"), "1"),
        ];
        let answers = <Tryton as Pricing>::query(&context(), lines).unwrap();
        let price = answers[0].as_ref().unwrap();
        assert_eq!((price.unit_price.as_str(), price.list_price.as_deref()), ("0.1111", Some("0.1234")));
        assert_eq!((price.extended.as_deref(), price.currency.as_str()), (Some("0.2222"), "USD"));
        let steps: Vec<_> =
            price.breaks.iter().map(|step| (step.min_quantity.value.as_str(), step.unit_price.as_deref())).collect();
        assert_eq!(steps, [("1", Some("0.1111")), ("1000", Some("0.0864"))]);
        assert!(matches!(answers[1], Err(Error::NotFound(_))));
        assert!(matches!(answers[2], Err(Error::NotFound(_))));
    });
    assert!(
        sent(&host, 6).contains(r#"{"company":1,"price_list":1,"customer":2,"uom":1,"quantity":1,"currency":1}"#),
        "{}",
        sent(&host, 6)
    );
}

#[test]
fn goods_that_are_late_are_not_promised() {
    let row = r#"[{"id": 1, "quantity": 24.0, "forecast_quantity": 30.0}, {"id": 9, "quantity": null, "forecast_quantity": null}]"#;
    let second = r#"[{"id": 1, "quantity": 3.5, "forecast_quantity": -1.0}]"#;
    let host = [PRODUCTS, row, second].into_iter().fold(host(), answer);
    let _ = host.run(|| {
        let ask =
            |product: &str| InventoryRequest { product: product.into(), warehouse: None, unit: None, customer: None };
        let answers = <Tryton as Inventory>::query(&context(), vec![ask("A"), ask("SHIP"), ask("NOPE")]).unwrap();
        let rows = &answers[0].as_ref().unwrap().warehouses;
        let shown: Vec<_> =
            rows.iter().map(|row| (row.warehouse.as_str(), row.available.as_str(), row.on_hand.as_deref())).collect();
        assert_eq!(shown, [("WH", "24", Some("24")), ("12", "-1", Some("3.5"))]);
        assert!(answers[1].as_ref().unwrap().warehouses.is_empty(), "a service has no stock");
        assert!(matches!(answers[2], Err(Error::NotFound(_))));
    });
}

#[test]
fn only_what_has_left_is_shipped() {
    let rows = r#"[{"id": 5, "number": "1", "state": "done", "warehouse": 5, "outgoing_moves.": [
        {"origin": "sale.line,2", "state": "done", "quantity": 10.0, "unit": 1},
        {"origin": "sale.line,3", "state": "cancelled", "quantity": 1.0, "unit": 1}],
        "effective_date": {"__class__": "date", "year": 2026, "month": 1, "day": 3}},
        {"id": 6, "number": "2", "state": "waiting", "warehouse": 5, "effective_date": null}]"#;
    let script = [r#"[{"id": 7, "shipments": [5, 6]}]"#, rows, r#"[{"id": 8, "shipments": []}]"#, "[]"];
    let _ = script.into_iter().fold(host(), answer).run(|| {
        let of = |id: &str| <Tryton as Orders>::shipments(&context(), id.into());
        let shipped = of("7").unwrap();
        assert_eq!((shipped.len(), shipped[0].ship_date.as_deref()), (1, Some("2026-01-03")));
        let lines: Vec<_> =
            shipped[0].lines.iter().map(|line| (line.line.as_str(), line.quantity.value.as_str())).collect();
        assert_eq!(lines, [("2", "10")]);
        assert_eq!(of("8").map(|none| none.len()), Ok(0));
        assert!(matches!(of("9"), Err(Error::NotFound(_))));
    });
}

#[test]
fn a_simulation_is_priced_and_keeps_nothing() {
    let totals = r#"{"untaxed_amount": {"__class__": "Decimal", "decimal": "0.22"}, "tax_amount": {"__class__": "Decimal",
        "decimal": "0.02"}, "total_amount": {"__class__": "Decimal", "decimal": "0.24"}}"#;
    let host = [PARTY, ADDRESSES, PRODUCTS, TERMS, ENTERED, totals].into_iter().fold(host(), answer).run(|| {
        let order = <Tryton as Orders>::simulate(&context(), order(vec![line("A", "EA")])).unwrap();
        assert_eq!((order.lines[0].unit_price.as_deref(), order.lines[0].line.as_str()), (Some("0.0864"), "a"));
        assert_eq!((order.totals.unwrap().total.as_str(), order.currency.as_deref()), ("0.24", Some("USD")));
    });
    assert!(methods(&host).iter().all(|method| method == "search_read" || method == "on_change"));
}
