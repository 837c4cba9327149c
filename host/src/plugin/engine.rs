//! The one Wasm engine of the process and the thread that looks at running guests.

use std::path::Path;
use std::thread;

use thiserror::Error;
use wasmtime::{Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits;

/// Why the engine could not be set up.
#[derive(Debug, Error)]
#[error("set up the Wasm engine: {0}")]
pub struct EngineError(String);

impl EngineError {
    pub(super) fn new(error: &wasmtime::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

/// Makes the engine. Compiled connectors are kept below `cache`, keyed by their content.
///
/// Sandboxes come from a pool, which makes a fresh one per call affordable. Where the machine has too little address
/// space for the pool, every sandbox is allocated on demand instead: slower, but the same in every other respect.
///
/// # Errors
/// When neither way works, or the cache folder cannot be used.
pub fn engine(cache: Option<&Path>) -> Result<Engine, EngineError> {
    let failed = |error: wasmtime::Error| EngineError::new(&error);
    let mut config = base_config();
    if let Some(folder) = cache {
        let mut settings = CacheConfig::new();
        settings.with_directory(folder);
        config.cache(Some(Cache::new(settings).map_err(failed)?));
    }
    let mut pooled = config.clone();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    let engine = match Engine::new(&pooled) {
        Ok(engine) => engine,
        Err(error) => {
            tracing::warn!(error = %format!("{error:#}"), "no room for a pool of sandboxes; allocating each on demand");
            Engine::new(&config).map_err(failed)?
        }
    };
    watch(&engine).map_err(|error| EngineError(error.to_string()))?;
    Ok(engine)
}

fn base_config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(limits::GUEST_STACK_BYTES_MAX)
        // The contract has no async functions; without support for them every call is a fifth cheaper.
        .concurrency_support(false)
        // What Wasm leaves to the processor is decided here, so that a recorded call runs the same on another machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_component_model(true);
    config
}

fn pool() -> PoolingAllocationConfig {
    let calls = limits::CALLS_AT_ONCE_MAX;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        // Places for what every call may have: these cost little before they are used. Memories cost address space, so
        // a call of a component with several of them takes the places of several calls.
        .total_core_instances(calls * limits::GUEST_CORE_INSTANCES_MAX)
        .total_memories(calls)
        .total_tables(calls * limits::GUEST_TABLES_MAX)
        .total_stacks(calls)
        .max_core_instances_per_component(limits::GUEST_CORE_INSTANCES_MAX)
        .max_memories_per_component(limits::GUEST_MEMORIES_MAX)
        .max_tables_per_component(limits::GUEST_TABLES_MAX)
        .table_elements(limits::GUEST_TABLE_ELEMENTS_MAX)
        .max_memory_size(limits::GUEST_MEMORY_BYTES_MAX)
        .max_unused_warm_slots(limits::WARM_SANDBOXES_MAX)
        .linear_memory_keep_resident(limits::WARM_MEMORY_BYTES)
        .table_keep_resident(limits::WARM_STACK_BYTES)
        .async_stack_keep_resident(limits::WARM_STACK_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Ticks on a thread of its own, so that a guest which never yields cannot stop its own clock.
fn watch(engine: &Engine) -> std::io::Result<()> {
    let weak = engine.weak();
    thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(limits::EPOCH_TICK);
        }
    })?;
    Ok(())
}
