//! `bench [NAME…]`: measures the host beside native programs; `bench --list` names the sections.

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(apiconnect_tests::bench::run(std::env::args().skip(1).collect()))
}
