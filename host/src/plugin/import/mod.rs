//! What the host gives a connector, one file an interface.

/// Answers a question of the connector: out of a recording where the call is a replay, else by what the host does, which
/// a recording of the call notes.
macro_rules! answered {
    ($guest:ident, $question:expr, $answer:expr) => {
        match $guest.hear(|| $question) {
            Some(recorded) => recorded,
            None => {
                let answer = $answer;
                $guest.keep_answer(&answer);
                answer
            }
        }
    };
}

mod clock;
mod http;
mod log;
mod secret;
pub(super) mod state;
pub(super) mod wasi;

use wasmtime::Engine;
use wasmtime::component::Linker;

use super::bindings::apiconnect::connector as contract;
use super::guest::Guest;

/// The contract's interfaces that this host links; a connector that imports another one is refused when it is loaded.
pub(super) const GIVEN: [&str; 5] = ["http", "secret", "state", "log", "clock"];

/// A linker with everything a connector may import.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    contract::http::add_to_linker::<Guest, Guest>(&mut linker, |guest| guest)?;
    contract::secret::add_to_linker::<Guest, Guest>(&mut linker, |guest| guest)?;
    contract::state::add_to_linker::<Guest, Guest>(&mut linker, |guest| guest)?;
    contract::log::add_to_linker::<Guest, Guest>(&mut linker, |guest| guest)?;
    contract::clock::add_to_linker::<Guest, Guest>(&mut linker, |guest| guest)?;
    wasi::link(&mut linker)?;
    Ok(linker)
}
