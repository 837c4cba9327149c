//! Systems that are down, answers that are lost, orders that are wrong: each order arrives once, or is turned down.

use serde_json::json;

use super::cutter::Cutter;
use super::{Shop, Tryton, line, order};

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn an_order_sent_while_tryton_is_down_arrives_once_it_is_back() {
    let mut shop = Shop::open();
    // Signed in before, so that the session has to be found dead or alive afterwards.
    shop.deliver("key-0", &order("WEB-0", "HARBOR", &[line("DRILL-18V", "1", "EA")])).await;
    let client = shop.client.clone();
    let accepted = shop
        .tryton
        .restart(async {
            let sent = order("WEB-1", "HARBOR", &[line("DRILL-18V", "2", "EA")]);
            let accepted = client.order("erp", "key-1", &sent).await.unwrap();
            assert_eq!(accepted.status, 202, "{}", accepted.text);
            let path = format!("/v1/jobs/{}", accepted.body["id"].as_str().unwrap());
            super::eventually("an attempt", async || {
                let job = client.get(&path).await.unwrap().body;
                assert_ne!(job["state"], "done", "nobody was there: {job}");
                (job["attempts"][0]["result"].is_string()).then_some(())
            })
            .await;
            accepted
        })
        .await
        .unwrap();
    let job = shop.settled(&accepted).await;
    assert_eq!(job["outcome"], "ok", "{job} {}", shop.log());
    let sales = shop.tryton.sales("WEB-1").unwrap();
    assert_eq!((sales.len(), &sales[0]["state"]), (1, &json!("processing")));
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn a_product_that_does_not_exist_is_turned_down_and_blocks_nothing() {
    let shop = Shop::open();
    let lines = [line("DRILL-18V", "1", "EA"), line("NO-SUCH-THING", "1", "EA")];
    let wrong = shop.order("key-w", &order("WEB-W", "HARBOR", &lines)).await;
    // The same customer's next order does not wait for the one that a person has to look at.
    shop.deliver("key-g", &order("WEB-G", "HARBOR", &[line("DRILL-18V", "1", "EA")])).await;
    let job = shop.settled(&wrong).await;
    assert_eq!((&job["state"], &job["outcome"]), (&json!("parked"), &json!("rejected")), "{job}");
    let said = job["reason"].to_string();
    assert!(said.contains("NO-SUCH-THING") && said.contains("lines[1]"), "{said}");
    assert!(shop.tryton.sales("WEB-W").unwrap().is_empty(), "half an order is none");
    assert_eq!(shop.tryton.sales("WEB-G").unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn a_lost_answer_makes_no_second_sale() {
    lost("model.sale.sale.create").await;
}

#[tokio::test]
#[ignore = "needs a real Tryton: just test-peers"]
async fn a_sale_whose_next_step_was_lost_is_completed() {
    lost("model.sale.sale.quote").await;
}

/// Loses the answer to one call of an order; the order has to be there once all the same, with all of its steps done.
async fn lost(call: &'static str) {
    let tryton = Tryton::start(&[]).unwrap();
    let cutter = Cutter::before(tryton.address(), call).await.unwrap();
    let shop = Shop::at(tryton, cutter.address(), "");
    let job = shop.deliver("key-l", &order("WEB-L", "WEB", &[line("DRILL-18V", "1", "EA")])).await;
    assert_eq!(cutter.lost(), 1, "an answer was lost: {job}");
    let sales = shop.tryton.sales("WEB-L").unwrap();
    assert_eq!((sales.len(), &sales[0]["state"]), (1, &json!("processing")), "{job}");
}
