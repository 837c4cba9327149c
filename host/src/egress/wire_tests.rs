//! Sockets: pooling, limits, addresses, and whether a request may have left.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::test_server::{Reply, SOON, TestServer, answer, get, ok, open, post};
use super::{Egress, Outlet, OutletSettings, Request, ScriptedResolver, SendErrorKind, Sent};
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::{self, Clock};

#[tokio::test]
async fn sockets_are_reused() {
    let server = TestServer::start(|_| ok()).await;
    let outlet = server.outlet();
    for _ in 0..20 {
        assert_eq!(outlet.send(get("a"), SOON).await.unwrap().status, 200);
    }
    assert_eq!((server.sockets(), outlet.idle_sockets()), (1, 1));
    assert_eq!(server.seen()[0].line(), "GET /base/a HTTP/1.1");
    assert_eq!(server.seen()[0].header("host").unwrap(), format!("127.0.0.1:{}", server.port));
}

#[tokio::test]
async fn never_more_sockets_than_allowed() {
    let server = TestServer::start(|_| Reply::SayLate(Duration::from_millis(5), answer(200, "", "x"))).await;
    let outlet = open(OutletSettings { sockets_max: 3, ..server.settings() });
    let answers = outlet.send_all((0..30).map(|_| get("a")).collect(), SOON, 30, Lane::Live).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(server.sockets(), 3);
}

#[tokio::test]
async fn a_closed_idle_socket_is_noticed_and_the_post_goes_once() {
    let server = TestServer::start(|_| Reply::SayThenClose(answer(200, "", "x"))).await;
    let outlet = server.outlet();
    for round in 0..20 {
        outlet.send(post("order", &round.to_string()), SOON).await.unwrap();
        Clock::system().sleep(Duration::from_millis(20)).await;
    }
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, (0..20).map(|round| round.to_string()).collect::<Vec<_>>());
}

/// Without the pause the close races with the next request. It may fail then, but only as "maybe sent", and the
/// server must never see it twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closing_socket_never_makes_a_post_go_twice() {
    let server = TestServer::start(|_| Reply::SayThenClose(answer(200, "", "x"))).await;
    let outlet = server.outlet();
    let mut delivered = 0;
    for round in 0..500 {
        outlet.traffic().reset();
        match outlet.send(post("order", &round.to_string()), SOON).await {
            Ok(_) => delivered += 1,
            Err(error) => assert_eq!(error.sent, Sent::Maybe, "{error}"),
        }
    }
    let mut bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    let count = bodies.len();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), count, "a body was seen twice");
    assert!(delivered <= count);
}

#[tokio::test]
async fn refused_connections_are_certainly_not_sent() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let outlet = open(OutletSettings { private_network: true, ..OutletSettings::new("test", url) });
    let error = outlet.send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_close_after_reading_may_have_been_sent() {
    let server = TestServer::start(|_| Reply::Close).await;
    let error = server.outlet().send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Broken, Sent::Maybe));
    let server =
        TestServer::start(|_| Reply::SayThenClose("HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\nabc".into())).await;
    let error = server.outlet().send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Broken, Sent::Maybe));
    let server = TestServer::start(|_| Reply::Say("SMTP ready\r\n\r\n".into())).await;
    let error = server.outlet().send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Broken, Sent::Maybe));
}

#[tokio::test]
async fn the_deadline_ends_slow_answers() {
    let drip = Duration::from_millis(10);
    for head in ["", "HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n", "HTTP/1.1 200 X\r\nx-long: "] {
        let server = TestServer::start(move |_| Reply::Drip(head, "H".into(), drip)).await;
        let watch = seam::stopwatch();
        let error = server.outlet().send(get("a"), Duration::from_millis(300)).await.unwrap_err();
        assert_eq!(error.sent, Sent::Maybe);
        assert!(matches!(error.kind, SendErrorKind::Timeout | SendErrorKind::Broken), "{error}");
        assert!(watch.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn waiting_for_a_socket_is_not_sent() {
    let server = TestServer::start(|_| Reply::SayLate(Duration::from_secs(3), answer(200, "", ""))).await;
    let outlet = Arc::new(open(OutletSettings { sockets_max: 1, ..server.settings() }));
    let busy = Arc::clone(&outlet);
    let first = seam::spawn(async move { busy.send(get("slow"), SOON).await });
    Clock::system().sleep(Duration::from_millis(50)).await;
    let error = outlet.send(post("a", "b"), Duration::from_millis(50)).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Held, Sent::No));
    first.abort();
}

#[tokio::test]
async fn bodies_are_capped_whether_announced_or_not() {
    let announced = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", limits::RESPONSE_BODY_BYTES_MAX + 1);
    let server = TestServer::start(move |_| Reply::Say(announced.clone())).await;
    let error = server.outlet().send(get("a"), SOON).await.unwrap_err();
    assert_eq!(error.kind, SendErrorKind::Limit);
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let head = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = TestServer::start(move |_| Reply::Drip(head, chunk.clone(), Duration::ZERO)).await;
    let error = server.outlet().send(get("a"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Limit, Sent::Maybe));
}

#[tokio::test]
async fn large_and_chunked_bodies_arrive_whole() {
    let body = "0123456789".repeat(50_000);
    let text = answer(200, "", &body);
    let server = TestServer::start(move |_| Reply::Say(text.clone())).await;
    let outlet = server.outlet();
    for _ in 0..3 {
        let response = outlet.send(post("a", &body), SOON).await.unwrap();
        assert_eq!(response.body, body.as_bytes());
    }
    assert_eq!(server.sockets(), 1);
    let chunked = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let server = TestServer::start(move |_| Reply::Say(chunked.into())).await;
    let outlet = server.outlet();
    for _ in 0..3 {
        assert_eq!(outlet.send(get("a"), SOON).await.unwrap().body, "abcde");
    }
    assert_eq!(server.sockets(), 1);
}

#[tokio::test]
async fn headers_are_capped_in_bytes_and_number() {
    for extra in
        [format!("x: {}\r\n", "y".repeat(limits::HEADER_BYTES_MAX)), "x: y\r\n".repeat(limits::HEADERS_MAX + 1)]
    {
        let text = answer(200, &extra, "");
        let server = TestServer::start(move |_| Reply::Say(text.clone())).await;
        let error = server.outlet().send(get("a"), SOON).await.err().unwrap();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Limit, Sent::Maybe));
    }
}

#[tokio::test]
async fn too_large_a_request_is_not_sent() {
    let server = TestServer::start(|_| ok()).await;
    let outlet = server.outlet();
    let request = post("a", &"x".repeat(limits::REQUEST_BODY_BYTES_MAX + 1));
    assert_eq!(outlet.send(request, SOON).await.unwrap_err().kind, SendErrorKind::Limit);
    let headers = vec![("x".to_owned(), "y".to_owned()); limits::HEADERS_MAX + 1];
    let error = outlet.send(Request { headers, ..get("a") }, SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No));
    assert_eq!(server.sockets(), 0);
}

#[tokio::test]
async fn redirects_are_answers() {
    let server = TestServer::start(|_| Reply::Say(answer(302, "location: http://169.254.169.254/\r\n", ""))).await;
    let response = server.outlet().send(get("a"), SOON).await.unwrap();
    assert_eq!(response.status, 302);
    assert!(response.headers.contains(&("location".into(), "http://169.254.169.254/".into())));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn statuses_without_a_body_keep_the_socket() {
    let server = TestServer::start(|seen| {
        Reply::Say(match seen.line().split(' ').next().unwrap() {
            "HEAD" => "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n".to_owned(),
            "DELETE" => "HTTP/1.1 204 X\r\n\r\n".to_owned(),
            _ => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 X\r\ncontent-length: 9\r\n\r\n".to_owned(),
        })
    })
    .await;
    let outlet = server.outlet();
    for (method, status) in [("HEAD", 200), ("DELETE", 204), ("GET", 304), ("HEAD", 200)] {
        let request = Request { method: method.parse().unwrap(), ..get("a") };
        assert_eq!(outlet.send(request, SOON).await.unwrap().status, status);
    }
    assert_eq!(server.sockets(), 1);
}

fn named(port: u16, private_network: bool, answers: Vec<Vec<&str>>) -> (Outlet, Arc<ScriptedResolver>) {
    let answers =
        answers.into_iter().map(|list| list.into_iter().map(|text| text.parse::<IpAddr>().unwrap()).collect());
    let resolver = Arc::new(ScriptedResolver::new(answers));
    let egress = Egress::with_resolver(Clock::system(), resolver.clone()).unwrap();
    let url = Url::parse(&format!("http://erp.test:{port}/")).unwrap();
    (Outlet::open(OutletSettings { private_network, ..OutletSettings::new("test", url) }, &egress).unwrap(), resolver)
}

#[tokio::test]
async fn a_name_that_turns_private_is_never_dialled() {
    let server = TestServer::start(|_| ok()).await;
    let answers = vec![vec!["127.0.0.1"], vec!["::1"], vec!["::ffff:127.0.0.1"], vec!["169.254.169.254", "10.0.0.1"]];
    let (outlet, resolver) = named(server.port, false, answers);
    for _ in 0..1_000 {
        let error = outlet.send(get("a"), SOON).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No));
        assert!(!error.message.contains("127.0.0.1"), "{error}");
    }
    assert_eq!((server.sockets(), resolver.lookups()), (0, 1_000));
}

#[tokio::test]
async fn what_was_checked_is_what_is_dialled() {
    let server = TestServer::start(|_| ok()).await;
    // The forbidden address is dropped, the granted one is dialled, and one socket needs one lookup.
    let (outlet, resolver) =
        named(server.port, true, vec![vec!["169.254.169.254", "127.0.0.1"], vec!["169.254.169.254"]]);
    for _ in 0..10 {
        outlet.send(get("a"), SOON).await.unwrap();
    }
    assert_eq!((server.sockets(), resolver.lookups()), (1, 1));
}

#[tokio::test]
async fn metadata_and_private_literals_say_why() {
    let egress = Egress::new(Clock::system()).unwrap();
    for (url, private_network, part) in [
        ("http://169.254.169.254/", true, "cloud metadata"),
        ("http://2852039166/", true, "cloud metadata"),
        ("http://[64:ff9b::a9fe:a9fe]/", true, "cloud metadata"),
        ("http://10.0.0.1/", false, "private_network = true"),
        ("http://0x7f.1/", false, "loopback"),
        ("http://[::ffff:7f00:1]/", false, "loopback"),
        ("http://0.0.0.0/", true, "this network"),
    ] {
        let settings = OutletSettings::new("test", Url::parse(url).unwrap());
        let outlet = Outlet::open(OutletSettings { private_network, ..settings }, &egress).unwrap();
        let error = outlet.send(get("a"), SOON).await.unwrap_err();
        assert!(error.kind == SendErrorKind::Refused && error.message.contains(part), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_not_sent() {
    let (outlet, _) = named(80, true, vec![]);
    let error = outlet.send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Connect, Sent::No));
}

async fn tls_server() -> TestServer {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("../../../tests/vectors/tls/server.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../tests/vectors/tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    TestServer::start_with(Some(acceptor), |_| ok()).await
}

#[tokio::test]
async fn tls_trusts_only_known_authorities() {
    let server = tls_server().await;
    let settings = |host: &str| {
        let url = Url::parse(&format!("https://{host}:{}/", server.port)).unwrap();
        OutletSettings { private_network: true, ..OutletSettings::new("test", url) }
    };
    let error = open(settings("127.0.0.1")).send(post("a", "b"), SOON).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Connect, Sent::No));
    let ca = include_str!("../../../tests/vectors/tls/ca.pem");
    let outlet = open(OutletSettings { extra_ca_pem: Some(ca.to_owned()), ..settings("127.0.0.1") });
    for _ in 0..5 {
        assert_eq!(outlet.send(post("a", "b"), SOON).await.unwrap().status, 200);
    }
    assert_eq!(outlet.idle_sockets(), 1);
    let probe = outlet.probe(SOON).await;
    let names: Vec<_> = probe.steps.iter().map(|step| step.name).collect();
    assert!(probe.ok() && names == ["dns", "tcp", "tls", "http"], "{probe:?}");
    // The right authority for the wrong name.
    let outlet = open(OutletSettings { extra_ca_pem: Some(ca.to_owned()), ..settings("127.0.0.2") });
    let error = outlet.send(get("a"), SOON).await.unwrap_err();
    assert_eq!(error.kind, SendErrorKind::Connect);
    let mut bad = settings("127.0.0.1");
    bad.extra_ca_pem = Some("no certificate".into());
    assert!(Outlet::open(bad, &Egress::new(Clock::system()).unwrap()).is_err());
}

#[tokio::test]
async fn a_tls_stall_ends_and_is_not_sent() {
    // A plain server that waits for a request line never answers the handshake.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port())).unwrap();
    let outlet = open(OutletSettings { private_network: true, ..OutletSettings::new("test", url) });
    let error = outlet.send(post("a", "b"), Duration::from_millis(200)).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (SendErrorKind::Timeout, Sent::No));
}

#[tokio::test]
async fn a_given_up_request_closes_its_socket() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = TestServer::start(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::SayLate(Duration::from_millis(300), answer(200, "", "late")),
        _ => Reply::Say(answer(200, "", "own")),
    })
    .await;
    let outlet = server.outlet();
    outlet.send(get("a"), Duration::from_millis(50)).await.unwrap_err();
    Clock::system().sleep(Duration::from_millis(400)).await;
    assert_eq!(outlet.send(get("b"), SOON).await.unwrap().body, "own", "an answer must not reach the next request");
}

#[tokio::test]
async fn a_probe_stops_at_the_first_failure() {
    let (outlet, _) = named(80, false, vec![vec!["10.0.0.1"]]);
    let probe = outlet.probe(SOON).await;
    assert!(!probe.ok() && probe.steps.len() == 1 && probe.steps[0].detail.contains("10.0.0.1"), "{probe:?}");
    let server = TestServer::start(|_| Reply::Say(answer(200, "date: Thu, 01 Jan 2026 00:00:00 GMT\r\n", ""))).await;
    let probe = server.outlet().probe(SOON).await;
    assert!(probe.ok() && probe.clock_skew_ms.is_some_and(|skew| skew < 0), "{probe:?}");
}
