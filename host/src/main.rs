//! The `apiconnect` binary.

/// Compiling a connector and opening the store take much memory for a moment. The C library's allocator keeps it; this
/// one gives it back (`.cargo/config.toml` says how soon), and it is the faster one where many threads allocate.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    apiconnect::cli::main()
}
