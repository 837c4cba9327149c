//! What a process uses, as Linux tells it.

use anyhow::Context;

/// Linux counts a process's time in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time that a process has used.
pub(super) fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name stands in parentheses and may hold anything; user and system time come 12 fields behind it.
    let (_, fields) = text.rsplit_once(')').context("a process has a name")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>().context("its time")?;
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// Megabytes (of a million bytes) of a process that are in memory, shared ones included.
pub(super) fn resident_mb(process: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().context("its size")?;
    Ok(kib * 1_024.0 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_uses_something() {
        let this = std::process::id();
        assert!(super::resident_mb(this).unwrap() > 1.0);
        assert!(super::cpu_seconds(this).unwrap() >= 0.0);
    }
}
