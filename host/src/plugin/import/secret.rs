//! Secrets by name: a placeholder that egress fills in, or a signature made here. Never the value.

use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha512};

use super::super::bindings::apiconnect::connector::secret::{Algorithm, Failure, Host};
use super::super::guest::Guest;
use super::super::recording::{Body, Question};
use crate::limits;

impl Host for Guest {
    async fn placeholder(&mut self, slot: String) -> Result<String, Failure> {
        answered!(self, Question::Placeholder { slot: slot.clone() }, self.stand_in(slot))
    }

    async fn sign(&mut self, slot: String, algorithm: Algorithm, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        if data.len() > limits::SIGNED_BYTES_MAX {
            return Err(Failure::Refused(format!("a signature covers up to {} bytes", limits::SIGNED_BYTES_MAX)));
        }
        let question =
            || Question::Sign { slot: slot.clone(), algorithm: name(&algorithm).to_owned(), data: Body(data.clone()) };
        answered!(self, question(), self.signed(&slot, algorithm, &data))
    }
}

impl Guest {
    fn stand_in(&self, slot: String) -> Result<String, Failure> {
        match self.link.vault.get(&slot) {
            Ok(_) => Ok(format!("{{{{secret:{slot}}}}}")),
            Err(_) => Err(Failure::UnknownSlot(slot)),
        }
    }

    fn signed(&self, slot: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, Failure> {
        // People choose passwords, and from a signature under one a connector could find it by trying.
        if self.link.sign_in_slots.contains(slot) {
            return Err(Failure::Refused(format!(
                "`{slot}` signs the connection in; a key for signatures needs a slot of its own"
            )));
        }
        let secret = self.link.vault.get(slot).map_err(|_| Failure::UnknownSlot(slot.to_owned()))?;
        let key = secret.expose().as_bytes();
        match algorithm {
            Algorithm::HmacSha1 => signature::<Hmac<sha1::Sha1>>(key, data),
            Algorithm::HmacSha256 => signature::<Hmac<Sha256>>(key, data),
            Algorithm::HmacSha512 => signature::<Hmac<Sha512>>(key, data),
        }
    }
}

const fn name(algorithm: &Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HmacSha1 => "hmac-sha1",
        Algorithm::HmacSha256 => "hmac-sha256",
        Algorithm::HmacSha512 => "hmac-sha512",
    }
}

fn signature<M: Mac + hmac::digest::KeyInit>(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut mac = <M as Mac>::new_from_slice(key).map_err(|e| Failure::Refused(e.to_string()))?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}
