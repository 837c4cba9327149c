//! `demo [--stay]`: shows the main job on a fresh folder.

fn main() -> anyhow::Result<()> {
    let stay = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--stay") => true,
        Some(other) => anyhow::bail!("demo [--stay]: `{other}` is not known"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(apiconnect_tests::demo::run(stay))
}
