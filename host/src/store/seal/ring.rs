//! The master keys of a store: which generation each of them is, found by records that only the right key opens.

use std::sync::Arc;

use super::cipher::{Cipher, Generation};
use super::table::is_sealed;
use crate::secret::MasterKey;
use crate::store::{Batch, Store, StoreError};

/// Prefix of the check records; behind it the generation as two hexadecimal digits.
const CHECKS: &[u8] = b"seal/check/";
/// There while an unsealed store is being sealed: the last key that is done.
pub(super) const UNFINISHED: &[u8] = b"seal/unfinished";
/// What a check record says.
const CHECK: &[u8] = b"this store is sealed";
/// Records that are looked at at a time.
pub(super) const PAGE: usize = 16;

/// The keys an operator gives.
#[derive(Debug, Default)]
pub struct MasterKeys {
    /// What values are sealed with from now on; `None` for a store that is not sealed.
    pub current: Option<MasterKey>,
    /// What values were sealed with before, while keys are being changed.
    pub previous: Option<MasterKey>,
}

/// Every generation that a store has, each with its cipher.
#[derive(Clone)]
pub(super) struct Ring {
    ciphers: Vec<(Generation, Cipher)>,
    pub(super) current: Generation,
}

/// How a store stands to the keys at hand.
pub(super) enum Standing {
    /// Neither has it been sealed nor is there a key.
    Plain,
    /// It can be used. When `checked` is there, that batch has to be committed before.
    Sealed { ring: Ring, checked: Option<Batch> },
}

impl Ring {
    pub(super) fn cipher(&self, generation: Generation) -> Option<&Cipher> {
        self.ciphers.iter().find(|(known, _)| *known == generation).map(|(_, cipher)| cipher)
    }

    /// Generations before the current one.
    pub(super) fn older(&self) -> impl Iterator<Item = Generation> {
        self.ciphers.iter().map(|(generation, _)| *generation).filter(|known| *known != self.current)
    }
}

pub(super) fn check_key(generation: Generation) -> Vec<u8> {
    [CHECKS, format!("{generation:02x}").as_bytes()].concat()
}

/// Finds the key of every generation.
pub(super) fn stand(store: &Arc<dyn Store>, keys: &MasterKeys) -> Result<Standing, StoreError> {
    let checks = store.scan(CHECKS, None, 256)?;
    let Some(current) = &keys.current else {
        if checks.is_empty() {
            return Ok(Standing::Plain);
        }
        return Err(sealed("they are sealed and there is no master key; set [store] master_key in apiconnect.toml"));
    };
    let current = Cipher::new(current);
    let known: Vec<Cipher> = [current.clone()].into_iter().chain(keys.previous.as_ref().map(Cipher::new)).collect();
    let mut ring = Ring { ciphers: Vec::new(), current: 0 };
    for check in &checks {
        let at =
            known.iter().position(|cipher| cipher.open(&check.key, &check.value).is_some_and(|text| text == CHECK));
        let (Some(at), Some(generation)) = (at, check.value.first()) else {
            return Err(sealed(
                "they are sealed with another master key; set [store] master_key in apiconnect.toml to that one, or, \
                 while keys are being changed, previous_key",
            ));
        };
        ring.ciphers.extend(known.get(at).map(|cipher| (*generation, cipher.clone())));
        if at == 0 {
            ring.current = *generation;
        }
    }
    let checked = if ring.current == 0 { Some(ring.take_up(current)?) } else { None };
    Ok(Standing::Sealed { ring, checked })
}

impl Ring {
    /// Takes up a key that the store has not seen, under the next free generation.
    fn take_up(&mut self, cipher: Cipher) -> Result<Batch, StoreError> {
        let free = (1..=Generation::MAX).find(|generation| self.cipher(*generation).is_none());
        let generation =
            free.ok_or_else(|| sealed("there are 255 master keys in use; run `apiconnect store rekey`"))?;
        let key = check_key(generation);
        let check = cipher.seal(generation, &key, CHECK).ok_or_else(|| sealed("the cipher fails"))?;
        self.ciphers.push((generation, cipher));
        self.current = generation;
        Ok(Batch::new().require_absent(key.clone()).put(key, check))
    }
}

/// Whether there is a record that should be sealed, in a store that is not.
pub(super) fn holds_plain(store: &Arc<dyn Store>) -> Result<bool, StoreError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.scan(b"", after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(false) };
        if page.iter().any(|entry| is_sealed(&entry.key)) {
            return Ok(true);
        }
        after = Some(last.key.clone());
    }
}

pub(super) fn sealed(text: impl Into<String>) -> StoreError {
    StoreError::Sealed(text.into())
}
