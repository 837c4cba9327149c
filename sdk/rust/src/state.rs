//! A small memory of the connection that outlives a call: cursors, look-up tables. Not for business data.

/// Reads a value.
#[must_use]
pub fn get(key: &str) -> Option<Vec<u8>> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::shared::state::get(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::with(|host| host.state.get(key).cloned())
}

/// Keeps a value for `ttl_ms`, at most a day. A value the host would not take is simply not there later.
pub fn set(key: &str, value: &[u8], ttl_ms: u64) {
    #[cfg(target_arch = "wasm32")]
    if crate::bindings::shared::state::set(key, value, ttl_ms).is_err() {
        crate::log::warn("the host did not keep a value of the connector's state");
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = ttl_ms;
        crate::testing::with(|host| host.state.insert(key.into(), value.to_vec()));
    }
}

/// Forgets a value.
pub fn remove(key: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::shared::state::remove(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::with(|host| host.state.remove(key));
}
