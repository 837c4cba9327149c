//! Lines for the operator's log. They carry the connector's name and the call by themselves.

pub use crate::bindings::shared::log::Level;

/// Writes a line with named values.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    #[cfg(target_arch = "wasm32")]
    {
        use crate::bindings::shared::log::{Field, write};
        let fields: Vec<Field> = fields.iter().map(|(n, v)| Field { name: (*n).into(), value: (*v).into() }).collect();
        write(level, message, &fields);
    }
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::with(|host| {
        let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        host.log.push((level, format!("{message}{fields}")));
    });
}

/// Something an operator should look at.
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}

/// Something a connector's author wants to see.
pub fn debug(message: &str) {
    write(Level::Debug, message, &[]);
}
