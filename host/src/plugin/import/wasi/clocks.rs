//! Time through WASI: the host's own, and the recorded one in a replay. A wait is real, and ends with the call.

use std::time::Duration;

use wasmtime::component::Resource;
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};

use crate::plugin::guest::Guest;
use crate::plugin::recording::Question;

impl wall_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let now = answered!(self, Question::Now, self.link.clock.now());
        let since = Duration::from_millis(now);
        Ok(wall_clock::Datetime { seconds: since.as_secs(), nanoseconds: since.subsec_nanos() })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1_000_000 })
    }
}

impl monotonic_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(answered!(self, Question::Elapsed, self.elapsed()))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let left = when.saturating_sub(self.elapsed());
        monotonic_clock::Host::subscribe_duration(self, left)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        monotonic_clock::Host::subscribe_duration(&mut self.clocks(), duration)
    }
}

impl Guest {
    /// Nanoseconds since it first asked something of WASI.
    fn elapsed(&mut self) -> u64 {
        u64::try_from(self.wasi().steady.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
