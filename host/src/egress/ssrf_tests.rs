//! Addresses of the operator's own network in every disguise, through an outlet as it is used, and a name server that
//! changes its answers. A wire in place of the network notes where each socket would have led.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures::StreamExt;
use futures::future::BoxFuture;
use url::Url;

use super::dial::Wire;
use super::test_server::{Reply, SOON, TestServer, answer, get};
use super::{Class, Egress, Grants, Outlet, OutletSettings, Resolve, SendErrorKind, Sent, classify};
use crate::seam::Clock;

/// Addresses that no connector may reach, as IPv4.
const INSIDE: [[u8; 4]; 8] = [
    [127, 0, 0, 1],
    [10, 0, 0, 1],
    [172, 16, 0, 1],
    [192, 168, 1, 1],
    [169, 254, 169, 254],
    [100, 100, 100, 200],
    [168, 63, 129, 16],
    [0, 0, 0, 0],
];

/// The same, and others, in IPv6 and as names.
const OTHERS: [&str; 76] = [
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[0::0]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:0:a00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[64:ff9b:1:ffff::1]",
    "[2002:7f00:1::]",
    "[2002:7f00:1::1]",
    "[2002:a00:1::1]",
    "[2002:c0a8:101::1]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:0:7f00:1::]",
    "[2a00:1450::5efe:7f00:1]",
    "[2a00:1450::200:5efe:10.0.0.1]",
    "[fe80::1]",
    "[fe80::5efe:10.0.0.1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%251]",
    "[febf::1]",
    "[fec0::1]",
    "[feff::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[fd12:3456:789a:1::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fd00:42::42]",
    "[fdff:ffff::1]",
    "[ff02::1]",
    "[ff05::2]",
    "[ff00::]",
    "[100::1]",
    "[2001:db8::1]",
    "[2001:10::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[4000::1]",
    "169.254.1.1",
    "169.254.170.2",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "100.64.0.1",
    "127.127.127.127",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "metadata.google.internal",
    "metadata.google.internal.",
    "instance-data.ec2.internal",
];

/// Every way to write an IPv4 address that some library reads as one.
fn disguises([a, b, c, d]: [u8; 4]) -> Vec<String> {
    let whole = u32::from_be_bytes([a, b, c, d]);
    let low = u32::from_be_bytes([0, b, c, d]);
    let lower = u32::from_be_bytes([0, 0, c, d]);
    let plain = format!("{a}.{b}.{c}.{d}");
    let escaped: String = plain.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let wide: String = plain
        .chars()
        .map(|digit| char::from_u32(u32::from('０') + digit.to_digit(10).unwrap_or(99)).filter(|_| digit != '.'))
        .map(|digit| digit.unwrap_or('．'))
        .collect();
    vec![
        format!("{whole}"),
        format!("{whole:#x}"),
        format!("0X{whole:08X}"),
        format!("0{whole:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.000{b:o}.000{c:o}.000{d:o}"),
        format!("{a}.{low}"),
        format!("{a:#x}.{low}"),
        format!("{a}.{b}.{lower}"),
        format!("0{a:o}.{b:#x}.{lower}"),
        format!("{plain}."),
        format!("{a}。{b}。{c}。{d}"),
        format!("{a}｡{b}｡{c}｡{d}"),
        format!("{a}%2e{b}%2e{c}%2e{d}"),
        format!("user@{plain}"),
        format!("erp.example.com@{plain}"),
        format!("erp.example.com%40{plain}"),
        format!("erp.example.com:80@{plain}"),
        format!("{plain}.nip.io"),
        escaped,
        wide,
        plain,
    ]
}

fn forms() -> BTreeSet<String> {
    INSIDE.into_iter().flat_map(disguises).chain(OTHERS.map(str::to_owned)).collect()
}

/// Answers every name with an address inside.
struct Inside(AtomicUsize);

impl Resolve for Inside {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let at = self.0.fetch_add(1, Ordering::Relaxed);
        let [a, b, c, d] = INSIDE[at % INSIDE.len()];
        Box::pin(std::future::ready(Ok(vec![Ipv4Addr::new(a, b, c, d).into()])))
    }
}

fn egress(server: &TestServer, resolver: Arc<dyn Resolve>) -> (Egress, Arc<Wire>) {
    let to = SocketAddr::from(([127, 0, 0, 1], server.port));
    let wire = Arc::new(Wire { to, dialled: parking_lot::Mutex::default() });
    let egress = Egress::with_resolver(Clock::system(), resolver).unwrap();
    (Egress { wire: Some(Arc::clone(&wire)), ..egress }, wire)
}

fn never_dialled(address: IpAddr) -> bool {
    matches!(classify(address), Class::Metadata | Class::Never(_))
}

#[tokio::test]
async fn no_form_of_an_address_inside_is_dialled() {
    let server = TestServer::start(|_| Reply::Say(answer(200, "", "inside"))).await;
    let (egress, wire) = egress(&server, Arc::new(Inside(0.into())));
    let base = Url::parse("https://erp.example.com/").unwrap();
    let forms = forms();
    let (mut asked, mut granted) = (0, 0);
    for form in &forms {
        let target = format!("http://{form}/latest/meta-data");
        // As a connector asks, without a grant for it.
        let outlet = Outlet::open(OutletSettings::new("test", base.clone()), &egress).unwrap();
        let error = outlet.send(get(&target), SOON).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No), "{target}");
        asked += 1;
        // With every grant that can be written for it, and as the base URL.
        let grants = Grants::parse([format!("http://{form}")]);
        let url = Url::parse(&target);
        let outlets = [
            grants.ok().map(|grants| OutletSettings { grants, ..OutletSettings::new("test", base.clone()) }),
            url.ok().map(|url| OutletSettings::new("test", url)),
        ];
        for settings in outlets.into_iter().flatten() {
            let Ok(outlet) = Outlet::open(settings, &egress) else { continue };
            let error = outlet.send(get(&target), SOON).await.unwrap_err();
            assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No), "{target}");
            let probe = outlet.probe(SOON).await;
            assert!(outlet.connection() == "test" && probe.steps.len() <= 4);
            granted += 1;
        }
    }
    assert!(forms.len() >= 200 && asked == forms.len() && granted >= 250, "{} {granted}", forms.len());
    let dialled = wire.dialled.lock().clone();
    let inside = dialled.iter().filter(|address| classify(address.ip()) != Class::Public).count();
    assert_eq!((inside, server.seen().len()), (0, 0), "{dialled:?}");
}

#[tokio::test]
async fn a_grant_of_the_private_network_opens_no_metadata() {
    let server = TestServer::start(|_| Reply::Say(answer(200, "", "inside"))).await;
    let (egress, wire) = egress(&server, Arc::new(Inside(0.into())));
    let mut tried = 0;
    for form in forms() {
        let Ok(url) = Url::parse(&format!("http://{form}/")) else { continue };
        let settings = OutletSettings { private_network: true, ..OutletSettings::new("test", url) };
        if let Ok(outlet) = Outlet::open(settings, &egress) {
            drop(outlet.send(get("a"), SOON).await);
            tried += 1;
        }
    }
    let dialled = wire.dialled.lock().clone();
    assert!(tried >= 150 && dialled.len() >= 50, "{tried} {}", dialled.len());
    assert!(!dialled.iter().any(|address| never_dialled(address.ip())), "{dialled:?}");
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let forms: Vec<String> = forms().into_iter().filter(|form| form.is_ascii()).collect();
    let (places, next) = (forms.clone(), AtomicUsize::new(0));
    let server = TestServer::start(move |_| {
        let at = next.fetch_add(1, Ordering::Relaxed) % places.len();
        let status = [301, 302, 303, 307, 308][at % 5];
        Reply::Say(answer(status, &format!("location: http://{}/latest\r\n", places[at]), ""))
    })
    .await;
    let (egress, wire) = egress(&server, Arc::new(Public));
    let outlet = Outlet::open(OutletSettings::new("test", Url::parse("http://erp.example.com/").unwrap()), &egress);
    let outlet = outlet.unwrap();
    for form in &forms {
        let response = outlet.send(get("a"), SOON).await.unwrap();
        assert!((301..=308).contains(&response.status), "a redirect is an answer: {form}");
        let location = response.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        let error = outlet.send(get(&location.unwrap()), SOON).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No), "{form}");
    }
    assert!(wire.dialled.lock().iter().all(|address| address.ip() == PUBLIC));
    assert_eq!(server.seen().len(), forms.len());
}

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));

struct Public;

impl Resolve for Public {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::ready(Ok(vec![PUBLIC])))
    }
}

/// A name server in bad hands: every look-up has another answer, public, private or both, in any order.
struct Rebinding {
    dice: AtomicU64,
    lookups: AtomicUsize,
    inside: Vec<IpAddr>,
}

impl Rebinding {
    fn new() -> Self {
        let text = include_str!("../../../tests/vectors/addresses.txt");
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let all = lines.filter_map(|line| line.split_whitespace().next()?.parse::<IpAddr>().ok());
        let inside = all.filter(|address| classify(*address) != Class::Public).collect();
        Self { dice: 7.into(), lookups: 0.into(), inside }
    }

    fn roll(&self) -> usize {
        let step =
            |state: u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let state = self.dice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap();
        usize::try_from(state >> 33).unwrap()
    }
}

impl Resolve for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let lookup = self.lookups.fetch_add(1, Ordering::Relaxed);
        let inside = || self.inside[self.roll() % self.inside.len()];
        let answer = match self.roll() % 6 {
            // The classic: once public, the next time private.
            0 | 1 if lookup.is_multiple_of(2) => vec![PUBLIC],
            0 | 1 => vec![inside()],
            2 => vec![PUBLIC, inside()],
            3 => vec![inside(), PUBLIC],
            4 => (0..8).map(|n| if n == 5 { PUBLIC } else { inside() }).collect(),
            _ => vec![inside(), inside(), inside()],
        };
        // Later than asked, so that look-ups overlap.
        let pauses = self.roll() % 3;
        Box::pin(async move {
            for _ in 0..pauses {
                tokio::task::yield_now().await;
            }
            Ok(answer)
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_changes_its_answers_reaches_nothing_inside() {
    const TRIES: usize = 10_000;
    // Every answer ends its socket, so that every try looks up and dials anew.
    let server = TestServer::start(|_| Reply::SayThenClose(answer(200, "connection: close\r\n", "out"))).await;
    let names = Arc::new(Rebinding::new());
    let (egress, wire) = egress(&server, Arc::clone(&names) as _);
    let settings = OutletSettings::new("test", Url::parse("http://erp.example.com/").unwrap());
    let outlet = Arc::new(Outlet::open(settings, &egress).unwrap());
    let tries = (0..TRIES).map(|_| {
        let outlet = Arc::clone(&outlet);
        async move { outlet.send(get("a"), SOON).await.map_err(|error| (error.kind, error.sent)) }
    });
    let ends: Vec<_> = futures::stream::iter(tries).buffer_unordered(32).collect().await;
    let answered = ends.iter().filter(|end| end.is_ok()).count();
    let refused = ends.iter().filter(|end| matches!(end, Err((SendErrorKind::Refused, Sent::No)))).count();
    assert_eq!(
        answered + refused,
        TRIES,
        "{:?}",
        ends.iter().find(|end| matches!(end, Err((kind, _)) if *kind != SendErrorKind::Refused))
    );
    assert_eq!(names.lookups.load(Ordering::Relaxed), TRIES, "each try is looked up, and once");
    let dialled = wire.dialled.lock().clone();
    let inside = dialled.iter().filter(|address| classify(address.ip()) != Class::Public).count();
    assert_eq!(inside, 0, "private connects");
    assert_eq!(dialled.len(), answered);
    assert!(answered > TRIES / 3 && refused > TRIES / 10, "{answered} answered, {refused} refused");
}
