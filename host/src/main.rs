//! The `apiconnect` binary.

fn main() -> std::process::ExitCode {
    apiconnect::cli::main()
}
