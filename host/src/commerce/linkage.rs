//! What generated code expects beside an interface's types. An interface of types alone has nothing to link.

use wasmtime::component::{HasData, Linker};

/// Nothing to implement.
pub trait Host {}
impl<T: ?Sized> Host for T {}

/// Nothing to implement.
pub trait HostWithStore<T>: HasData {}
impl<T, D: ?Sized + HasData> HostWithStore<T> for D {}

/// Nothing to define.
///
/// # Errors
/// Never.
pub fn add_to_linker<T: 'static, D: HasData>(_: &mut Linker<T>, _: fn(&mut T) -> D::Data<'_>) -> wasmtime::Result<()> {
    Ok(())
}
