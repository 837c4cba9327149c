//! Random numbers through WASI. All of a call come from one seed of the host's, so that a recording needs no more.

use sha2::{Digest, Sha256};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::limits;
use crate::plugin::guest::Guest;
use crate::plugin::recording::Question;

/// A generator: SHA-256 over a seed that nobody knows and a counter.
pub(super) struct Chance {
    seed: [u8; 32],
    block: u64,
    left: Vec<u8>,
}

impl Chance {
    pub(super) const fn of(seed: [u8; 32]) -> Self {
        Self { seed, block: 0, left: Vec::new() }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.left.len() < count {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.block.to_le_bytes()).finalize();
            self.block += 1;
            self.left.extend_from_slice(&block);
        }
        let rest = self.left.split_off(count);
        std::mem::replace(&mut self.left, rest)
    }

    fn number(&mut self) -> u64 {
        self.bytes(8).iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}

impl Guest {
    fn chance(&mut self) -> &mut Chance {
        let chance = match self.wasi().chance.take() {
            Some(chance) => chance,
            None => Chance::of(answered!(self, Question::Seed, self.link.clock.seed())),
        };
        self.wasi().chance.insert(chance)
    }

    fn random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        match usize::try_from(count) {
            Ok(count) if count <= limits::WASI_RANDOM_BYTES_MAX => Ok(self.chance().bytes(count)),
            _ => Err(wasmtime::format_err!("it wanted more random bytes at once than a call may have")),
        }
    }
}

impl random::Host for Guest {
    fn get_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(count)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.chance().number())
    }
}

impl insecure::Host for Guest {
    fn get_insecure_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(count)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.chance().number())
    }
}

impl insecure_seed::Host for Guest {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.chance().number(), self.chance().number()))
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_gives_the_same_bytes_however_they_are_asked_for() {
        let mut whole = Chance::of([7; 32]);
        let mut parts = Chance::of([7; 32]);
        let bytes = whole.bytes(100);
        assert_eq!(bytes, [parts.bytes(1), parts.bytes(0), parts.bytes(63), parts.bytes(36)].concat());
        assert_ne!(bytes[..32], bytes[32..64]);
        assert_ne!(bytes, Chance::of([8; 32]).bytes(100));
    }
}
