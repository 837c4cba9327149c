//! WASI 0.2 with nothing granted, for components whose language has it built in.
//!
//! An interpreter such as CPython does not load without it. It is told the time, gets random numbers and may print,
//! which goes into the connector's log. There are no files, no variables, no arguments, no input and no sockets: a
//! component that asks for one gets the error that its language has for it.
//!
//! `given` is what one call has of it, `printed` is standard output and standard error, `clocks` and `chance` are time
//! and random numbers, which go through the recording of a call as the contract's own functions do.

mod chance;
mod clocks;
mod given;
mod printed;

use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::plugin::guest::Guest;
pub(in crate::plugin) use given::Wasi;

/// The linked interfaces, by package.
const LINKED: [(&str, &[&str]); 6] = [
    (
        "cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("clocks", &["monotonic-clock", "wall-clock"]),
    ("filesystem", &["preopens", "types"]),
    ("io", &["error", "poll", "streams"]),
    ("random", &["random", "insecure", "insecure-seed"]),
    (
        "sockets",
        &["instance-network", "ip-name-lookup", "network", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
];

/// Adds them to a linker.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    // Time and chance are the host's.
    linker.allow_shadowing(true);
    wall_clock::add_to_linker::<Guest, Guest>(linker, |guest| guest)?;
    monotonic_clock::add_to_linker::<Guest, Guest>(linker, |guest| guest)?;
    random::add_to_linker::<Guest, Guest>(linker, |guest| guest)?;
    insecure::add_to_linker::<Guest, Guest>(linker, |guest| guest)?;
    insecure_seed::add_to_linker::<Guest, Guest>(linker, |guest| guest)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Says whether an import `wasi:PACKAGE/INTERFACE@VERSION` is linked, or what to do about one that is not.
pub(in crate::plugin) fn check(name: &str) -> Result<(), String> {
    let (package, rest) = name.trim_start_matches("wasi:").split_once('/').unwrap_or((name, ""));
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    if package == "http" {
        return Err(format!(
            "it imports {name}, and this host sends nothing past a connection's grants; use \
             apiconnect:connector/http instead, which also signs in for you"
        ));
    }
    if !version.starts_with("0.2.") {
        return Err(format!(
            "it imports {name}, this host has WASI 0.2; build it for that (componentize-qjs: `--sync`), or leave WASI \
             out (`--stub-wasi`)"
        ));
    }
    let linked = LINKED.iter().any(|(known, interfaces)| *known == package && interfaces.contains(&interface));
    if linked {
        return Ok(());
    }
    let packages: Vec<&str> = LINKED.iter().map(|(package, _)| *package).collect();
    Err(format!(
        "it imports {name}, which this host does not give; of WASI it has {}, and a connector gets http, secret, state, \
         log and clock of apiconnect:connector",
        packages.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_linked_is_named_with_what_to_do() {
        for fine in ["wasi:cli/stderr@0.2.0", "wasi:io/poll@0.2.12", "wasi:sockets/tcp@0.2.3"] {
            assert_eq!(check(fine), Ok(()));
        }
        for (name, says) in [
            ("wasi:http/outgoing-handler@0.2.3", "apiconnect:connector/http"),
            ("wasi:cli/stderr@0.3.0", "--sync"),
            ("wasi:keyvalue/store@0.2.0", "does not give"),
            ("wasi:cli/unheard-of@0.2.0", "does not give"),
            ("wasi:io", "WASI 0.2"),
        ] {
            let text = check(name).unwrap_err();
            assert!(text.contains(name) && text.contains(says), "{text}");
        }
    }
}
