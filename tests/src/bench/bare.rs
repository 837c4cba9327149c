//! wasmtime alone and at its best: the pool and the settings of the host's engine, a fresh store for every call, no
//! limit, and host functions that answer from memory.

use std::path::Path;

use apiconnect::commerce::products::{Price, PriceRequest};
use apiconnect::commerce::types::{Context, Error};
use apiconnect::limits;
use apiconnect::plugin::bindings::apiconnect::connector as given;
use apiconnect::plugin::bindings::exports::apiconnect::connector::pricing::GuestIndices;
use given::http::{Failure, Request, Response};
use wasmtime::component::{Component, HasData, InstancePre, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

/// A component that is ready to be called.
pub(super) struct Bare {
    engine: Engine,
    pre: InstancePre<Stub>,
    pricing: GuestIndices,
    now: u64,
    answer: fn() -> Response,
}

/// What a store of the bare engine holds.
struct Stub {
    now: u64,
    answer: fn() -> Response,
}

impl Bare {
    /// Compiles a component; every request of it gets `answer`, and its clock stands at `now`.
    pub(super) fn load(path: &Path, now: u64, answer: fn() -> Response) -> wasmtime::Result<Self> {
        let engine = Engine::new(&config())?;
        let component = Component::from_file(&engine, path)?;
        let mut linker = Linker::new(&engine);
        given::http::add_to_linker::<Stub, Stub>(&mut linker, |stub| stub)?;
        given::secret::add_to_linker::<Stub, Stub>(&mut linker, |stub| stub)?;
        given::state::add_to_linker::<Stub, Stub>(&mut linker, |stub| stub)?;
        given::log::add_to_linker::<Stub, Stub>(&mut linker, |stub| stub)?;
        given::clock::add_to_linker::<Stub, Stub>(&mut linker, |stub| stub)?;
        let pre = linker.instantiate_pre(&component)?;
        let pricing = GuestIndices::new(&pre)?;
        Ok(Self { engine, pre, pricing, now, answer })
    }

    /// One price question in a fresh store.
    pub(super) async fn query_prices(
        &self,
        context: &Context,
        lines: &[PriceRequest],
    ) -> wasmtime::Result<Result<Vec<Result<Price, Error>>, Error>> {
        let mut store = Store::new(&self.engine, Stub { now: self.now, answer: self.answer });
        let instance = self.pre.instantiate_async(&mut store).await?;
        let guest = self.pricing.load(&mut store, &instance)?;
        guest.call_query(&mut store, context, lines).await
    }
}

/// The pool of the host's own engine, without its limits.
fn config() -> Config {
    let calls = limits::CALLS_AT_ONCE_MAX;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls * limits::GUEST_CORE_INSTANCES_MAX)
        .total_memories(calls * limits::GUEST_MEMORIES_MAX)
        .total_tables(calls * limits::GUEST_TABLES_MAX)
        .total_stacks(calls)
        .table_elements(limits::GUEST_TABLE_ELEMENTS_MAX)
        .max_unused_warm_slots(limits::WARM_SANDBOXES_MAX)
        .linear_memory_keep_resident(limits::WARM_MEMORY_BYTES)
        .table_keep_resident(limits::WARM_STACK_BYTES)
        .async_stack_keep_resident(limits::WARM_STACK_BYTES)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .wasm_component_model(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

impl HasData for Stub {
    type Data<'a> = &'a mut Self;
}

impl given::http::Host for Stub {
    async fn send(&mut self, _: Request) -> Result<Response, Failure> {
        Ok((self.answer)())
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        requests.iter().map(|_| Ok((self.answer)())).collect()
    }
}

impl given::clock::Host for Stub {
    async fn now(&mut self) -> u64 {
        self.now
    }
}

impl given::log::Host for Stub {
    async fn write(&mut self, _: given::log::Level, _: String, _: Vec<given::log::Field>) {}
}

impl given::secret::Host for Stub {
    async fn placeholder(&mut self, slot: String) -> Result<String, given::secret::Failure> {
        Err(given::secret::Failure::UnknownSlot(slot))
    }

    async fn sign(
        &mut self,
        slot: String,
        _: given::secret::Algorithm,
        _: Vec<u8>,
    ) -> Result<Vec<u8>, given::secret::Failure> {
        Err(given::secret::Failure::UnknownSlot(slot))
    }
}

impl given::state::Host for Stub {
    async fn get(&mut self, _: String) -> Option<Vec<u8>> {
        None
    }

    async fn set(&mut self, _: String, _: Vec<u8>, _: u64) -> Result<(), given::state::Failure> {
        Ok(())
    }

    async fn remove(&mut self, _: String) {}

    async fn acquire(&mut self, _: String, _: u64) -> bool {
        true
    }

    async fn release(&mut self, _: String) {}
}
