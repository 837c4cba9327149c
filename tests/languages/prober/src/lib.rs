//! A connector that tries what WASI would give: the product's name says what. The host must give nothing, and bound the
//! rest.

use apiconnect_sdk::prelude::*;

#[allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub, reason = "generated code")]
mod given {
    wit_bindgen::generate!({ path: "wit", world: "apiconnect:prober/prober", generate_all });
}

use given::exports::apiconnect::prober::hoard;
use given::wasi::cli::{environment, exit, stderr, stdin, stdout};
use given::wasi::clocks::{monotonic_clock, wall_clock};
use given::wasi::filesystem::preopens;
use given::wasi::random::random;
use given::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use given::wasi::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};

const SECOND: u64 = 1_000_000_000;

/// The connector.
pub struct Prober;

impl Connector for Prober {
    fn describe() -> Description {
        Description::new("prober", "A look at what WASI gives", "apiconnect", "0.1.0")
            .operation(Operation::new("pricing.query").batch(50))
    }

    fn check(_: &Context) -> Result<Health, Error> {
        Ok(Health { system: "WASI".into(), version: None, tenant: None, remarks: Vec::new() })
    }
}

impl Pricing for Prober {
    fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
        Ok(lines.iter().map(|line| Ok(answer(line))).collect())
    }
}

fn answer(line: &PriceRequest) -> Price {
    let found = match line.product.as_str() {
        "look" => look(),
        "chance" => format!("{:?}", random::get_random_bytes(16)),
        "nap" => nap(SECOND / 50),
        "sleep" => nap(3_600 * SECOND),
        "spin" => spin(),
        "timers" => timers(),
        "handles" => own_things(),
        "chances" => random::get_random_bytes(1 << 32).len().to_string(),
        "print" => print(),
        "shout" => shout(),
        "exit" => leave(),
        other => other.to_owned(),
    };
    Price { contract: Some(found), ..Price::new(&line.product, &line.quantity.unit, "1", "USD") }
}

/// Everything that would say something about the machine.
fn look() -> String {
    let network = instance_network::instance_network();
    let found = [
        format!("variables {:?}", environment::get_environment()),
        format!("arguments {:?}", environment::get_arguments()),
        format!("folder {:?}", environment::initial_cwd()),
        format!("folders {}", preopens::get_directories().len()),
        format!("input {}", stdin::get_stdin().blocking_read(1).is_err()),
        format!("tcp {}", told(tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4))),
        format!("udp {}", told(udp_create_socket::create_udp_socket(IpAddressFamily::Ipv6))),
        format!("name {}", told(ip_name_lookup::resolve_addresses(&network, "localhost"))),
        format!("time {}", wall_clock::now().seconds),
    ];
    found.join("; ")
}

fn told<T>(outcome: Result<T, ErrorCode>) -> String {
    outcome.map_or_else(|error| format!("Err({})", error.name()), |_| "GOT IT".to_owned())
}

fn nap(nanoseconds: u64) -> String {
    let before = monotonic_clock::now();
    monotonic_clock::subscribe_duration(nanoseconds).block();
    format!("slept {}", monotonic_clock::now() - before >= nanoseconds)
}

/// Asks over and over whether a time has come, which never computes for long.
fn spin() -> String {
    let timer = monotonic_clock::subscribe_duration(3_600 * SECOND);
    while !timer.ready() {
        monotonic_clock::subscribe_duration(0).block();
    }
    "it came".to_owned()
}

/// Keeps one timer after the other.
fn timers() -> String {
    let kept: Vec<_> = (0..100_000).map(|_| monotonic_clock::subscribe_duration(SECOND)).collect();
    format!("{} timers", kept.len())
}

/// A resource of its own, of which the host keeps the handles.
pub struct Thing;

impl hoard::GuestThing for Thing {}

impl hoard::Guest for Prober {
    type Thing = Thing;
}

fn own_things() -> String {
    let kept: Vec<_> = (0..1_000_000).map(|_| hoard::Thing::new(Thing)).collect();
    format!("{} things", kept.len())
}

fn print() -> String {
    let (out, err) = (stdout::get_stdout(), stderr::get_stderr());
    for _ in 0..100_000 {
        drop(out.blocking_write_and_flush(b"printed "));
        drop(err.blocking_write_and_flush(b"told\n"));
    }
    "printed".to_owned()
}

/// Writes more at once than it may.
fn shout() -> String {
    let told = stdout::get_stdout().write(&vec![b'x'; 8 << 20]);
    format!("told {}", told.is_ok())
}

fn leave() -> String {
    drop(stderr::get_stderr().blocking_write_and_flush(b"its last words"));
    exit::exit(Err(()));
    "still there".to_owned()
}

apiconnect_sdk::export!(Prober: pricing);
given::export!(Prober with_types_in given);
