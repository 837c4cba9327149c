//! Logins: one for everybody, once more when a session is over, never in a storm.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::test_server::{Reply, SOON, TestServer, answer, get, ok, open, post};
use super::{Egress, Outlet, OutletSettings, SendErrorKind, Sent};
use crate::commerce::lane::Lane;
use crate::seam::{self, Clock};
use crate::secret::Vault;

const COOKIES: &str = "set-cookie: B1SESSION=s-NN-0123456789; HttpOnly\r\nset-cookie: ROUTEID=.node1; path=/b1s\r\n";

fn settings(server: &TestServer) -> OutletSettings {
    let scheme = json!({
        "login": {
            "path": "Login",
            "headers": [["Content-Type", "application/json"]],
            "body": "{\"CompanyDB\":\"{{setting:company}}\",\"Password\":\"{{secret:pw}}\"}"
        },
        "keep": [
            {"name": "session", "from": {"cookie": "B1SESSION"}},
            {"name": "route", "from": {"cookie": "ROUTEID"}}
        ],
        "apply": [{"name": "Cookie", "template": "B1SESSION={{kept:session}}; ROUTEID={{kept:route}}"}],
        "expired": [{"status": 401}, {"status": 500, "body_contains": "session timeout"}]
    });
    OutletSettings {
        auth: serde_json::from_value(json!({"kind": "session"})).unwrap(),
        session: Some(serde_json::from_value(scheme).unwrap()),
        vault: Vault::of([("pw", "pa\"ss\\word")]),
        settings: json!({"company": "SBO \"Demo\""}),
        ..server.settings()
    }
}

/// A system whose sessions below `valid_from` are over.
async fn system(valid_from: Arc<AtomicUsize>, logins: Arc<AtomicUsize>) -> TestServer {
    TestServer::start(move |seen| {
        if seen.line().starts_with("POST /base/Login ") {
            let number = logins.fetch_add(1, Ordering::SeqCst) + 1;
            let cookies = COOKIES.replace("NN", &number.to_string());
            return Reply::SayLate(Duration::from_millis(20), answer(200, &cookies, "{}"));
        }
        let cookie = seen.header("cookie").unwrap_or_default();
        let number = cookie.strip_prefix("B1SESSION=s-").and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
        match number {
            Some(number) if number >= valid_from.load(Ordering::SeqCst) => Reply::Say(answer(200, "", cookie)),
            _ => Reply::Say(answer(500, "", "session timeout")),
        }
    })
    .await
}

#[tokio::test]
async fn both_cookies_are_kept_and_the_login_is_escaped() {
    let server = system(Arc::new(1.into()), Arc::default()).await;
    let outlet = open(settings(&server));
    let response = outlet.send(get("Items"), SOON).await.unwrap();
    let seen = server.seen();
    let login: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(login, json!({"CompanyDB": "SBO \"Demo\"", "Password": "pa\"ss\\word"}));
    assert_eq!(seen[1].header("cookie"), Some("B1SESSION=s-1-0123456789; ROUTEID=.node1"));
    // The echoed session is the host's; the short route id is no secret.
    assert_eq!(response.body, "B1SESSION=***; ROUTEID=.node1");
    assert_eq!(outlet.log().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_expired_answers_cause_one_login() {
    let (valid_from, logins) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
    let server = system(Arc::clone(&valid_from), Arc::clone(&logins)).await;
    let outlet = Arc::new(open(settings(&server)));
    for round in 1..=3 {
        valid_from.store(round, Ordering::SeqCst);
        let sends: Vec<_> = (0..50)
            .map(|n| {
                let outlet = Arc::clone(&outlet);
                seam::spawn(async move { outlet.send(post("Orders", &n.to_string()), SOON).await })
            })
            .collect();
        for send in sends {
            assert_eq!(send.await.unwrap().unwrap().status, 200);
        }
        assert_eq!(logins.load(Ordering::SeqCst), round);
    }
}

#[tokio::test]
async fn a_request_is_replayed_once_and_renewals_pause() {
    let (valid_from, logins) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicUsize::new(0)));
    let server = system(valid_from, Arc::clone(&logins)).await;
    let outlet = open(settings(&server));
    assert_eq!(outlet.send(post("Orders", "1"), SOON).await.unwrap().status, 500);
    assert_eq!(logins.load(Ordering::SeqCst), 2);
    assert_eq!(server.seen().iter().filter(|seen| seen.body == "1").count(), 2);
    for _ in 0..10 {
        assert_eq!(outlet.send(post("Orders", "2"), SOON).await.unwrap().status, 500);
    }
    assert_eq!(logins.load(Ordering::SeqCst), 2, "no login per request when logging in does not help");
}

#[tokio::test]
async fn a_rejected_login_is_not_repeated_at_once() {
    let server = TestServer::start(|_| Reply::Say(answer(401, "", "wrong: pa\"ss\\word"))).await;
    let clock = Clock::manual(5_000);
    let outlet = Outlet::open(settings(&server), &Egress::new(clock.clone()).unwrap()).unwrap();
    for round in 1..=2 {
        for _ in 0..20 {
            let error = outlet.send(post("Orders", "1"), SOON).await.unwrap_err();
            assert_eq!((error.kind, error.sent, error.status), (SendErrorKind::Unauthorized, Sent::No, Some(401)));
            assert!(!format!("{error:?}").contains("word"), "{error:?}");
        }
        assert_eq!(server.seen().len(), round);
        clock.advance(super::LOGIN_HOLD_BACK);
    }
    assert_eq!(outlet.traffic().circuit().as_str(), "closed");
}

#[tokio::test]
async fn a_login_answer_that_lacks_something_says_what() {
    let server = TestServer::start(|_| Reply::Say(answer(200, "set-cookie: B1SESSION=x\r\n", "{}"))).await;
    let error = open(settings(&server)).send(get("a"), SOON).await.unwrap_err();
    assert!(error.kind == SendErrorKind::Unauthorized && error.message.contains("`route`"), "{error}");
}

#[tokio::test]
async fn a_login_outlives_its_impatient_caller() {
    let logins = Arc::new(AtomicUsize::new(0));
    let server = system(Arc::new(1.into()), Arc::clone(&logins)).await;
    let outlet = open(settings(&server));
    let error = outlet.send(post("a", "b"), Duration::from_millis(5)).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Timeout, Sent::No));
    Clock::system().sleep(Duration::from_millis(200)).await;
    assert_eq!(outlet.send(get("a"), SOON).await.unwrap().status, 200);
    assert_eq!(logins.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn pointers_headers_encoding_and_lifetime() {
    let server = TestServer::start(|seen| {
        if seen.line().contains("/Login") {
            Reply::Say(answer(201, "x-token: t-abcdefgh\r\n", r#"{"data":{"id":4711}}"#))
        } else {
            ok()
        }
    })
    .await;
    let scheme = json!({
        "login": {"method": "PUT", "path": "Login/{{secret:pw}}"},
        "accept": [201],
        "keep": [
            {"name": "id", "from": {"json_pointer": "/data/id"}},
            {"name": "token", "from": {"header": "X-Token"}}
        ],
        "apply": [
            {"name": "Authorization", "template": "Session user:{{kept:id}}:{{kept:token}}", "encode": "basic"},
            {"name": "X-Id", "template": "{{kept:id}}"}
        ],
        "lifetime_seconds": 60
    });
    let clock = Clock::manual(5_000);
    let settings = OutletSettings { session: Some(serde_json::from_value(scheme).unwrap()), ..settings(&server) };
    let outlet = Outlet::open(settings, &Egress::new(clock.clone()).unwrap()).unwrap();
    for _ in 0..3 {
        outlet.send(get("a"), SOON).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].line()), (4, "PUT /base/Login/pa%22ss%5Cword HTTP/1.1"));
    assert_eq!(seen[1].header("authorization"), Some("Session dXNlcjo0NzExOnQtYWJjZGVmZ2g="));
    assert_eq!(seen[1].header("x-id"), Some("4711"));
    clock.advance(Duration::from_secs(61));
    outlet.send(get("a"), SOON).await.unwrap();
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn names_in_a_scheme_must_lead_somewhere() {
    let server = TestServer::start(|_| ok()).await;
    for (path, template) in [("{{secret:none}}", ""), ("{{setting:none}}", ""), ("{{kept:x}}", ""), ("a", "{{kept:x}}")]
    {
        let scheme = json!({"login": {"path": path}, "apply": [{"name": "X", "template": template}]});
        let settings = OutletSettings { session: Some(serde_json::from_value(scheme).unwrap()), ..settings(&server) };
        assert!(Outlet::open(settings, &Egress::new(Clock::system()).unwrap()).is_err(), "{path} {template}");
    }
}

fn oauth(server: &TestServer, style: &str) -> OutletSettings {
    let auth = json!({
        "kind": "oauth2_client_credentials",
        "token_url": format!("http://127.0.0.1:{}/token", server.port),
        "client_id": "id:1", "client_secret": "pw", "scope": "a b", "style": style
    });
    let vault = Vault::of([("pw", "s3cret&more")]);
    OutletSettings { auth: serde_json::from_value(auth).unwrap(), vault, ..server.settings() }
}

/// Tokens are numbered; those below `valid_from` are refused.
async fn token_server(valid_from: Arc<AtomicUsize>, tokens: Arc<AtomicUsize>) -> TestServer {
    TestServer::start(move |seen| {
        if seen.line().starts_with("POST /token ") {
            let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            let body = format!(r#"{{"access_token":"token-{number}","expires_in":"400","token_type":"Bearer"}}"#);
            return Reply::SayLate(Duration::from_millis(20), answer(200, "", &body));
        }
        let number = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer token-")?.parse().ok());
        let status = if number.unwrap_or(0) >= valid_from.load(Ordering::SeqCst) { 200 } else { 401 };
        Reply::Say(answer(status, "", ""))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_token_for_all_and_one_replay_after_401() {
    let (valid_from, tokens) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
    let server = token_server(Arc::clone(&valid_from), Arc::clone(&tokens)).await;
    let outlet = Arc::new(open(oauth(&server, "basic")));
    for round in 1..=2 {
        valid_from.store(round, Ordering::SeqCst);
        let answers = outlet.send_all((0..50).map(|_| post("a", "x")).collect(), SOON, 50, Lane::Live).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
        assert_eq!(tokens.load(Ordering::SeqCst), round);
    }
    let seen = server.seen().remove(0);
    assert_eq!(seen.header("authorization"), Some("Basic aWQlM0ExOnMzY3JldCUyNm1vcmU="));
    assert_eq!(seen.body, "grant_type=client_credentials&scope=a%20b");
    valid_from.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(outlet.send(post("b", "y"), SOON).await.unwrap().status, 401);
    assert_eq!(tokens.load(Ordering::SeqCst), 3);
    assert_eq!(server.seen().iter().filter(|seen| seen.body == "y").count(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let tokens = Arc::new(AtomicUsize::new(0));
    let server = token_server(Arc::new(1.into()), Arc::clone(&tokens)).await;
    let clock = Clock::manual(5_000);
    let outlet = Outlet::open(oauth(&server, "body"), &Egress::new(clock.clone()).unwrap()).unwrap();
    for (seconds, count) in [(0, 1), (339, 1), (2, 2)] {
        clock.advance(Duration::from_secs(seconds));
        outlet.send(get("a"), SOON).await.unwrap();
        assert_eq!(tokens.load(Ordering::SeqCst), count);
    }
    let seen = server.seen().remove(0);
    assert_eq!(seen.body, "grant_type=client_credentials&scope=a%20b&client_id=id%3A1&client_secret=s3cret%26more");
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn a_refused_client_is_told_why_without_secrets() {
    let body = r#"{"error":"invalid_client","error_description":"s3cret&more is wrong"}"#;
    let server = TestServer::start(move |_| Reply::Say(answer(400, "", body))).await;
    let error = open(oauth(&server, "body")).send(get("a"), SOON).await.unwrap_err();
    assert_eq!(error.to_string(), "sign in: the token server answered 400 (invalid_client)");
    assert_eq!((error.kind, error.status), (SendErrorKind::Unauthorized, Some(400)));
}
