//! Secrets by name: a placeholder that egress fills in, or a signature made here. Never the value.

use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha512};

use super::super::bindings::apiconnect::connector::secret::{Algorithm, Failure, Host};
use super::super::guest::Guest;

impl Host for Guest {
    async fn placeholder(&mut self, slot: String) -> Result<String, Failure> {
        self.link.vault.get(&slot).map_err(|_| Failure::UnknownSlot(slot.clone()))?;
        Ok(format!("{{{{secret:{slot}}}}}"))
    }

    async fn sign(&mut self, slot: String, algorithm: Algorithm, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let secret = self.link.vault.get(&slot).map_err(|_| Failure::UnknownSlot(slot))?;
        let key = secret.expose().as_bytes();
        match algorithm {
            Algorithm::HmacSha1 => signature::<Hmac<sha1::Sha1>>(key, &data),
            Algorithm::HmacSha256 => signature::<Hmac<Sha256>>(key, &data),
            Algorithm::HmacSha512 => signature::<Hmac<Sha512>>(key, &data),
        }
    }
}

fn signature<M: Mac + hmac::digest::KeyInit>(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut mac = <M as Mac>::new_from_slice(key).map_err(|e| Failure::Refused(e.to_string()))?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}
