//! Versions of the connector `versioned` without a compiler: another mark is written into the component.

use anyhow::{Context, ensure};

use super::component;

/// What a version is like.
#[derive(Clone, Debug, Default)]
pub struct Version {
    /// What it calls itself.
    pub version: String,
    /// How long it takes to say who it is.
    pub describe_ms: u64,
    /// How long it takes to answer.
    pub answer_ms: u64,
    /// A host it asks for.
    pub host: &'static str,
    /// A secret it asks for.
    pub secret: &'static str,
}

const MARK: &[u8] = b"versioned-mark:";
/// As long as the mark in the connector.
const MARK_BYTES: usize = 96;

impl Version {
    /// A version with this name that is quick and asks for nothing.
    #[must_use]
    pub fn named(version: impl Into<String>) -> Self {
        Self { version: version.into(), ..Self::default() }
    }

    /// The component.
    ///
    /// # Errors
    /// When it was not built, or does not have exactly one mark.
    pub fn component(&self) -> anyhow::Result<Vec<u8>> {
        let Self { version, describe_ms, answer_ms, host, secret } = self;
        let mut mark = MARK.to_vec();
        mark.extend(format!("{version};{describe_ms};{answer_ms};{host};{secret};").bytes());
        ensure!(mark.len() <= MARK_BYTES, "the mark of {version} is too long");
        mark.resize(MARK_BYTES, b' ');
        let mut bytes = std::fs::read(component("versioned")?)?;
        let at: Vec<usize> =
            bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).map(|(at, _)| at).collect();
        ensure!(at.len() == 1, "the component has {} marks", at.len());
        let place = bytes.get_mut(at[0]..at[0] + MARK_BYTES).context("the mark is cut off")?;
        place.copy_from_slice(&mark);
        Ok(bytes)
    }
}

/// The same component as one built against another version of the contract, of as many digits as 0.1.0.
///
/// # Errors
/// When nothing in it names the contract.
pub fn of_contract(component: &[u8], version: &str) -> anyhow::Result<Vec<u8>> {
    const NOW: &[u8] = b"@0.1.0";
    let other = format!("@{version}");
    ensure!(other.len() == NOW.len(), "{version} is not as long as 0.1.0");
    let mut bytes = component.to_vec();
    let at: Vec<usize> =
        bytes.windows(NOW.len()).enumerate().filter(|(_, window)| *window == NOW).map(|(at, _)| at).collect();
    ensure!(!at.is_empty(), "the component names no version of the contract");
    for at in at {
        bytes[at..at + NOW.len()].copy_from_slice(other.as_bytes());
    }
    Ok(bytes)
}
