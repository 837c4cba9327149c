//! Orders as Tryton's own client reads them back.

use serde_json::{Value, json};

use super::{Shop, line, order};

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn an_order_is_in_tryton_as_it_was_sent_and_once() {
    let shop = Shop::open();
    let mut sent = order(
        "00042",
        "NORTHFIELD",
        &[line("BOLT-M8", "1000", "EA"), line("SCREW-5X60", "3", "bx"), line("CABLE-3G", "12.5", "m")],
    );
    sent["customer_po"] = json!("0815");
    sent["requested_date"] = json!("2031-03-01");
    let job = shop.deliver("key-42", &sent).await;
    let again = shop.client.order("erp", "key-42", &sent).await.unwrap();
    assert_eq!((again.status, &again.body["id"]), (200, &job["id"]), "{}", again.text);

    let sales = shop.tryton.sales("00042").unwrap();
    assert_eq!(sales.len(), 1, "{sales:?}");
    let sale = &sales[0];
    assert_eq!(job["ids"]["id"], sale["id"].to_string());
    assert_eq!(job["ids"]["number"], sale["number"]);
    assert_eq!((&sale["party"], &sale["state"]), (&json!("NORTHFIELD"), &json!("processing")));
    assert_eq!((&sale["description"], &sale["shipping_date"]), (&json!("PO 0815"), &json!("2031-03-01")));
    assert_eq!((&sale["warehouse"], &sale["shipment_address"]), (&json!("WH"), &json!("24 Canal Street")));
    let lines: Vec<_> = sale["lines"].as_array().unwrap().iter().map(shown).collect();
    let expected = [
        ("BOLT-M8", "1000.0", "u", "0.0864"),
        ("SCREW-5X60", "3.0", "bx", "7.6000"),
        ("CABLE-3G", "12.5", "m", "2.3275"),
    ];
    assert_eq!(lines, expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())));
    // 86.40 + 22.80 + 29.09 and a tax of ten percent, which Tryton knows from the products.
    assert_eq!((&sale["total"], &sale["tax"]), (&json!("152.12"), &json!("13.83")));

    let id = job["ids"]["id"].as_str().unwrap();
    let read = shop.client.get(&format!("/v1/connections/erp/orders/{id}")).await.unwrap();
    assert_eq!(
        (&read.body["reference"], &read.body["customer_po"]),
        (&json!("00042"), &json!("0815")),
        "{}",
        read.text
    );
    assert_eq!(read.body["lines"][0]["unit_price"], "0.0864");
    assert_eq!(read.body["totals"]["total"], "152.12");
    let listed = shop.client.get("/v1/connections/erp/orders?customer=NORTHFIELD").await.unwrap();
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.text);
}

fn shown(line: &Value) -> (String, String, String, String) {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (text("product"), line["quantity"].to_string(), text("unit"), text("unit_price"))
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn four_digits_of_a_price_survive() {
    let shop = Shop::open();
    let prices = ["0.0001", "0.1234", "12345678.4321"];
    let lines: Vec<Value> = prices
        .iter()
        .map(|price| {
            let mut line = line("DRILL-18V", "1", "EA");
            line["unit_price"] = json!(price);
            line["price_override"] = json!(true);
            line
        })
        .collect();
    shop.deliver("key-d", &order("WEB-D", "WEB", &lines)).await;
    let sale = &shop.tryton.sales("WEB-D").unwrap()[0];
    let kept: Vec<_> = sale["lines"].as_array().unwrap().iter().map(|line| &line["unit_price"]).collect();
    assert_eq!(kept, prices);

    // A fifth digit is more than Tryton keeps: it is turned down and never rounded.
    let mut line = line("DRILL-18V", "1", "EA");
    line["unit_price"] = json!("1.00001");
    line["price_override"] = json!(true);
    let job = shop.settled(&shop.order("key-e", &order("WEB-E", "WEB", &[line])).await).await;
    assert_eq!(job["outcome"], "rejected", "{job}");
    assert!(shop.tryton.sales("WEB-E").unwrap().is_empty());
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn quotes_stay_quotes_and_addresses_are_added_once() {
    let tryton = super::Tryton::start(&[]).unwrap();
    let address = tryton.address().to_owned();
    let shop = Shop::at(tryton, &address, "create_addresses = true\nfreight_product = \"SHIPPING\"\n");
    let mut quote = order("WEB-Q", "MÜLLER", &[line("ÖL-1L", "2", "l")]);
    quote["kind"] = json!("quote");
    shop.deliver("key-q", &quote).await;
    assert_eq!(shop.tryton.sales("WEB-Q").unwrap()[0]["state"], "quotation");

    for number in ["1", "2"] {
        let mut sent = order(&format!("WEB-A{number}"), "WEB", &[line("DRILL-18V", "1", "EA")]);
        sent["ship_address"] = json!({ "name": "A. Buyer", "lines": ["1 New Road", "Flat 2"], "city": "Midtown",
            "postal_code": "30160", "country": "US" });
        sent["freight"] = json!({ "amount": "12.30" });
        shop.deliver(&format!("key-a{number}"), &sent).await;
        let sale = &shop.tryton.sales(&format!("WEB-A{number}")).unwrap()[0];
        assert_eq!(sale["shipment_address"], "1 New Road\nFlat 2");
        assert_eq!(
            (&sale["lines"][1]["product"], &sale["lines"][1]["unit_price"]),
            (&json!("SHIPPING"), &json!("12.30"))
        );
    }
    let addresses = shop.client.get("/v1/connections/erp/customers/WEB").await.unwrap();
    assert_eq!(addresses.status, 200);
    let created = shop.tryton.log().unwrap().matches("[POST] model.party.address.create>").count();
    assert_eq!(created, 1, "the second order found the address of the first");
}
