//! What one call has of WASI: no file and no socket, a way to print, and the seed of its random numbers.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::chance::Chance;
use super::printed::Printed;
use crate::limits;
use crate::plugin::bindings::apiconnect::connector::log::Level;
use crate::plugin::guest::Guest;
use crate::seam::{Clock, Steady};

/// WASI's side of one call.
pub(in crate::plugin) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    printed: [(Level, Printed); 2],
    pub(super) steady: Steady,
    /// Made when the first random number is asked for.
    pub(super) chance: Option<Chance>,
}

impl Wasi {
    fn new(clock: &Clock) -> Self {
        let printed = [(Level::Info, Printed::default()), (Level::Warn, Printed::default())];
        let [(_, out), (_, err)] = &printed;
        let mut builder = WasiCtx::builder();
        builder
            .stdout(out.clone())
            .stderr(err.clone())
            // These are the defaults. They stand here because what a connector may do depends on them.
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .socket_addr_check(|_, _| Box::pin(std::future::ready(false)));
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::WASI_RESOURCES_MAX);
        Self { context: builder.build(), table, printed, steady: clock.steady(), chance: None }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

impl Guest {
    /// What this call has of WASI, made when it first asks; what it printed before is taken into the log.
    pub(super) fn wasi(&mut self) -> &mut Wasi {
        self.read_printed(false);
        self.wasi.get_or_insert_with(|| Box::new(Wasi::new(&self.link.clock)))
    }

    /// Takes in what is left of a call that has ended.
    pub(in crate::plugin) fn end_of_call(&mut self) {
        self.read_printed(true);
    }

    /// Takes printed lines into the log; at the end also one that has no end.
    fn read_printed(&mut self, all: bool) {
        let Some(wasi) = &self.wasi else { return };
        if wasi.printed.iter().all(|(_, printed)| printed.is_empty()) {
            return;
        }
        let lines = wasi.printed.each_ref().map(|(level, printed)| (*level, printed.take_lines(all)));
        for (level, lines) in lines {
            lines.into_iter().for_each(|line| self.note(level, line));
        }
    }
}
