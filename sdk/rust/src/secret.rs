//! Use of secrets without ever seeing one.

use crate::types::Error;

pub use crate::bindings::shared::secret::Algorithm;

/// A text that the host replaces by the secret when the request leaves.
///
/// # Errors
/// `unauthorized` when the connection has no such slot.
pub fn placeholder(slot: &str) -> Result<String, Error> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::shared::secret::placeholder(slot).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    Ok(format!("{{{{secret:{slot}}}}}"))
}

/// A signature of `data` under the secret.
///
/// # Errors
/// `unauthorized` when the connection has no such slot.
pub fn sign(slot: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, Error> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::shared::secret::sign(slot, algorithm, data).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (algorithm, data);
        Err(Error::Unauthorized(format!("the fake host has no key in slot `{slot}`")))
    }
}

#[cfg(target_arch = "wasm32")]
fn refused(failure: crate::bindings::shared::secret::Failure) -> Error {
    use crate::bindings::shared::secret::Failure;
    Error::Unauthorized(match failure {
        Failure::UnknownSlot(slot) => format!("the connection has no secret `{slot}`"),
        Failure::Refused(why) => why,
    })
}
