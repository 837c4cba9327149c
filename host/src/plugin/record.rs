//! What is remembered of a connector: its versions, which one serves, and what was accepted for it. Plain data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bindings::exports::apiconnect::connector::connector::Description;
use super::signature::Signature;
use crate::limits;
use crate::seam::Millis;

/// What a version asks for besides its connection's own address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asks {
    /// Hosts, as patterns.
    pub hosts: BTreeSet<String>,
    /// Names of secret slots.
    pub secrets: BTreeSet<String>,
}

impl Asks {
    pub(super) fn of(description: &Description) -> Self {
        Self {
            hosts: description.hosts.iter().cloned().collect(),
            secrets: description.secrets.iter().map(|slot| slot.name.clone()).collect(),
        }
    }

    /// What this asks for that `accepted` does not, a line each.
    #[must_use]
    pub fn beyond(&self, accepted: &Self) -> Vec<String> {
        let hosts = self.hosts.difference(&accepted.hosts).map(|host| format!("the host {host}"));
        let secrets = self.secrets.difference(&accepted.secrets).map(|slot| format!("the secret `{slot}`"));
        hosts.chain(secrets).collect()
    }
}

/// One version of a connector that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// SHA-256 of the file, as hex: the version's name where two files call themselves the same.
    pub digest: String,
    /// What the connector calls its version.
    pub version: String,
    /// Size of the file.
    pub bytes: u64,
    /// What is known of its signature.
    pub signature: Signature,
    /// What it asks for.
    pub asks: Asks,
    /// When it came; milliseconds since the epoch.
    pub came: Millis,
}

/// What is remembered of a connector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The digest of the version that serves.
    pub active: String,
    /// Since when; milliseconds since the epoch.
    pub since: Millis,
    /// The digest of the last file that came. It was decided about: seen again, it changes nothing.
    pub seen: String,
    /// Digests of the versions that served before, the last one last.
    pub before: Vec<String>,
    /// The versions that are kept, the last one last.
    pub versions: Vec<Version>,
}

/// What becomes of a version that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It serves from now on.
    Serves,
    /// It asks for this, which the running version does not, and waits for a person.
    Waits(Vec<String>),
}

impl Record {
    /// Takes a version in. The first version of a connector is accepted with what it asks for: connections grant each
    /// thing by name anyway. A later one that asks for more waits.
    pub(super) fn take_in(&mut self, version: Version, now: Millis) -> Verdict {
        let (digest, wants) = (version.digest.clone(), self.wants(&version));
        self.seen.clone_from(&digest);
        self.versions.retain(|kept| kept.digest != digest);
        self.versions.push(version);
        if !wants.is_empty() {
            return Verdict::Waits(wants);
        }
        self.activate(&digest, now);
        Verdict::Serves
    }

    /// What a version asks for that was not accepted for the one that serves.
    #[must_use]
    pub fn wants(&self, version: &Version) -> Vec<String> {
        self.version(&self.active).map(|active| version.asks.beyond(&active.asks)).unwrap_or_default()
    }

    /// The last version that came, when it waits for a person, and what it wants.
    #[must_use]
    pub fn waiting(&self) -> Option<(&Version, Vec<String>)> {
        let last = self.version(&self.seen).filter(|last| last.digest != self.active)?;
        Some((last, self.wants(last))).filter(|(_, wants)| !wants.is_empty())
    }

    /// Makes a version the one that serves.
    pub(super) fn activate(&mut self, digest: &str, now: Millis) {
        if self.active == digest {
            return;
        }
        if !self.active.is_empty() {
            self.before.push(std::mem::take(&mut self.active));
        }
        self.before.retain(|before| before != digest);
        let surplus = self.before.len().saturating_sub(limits::VERSIONS_KEPT);
        self.before.drain(..surplus);
        digest.clone_into(&mut self.active);
        self.since = now;
    }

    /// Goes back to the version that served before, and forgets that the present one was ahead of it.
    pub(super) fn roll_back(&mut self, now: Millis) -> Option<Version> {
        let found = self.previous()?.clone();
        while self.before.pop().is_some_and(|digest| digest != found.digest) {}
        self.active.clone_from(&found.digest);
        self.since = now;
        Some(found)
    }

    /// The version that served before and is still kept.
    #[must_use]
    pub fn previous(&self) -> Option<&Version> {
        self.before.iter().rev().find_map(|digest| self.version(digest))
    }

    /// The kept version with this digest.
    #[must_use]
    pub fn version(&self, digest: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.digest == digest)
    }

    /// The one kept version that `text` names: a digest or its beginning, with or without `sha256:` before it.
    ///
    /// # Errors
    /// What to write instead.
    pub fn find(&self, text: &str) -> Result<&Version, String> {
        let prefix = text.strip_prefix("sha256:").unwrap_or(text);
        let known = || {
            let known = self.versions.iter().rev().map(|v| format!("{} ({})", short(&v.digest), v.version));
            known.collect::<Vec<_>>().join(", ")
        };
        let mut found = self.versions.iter().filter(|version| !prefix.is_empty() && version.digest.starts_with(prefix));
        match (found.next(), found.next()) {
            (Some(version), None) => Ok(version),
            (Some(_), Some(_)) => Err(format!("`{text}` is the beginning of several digests; kept are {}", known())),
            (None, _) => Err(format!("no version with the digest `{text}` is kept; kept are {}", known())),
        }
    }

    /// Lets go of the oldest versions beyond the bound, but never of one that serves, waits, is the way back or is
    /// among `held`. Answers the digests whose files may go.
    pub(super) fn prune(&mut self, held: &BTreeSet<String>) -> Vec<String> {
        let needed: BTreeSet<String> = [Some(&self.active), Some(&self.seen), self.previous().map(|v| &v.digest)]
            .into_iter()
            .flatten()
            .chain(held)
            .cloned()
            .collect();
        let mut surplus = self.versions.len().saturating_sub(limits::VERSIONS_KEPT);
        let mut gone = Vec::new();
        self.versions.retain(|version| {
            let goes = surplus > 0 && !needed.contains(&version.digest);
            if goes {
                surplus -= 1;
                gone.push(version.digest.clone());
            }
            !goes
        });
        self.before.retain(|digest| !gone.contains(digest));
        gone
    }
}

/// A digest as people read it.
pub(super) fn short(digest: &str) -> String {
    format!("sha256:{}", digest.get(..12).unwrap_or(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(digest: &str, hosts: &[&str]) -> Version {
        Version {
            digest: digest.to_owned(),
            version: "1".to_owned(),
            bytes: 1,
            signature: Signature::Unsigned,
            asks: Asks { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), secrets: BTreeSet::new() },
            came: 0,
        }
    }

    #[test]
    fn a_version_that_asks_for_more_waits_and_one_that_asks_for_less_serves() {
        let mut record = Record::default();
        assert_eq!(record.take_in(version("a", &["https://x"]), 1), Verdict::Serves, "the first one is accepted");
        let Verdict::Waits(wants) = record.take_in(version("b", &["https://x", "https://y"]), 2) else {
            panic!("it serves")
        };
        assert_eq!(wants, ["the host https://y"]);
        assert_eq!((record.active.as_str(), record.since), ("a", 1));
        assert_eq!(record.waiting().unwrap().0.digest, "b");
        assert_eq!(record.take_in(version("c", &[]), 3), Verdict::Serves);
        assert!(record.waiting().is_none());
        // What was given up is asked for anew.
        assert!(matches!(record.take_in(version("d", &["https://x"]), 4), Verdict::Waits(_)));
        assert_eq!(record.active, "c");
    }

    #[test]
    fn going_back_twice_goes_back_two_versions() {
        let mut record = Record::default();
        for (at, digest) in ["a", "b", "c"].into_iter().enumerate() {
            record.take_in(version(digest, &[]), at as u64);
        }
        assert_eq!(record.roll_back(9).unwrap().digest, "b");
        assert_eq!(record.roll_back(9).unwrap().digest, "a");
        assert_eq!(record.roll_back(9), None);
        assert_eq!((record.active.as_str(), record.seen.as_str()), ("a", "c"));
        record.activate("c", 10);
        assert_eq!(record.previous().unwrap().digest, "a");
    }

    #[test]
    fn the_number_of_versions_is_bounded_and_what_is_needed_stays() {
        let mut record = Record::default();
        record.take_in(version("pinned", &[]), 0);
        let held = BTreeSet::from(["pinned".to_owned()]);
        for number in 0..50 {
            record.take_in(version(&number.to_string(), &[]), number);
            record.prune(&held);
            assert!(record.versions.len() <= limits::VERSIONS_KEPT);
            assert!(record.version(&record.active).is_some() && record.version("pinned").is_some());
            assert!(record.previous().is_some() || number == 0);
        }
        assert!(record.before.iter().all(|digest| record.version(digest).is_some()));
    }

    #[test]
    fn a_version_is_found_by_the_beginning_of_its_digest() {
        let mut record = Record::default();
        record.take_in(version("aab", &[]), 0);
        record.take_in(version("aac", &[]), 0);
        assert_eq!(record.find("sha256:aab").unwrap().digest, "aab");
        assert!(record.find("aa").unwrap_err().contains("several"));
        assert!(record.find("").unwrap_err().contains("kept are"));
    }
}
