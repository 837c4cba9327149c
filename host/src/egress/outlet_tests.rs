//! Headers, credentials, redaction, log, circuit and rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use super::test_server::{Reply, SOON, TestServer, answer, get, ok, open, post};
use super::{Auth, Egress, Grants, Outlet, OutletSettings, Rate, Request, SendErrorKind, Sent};
use crate::commerce::lane::Lane;
use crate::seam::Clock;
use crate::secret::Vault;

fn auth(json: serde_json::Value) -> Auth {
    serde_json::from_value(json).unwrap()
}

fn vault() -> Vault {
    Vault::of([("pw", "hunter22-secret"), ("key", "k&y=12345678")])
}

fn with(name: &str, value: &str) -> Request {
    Request { headers: vec![(name.to_owned(), value.to_owned())], ..get("a") }
}

#[tokio::test]
async fn the_hosts_headers_are_refused() {
    let server = TestServer::start(|_| ok()).await;
    let outlet = server.outlet();
    for name in [
        "Authorization",
        "COOKIE",
        "host",
        "Transfer-Encoding",
        "content-length",
        "Connection",
        "Proxy-Authorization",
        "proxy-connection",
        "Upgrade",
        "Keep-Alive",
        "TE",
        "Trailer",
        "bad name",
        "",
        "x\r\ny",
    ] {
        let error = outlet.send(with(name, "1"), SOON).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No), "{name}");
    }
    for value in ["a\r\nX-Evil: 1", "a\nb", "a\0b"] {
        assert_eq!(outlet.send(with("x", value), SOON).await.unwrap_err().kind, SendErrorKind::Refused);
    }
    for method in ["CONNECT", "TRACE"] {
        let request = Request { method: method.parse().unwrap(), ..get("a") };
        assert_eq!(outlet.send(request, SOON).await.unwrap_err().kind, SendErrorKind::Refused);
    }
    assert_eq!(server.sockets(), 0);
}

#[tokio::test]
async fn default_headers_give_way() {
    let server = TestServer::start(|_| ok()).await;
    let default_headers = vec![("accept".to_owned(), "application/json".to_owned())];
    let outlet = open(OutletSettings { default_headers, ..server.settings() });
    outlet.send(get("a"), SOON).await.unwrap();
    outlet.send(with("Accept", "text/xml"), SOON).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("apiconnect/"));
    assert_eq!(seen[1].header("accept"), Some("text/xml"));
}

#[tokio::test]
async fn fixed_credentials_are_added() {
    for (config, line, header) in [
        (serde_json::json!({"kind": "none"}), "GET /base/a?x=1 HTTP/1.1", None),
        (
            serde_json::json!({"kind": "basic", "username": "{{setting:user}}", "password": "pw"}),
            "GET /base/a?x=1 HTTP/1.1",
            Some(("authorization", "Basic am9lOmh1bnRlcjIyLXNlY3JldA==")),
        ),
        (
            serde_json::json!({"kind": "bearer", "token": "pw"}),
            "GET /base/a?x=1 HTTP/1.1",
            Some(("authorization", "Bearer hunter22-secret")),
        ),
        (
            serde_json::json!({"kind": "api_key", "header": "X-Key", "value": "pw"}),
            "GET /base/a?x=1 HTTP/1.1",
            Some(("x-key", "hunter22-secret")),
        ),
        (
            serde_json::json!({"kind": "api_key", "query": "key", "value": "key"}),
            "GET /base/a?x=1&key=k%26y%3D12345678 HTTP/1.1",
            None,
        ),
    ] {
        let server = TestServer::start(|_| ok()).await;
        let settings = serde_json::json!({"user": "joe"});
        let outlet = open(OutletSettings { auth: auth(config), vault: vault(), settings, ..server.settings() });
        outlet.send(get("a?x=1"), SOON).await.unwrap();
        let seen = server.seen().remove(0);
        assert_eq!(seen.line(), line);
        match header {
            Some((name, value)) => assert_eq!(seen.header(name), Some(value)),
            None => assert_eq!(seen.header("authorization"), None),
        }
        let log = format!("{:?}", outlet.log());
        assert!(!log.contains("hunter22") && !log.contains("12345678"), "{log}");
    }
}

#[test]
fn wrong_auth_tables_are_refused() {
    for config in [
        serde_json::json!({"kind": "none", "token": "x"}),
        serde_json::json!({"kind": "basic", "username": "x"}),
        serde_json::json!({"kind": "magic"}),
        serde_json::json!({"kind": "oauth2_client_credentials", "token_url": "x", "client_id": "y", "client_secret": "z", "style": "odd"}),
    ] {
        assert!(serde_json::from_value::<Auth>(config.clone()).is_err(), "{config}");
    }
    let egress = Egress::new(Clock::system()).unwrap();
    for config in [
        serde_json::json!({"kind": "bearer", "token": "none"}),
        serde_json::json!({"kind": "api_key", "value": "pw"}),
        serde_json::json!({"kind": "api_key", "header": "a", "query": "b", "value": "pw"}),
        serde_json::json!({"kind": "basic", "username": "{{setting:none}}", "password": "pw"}),
        serde_json::json!({"kind": "session"}),
        serde_json::json!({"kind": "oauth2_client_credentials", "token_url": "https://other.example/t", "client_id": "y", "client_secret": "pw"}),
    ] {
        let settings = OutletSettings::new("test", Url::parse("https://h.example/").unwrap());
        let settings = OutletSettings { auth: auth(config.clone()), vault: vault(), ..settings };
        assert!(Outlet::open(settings, &egress).is_err(), "{config}");
    }
}

#[tokio::test]
async fn other_hosts_get_no_credentials_unless_told() {
    let home = TestServer::start(|_| ok()).await;
    let other = TestServer::start(|_| ok()).await;
    let origin = format!("http://127.0.0.1:{}", other.port);
    for trusted in [false, true] {
        let outlet = open(OutletSettings {
            auth: auth(serde_json::json!({"kind": "bearer", "token": "pw"})),
            vault: vault(),
            grants: Grants::parse([&origin]).unwrap(),
            credentials_for: if trusted { Grants::parse([&origin]).unwrap() } else { Grants::default() },
            ..home.settings()
        });
        outlet.send(get(&format!("{origin}/file")), SOON).await.unwrap();
        assert_eq!(other.seen().pop().unwrap().header("authorization").is_some(), trusted);
        // The absolute form of the base URL is home as well.
        outlet.send(get(&format!("http://127.0.0.1:{}/x", home.port)), SOON).await.unwrap();
        assert!(home.seen().pop().unwrap().header("authorization").is_some());
    }
}

#[tokio::test]
async fn placeholders_are_filled_where_they_may_be() {
    let server = TestServer::start(|_| ok()).await;
    let outlet = open(OutletSettings { vault: Vault::of([("q", "a\"b-12345")]), ..server.settings() });
    let headers =
        |kind: &str| vec![("Content-Type".to_owned(), kind.to_owned()), ("X-Key".into(), "k {{secret:q}}".into())];
    let body = r#"{"key":"{{secret:q}}"}"#;
    let request = Request { headers: headers("application/json"), secrets_in_body: true, ..post("a", body) };
    outlet.send(request.clone(), SOON).await.unwrap();
    outlet.send(Request { secrets_in_body: false, ..request.clone() }, SOON).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].header("x-key"), seen[0].body.as_str()), (Some("k a\"b-12345"), r#"{"key":"a\"b-12345"}"#));
    assert_eq!(seen[1].body, body);
    let error = outlet.send(with("X-Key", "{{secret:other}}"), SOON).await.unwrap_err();
    assert!(error.kind == SendErrorKind::Refused && error.message.contains("`other`"), "{error}");
}

#[tokio::test]
async fn echoed_secrets_are_stars() {
    let server = TestServer::start(|_| {
        let body = "a hunter22-secret b k%26y%3D12345678 c k&y=12345678 d aHVudGVyMjItc2VjcmV0 e Basic am9lOmh1bnRlcjIyLXNlY3JldA==";
        Reply::Say(answer(200, "x-echo: key=hunter22-secret;\r\nset-cookie: s=1\r\n", body))
    })
    .await;
    let config = serde_json::json!({"kind": "basic", "username": "joe", "password": "pw"});
    let outlet = open(OutletSettings { vault: vault(), auth: auth(config), ..server.settings() });
    let response = outlet.send(get("a?p=hunter22-secret"), SOON).await.unwrap();
    assert_eq!(response.body, "a *** b *** c *** d *** e Basic ***");
    assert!(response.headers.contains(&("x-echo".into(), "key=***;".into())));
    assert!(!response.headers.iter().any(|(name, _)| name == "set-cookie"));
    let log = outlet.log();
    assert!(log[0].url.ends_with("/base/a?p=***"), "{log:?}");
    assert_eq!((log[0].status, log[0].error, log[0].maybe_sent), (Some(200), None, true));
}

#[tokio::test]
async fn the_log_is_a_ring_and_knows_refusals() {
    let server = TestServer::start(|_| ok()).await;
    let outlet = server.outlet();
    for _ in 0..crate::limits::EGRESS_LOG_ENTRIES_MAX + 10 {
        outlet.send(get("a"), SOON).await.unwrap();
    }
    outlet.send(get("https://evil.test/x"), SOON).await.unwrap_err();
    let log = outlet.log();
    assert_eq!(log.len(), crate::limits::EGRESS_LOG_ENTRIES_MAX);
    let last = log.last().unwrap();
    assert_eq!((last.error, last.maybe_sent, last.url.as_str()), (Some("refused"), false, "https://evil.test/x"));
}

fn manual(settings: OutletSettings) -> (Outlet, Clock) {
    let clock = Clock::manual(1_000_000);
    (Outlet::open(settings, &Egress::new(clock.clone()).unwrap()).unwrap(), clock)
}

#[tokio::test]
async fn a_system_that_is_down_is_left_alone_and_found_again() {
    let up = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&up);
    let server =
        TestServer::start(move |_| if state.load(Ordering::SeqCst) { ok() } else { Reply::Say(answer(503, "", "")) })
            .await;
    let (outlet, clock) = manual(server.settings());
    for _ in 0..super::FAILURES_TO_OPEN {
        assert_eq!(outlet.send(get("a"), SOON).await.unwrap().status, 503);
    }
    let error = outlet.send(get("a"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent, error.retry_after), (SendErrorKind::Held, Sent::No, Some(super::OPEN_FIRST)));
    clock.advance(super::OPEN_FIRST);
    up.store(true, Ordering::SeqCst);
    assert_eq!(outlet.send(get("a"), SOON).await.unwrap().status, 200);
    assert_eq!(outlet.traffic().circuit().as_str(), "closed");
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let server = TestServer::start(|_| Reply::Say(answer(429, "retry-after: 7\r\n", ""))).await;
    let (outlet, clock) = manual(server.settings());
    outlet.send(get("a"), SOON).await.unwrap();
    let error = outlet.send(get("a"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (SendErrorKind::Held, Some(Duration::from_secs(7))));
    clock.advance(Duration::from_secs(7));
    outlet.send(get("a"), SOON).await.unwrap();
    let server =
        TestServer::start(|_| Reply::Say(answer(503, "retry-after: Wed, 01 Jan 2200 00:00:00 GMT\r\n", ""))).await;
    let (outlet, _) = manual(server.settings());
    outlet.send(get("a"), SOON).await.unwrap();
    assert_eq!(outlet.send(get("a"), SOON).await.unwrap_err().retry_after, Some(super::RETRY_AFTER_MAX));
}

#[tokio::test]
async fn the_rate_is_waited_for_within_the_deadline() {
    let server = TestServer::start(|_| ok()).await;
    let rate = Some(Rate { requests: 100, per_ms: 1_000, burst: 1 });
    let outlet = open(OutletSettings { rate, ..server.settings() });
    let watch = crate::seam::stopwatch();
    for _ in 0..6 {
        outlet.send(get("a"), SOON).await.unwrap();
    }
    assert!(watch.elapsed() >= Duration::from_millis(45), "{:?}", watch.elapsed());
    let rate = Some(Rate { requests: 1, per_ms: 60_000, burst: 1 });
    let outlet = open(OutletSettings { rate, ..server.settings() });
    outlet.send(get("a"), SOON).await.unwrap();
    assert_eq!(outlet.send(get("a"), SOON).await.unwrap_err().kind, SendErrorKind::Held);
}

#[tokio::test]
async fn send_all_keeps_the_order() {
    let server = TestServer::start(|seen| {
        let path = seen.line().split(' ').nth(1).unwrap().to_owned();
        let wait = if path.ends_with('0') { 30 } else { 0 };
        Reply::SayLate(Duration::from_millis(wait), answer(200, "", &path))
    })
    .await;
    let outlet = server.outlet();
    let mut requests: Vec<_> = (0..10).map(|n| get(&n.to_string())).collect();
    requests.push(get("https://evil.test/"));
    let answers = outlet.send_all(requests, SOON, 4, Lane::Live).await;
    for (n, answer) in answers.iter().take(10).enumerate() {
        assert_eq!(answer.as_ref().unwrap().body, format!("/base/{n}"));
    }
    assert_eq!(answers[10].as_ref().unwrap_err().kind, SendErrorKind::Refused);
    assert!(server.sockets() <= 4);
}

#[tokio::test]
async fn secrets_go_to_no_other_granted_host() {
    let home = TestServer::start(|_| ok()).await;
    let other = TestServer::start(|_| Reply::Say(answer(200, "", r#"{"token":"t"}"#))).await;
    let origin = format!("http://127.0.0.1:{}", other.port);
    let login = serde_json::json!({ "login": { "path": format!("{origin}/login"), "body": "{{secret:pw}}" },
        "keep": [{ "name": "token", "from": { "json_pointer": "/token" } }] });
    for trusted in [false, true] {
        let settings = || OutletSettings {
            vault: vault(),
            grants: Grants::parse([&origin]).unwrap(),
            credentials_for: if trusted { Grants::parse([&origin]).unwrap() } else { Grants::default() },
            ..home.settings()
        };
        let outlet = open(settings());
        let header = Request { headers: vec![("x".into(), "{{secret:pw}}".into())], ..get(&format!("{origin}/a")) };
        let body = Request { secrets_in_body: true, ..post(&format!("{origin}/a"), "{{secret:pw}}") };
        for request in [header, body] {
            let sent = outlet.send(request, SOON).await;
            assert_eq!(sent.is_ok(), trusted, "{sent:?}");
            if let Err(error) = sent {
                assert!(error.kind == SendErrorKind::Refused && error.message.contains("credentials_for"), "{error}");
            }
        }
        // A connector describes its login, so it could describe one that leads to its vendor.
        let session = serde_json::from_value(login.clone()).unwrap();
        let outlet = open(OutletSettings { auth: auth(serde_json::json!({"kind": "session"})), session, ..settings() });
        assert_eq!(outlet.send(get("a"), SOON).await.is_ok(), trusted);
    }
    let seen = other.seen();
    assert_eq!(seen.iter().filter(|seen| format!("{seen:?}").contains("hunter22-secret")).count(), 3);
    // In a plain body the same text is just a text, for any host.
    let outlet = open(OutletSettings { vault: vault(), grants: Grants::parse([&origin]).unwrap(), ..home.settings() });
    outlet.send(post(&format!("{origin}/a"), "{{secret:pw}}"), SOON).await.unwrap();
    assert_eq!(other.seen().pop().unwrap().body, "{{secret:pw}}");
}

#[tokio::test]
async fn placeholders_do_not_grow_beyond_a_request() {
    let server = TestServer::start(|_| ok()).await;
    let long = "x".repeat(4_000);
    let outlet = open(OutletSettings { vault: Vault::of([("long", long.as_str())]), ..server.settings() });
    let many = |count: usize| "{{secret:long}}".repeat(count);
    let error = outlet.send(with("x", &many(100)), SOON).await.unwrap_err();
    assert!(error.kind == SendErrorKind::Refused && error.message.contains("65536"), "{error}");
    let several = (0..20).map(|n| (format!("x-{n}"), many(1))).collect();
    let error = outlet.send(Request { headers: several, ..get("a") }, SOON).await.unwrap_err();
    assert!(error.kind == SendErrorKind::Refused && error.message.contains("65536"), "{error}");
    let error = outlet.send(Request { secrets_in_body: true, ..post("a", &many(200_000)) }, SOON).await.unwrap_err();
    assert!(error.kind == SendErrorKind::Refused && error.message.contains("4194304"), "{error}");
    assert_eq!(server.sockets(), 0);
}

#[tokio::test]
async fn answers_in_memory_are_bounded() {
    let server = TestServer::start(|_| Reply::Say(answer(200, "", &"x".repeat(4 << 20)))).await;
    let outlet = server.outlet();
    let ask = || (0..40).map(|n| get(&n.to_string())).collect::<Vec<_>>();
    let answers = outlet.send_all(ask(), Duration::from_secs(60), 8, Lane::Live).await;
    let whole = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((24..=32).contains(&whole), "{whole} answers of 4 MiB");
    assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|error| error.kind == SendErrorKind::Limit));
    drop(answers);
    assert!(outlet.send(get("a"), SOON).await.is_ok(), "room comes back");
}

#[tokio::test]
async fn what_was_refused_is_kept_in_part() {
    let outlet = TestServer::start(|_| ok()).await.outlet();
    outlet.send(get(&format!("https://evil.test/{}", "ä".repeat(10_000))), SOON).await.unwrap_err();
    assert!(outlet.log()[0].url.len() <= crate::limits::REFUSED_TARGET_BYTES_MAX);
}
