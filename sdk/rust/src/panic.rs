//! A panic's text would be lost with the instance; the host's log keeps it.

#[cfg(target_arch = "wasm32")]
pub(crate) fn report_to_host() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            crate::log::write(crate::log::Level::Error, &format!("the connector panicked: {info}"), &[]);
        }));
    });
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn report_to_host() {}
