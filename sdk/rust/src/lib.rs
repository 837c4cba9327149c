//! Write a connector for apiconnect in Rust.
//!
//! A connector implements the traits of the interfaces it offers and names them in [`export!`]:
//!
//! ```
//! use apiconnect_sdk::prelude::*;
//!
//! struct Erp;
//!
//! impl Connector for Erp {
//!     fn describe() -> Description {
//!         Description::new("my-erp", "My ERP", "My company", "1.0.0")
//!             .operation(Operation::new("pricing.query").batch(50))
//!     }
//!     fn check(_: &Context) -> Result<Health, Error> {
//!         http::get("ping").send()?.success()?;
//!         Ok(Health { system: "My ERP".into(), version: None, tenant: None, remarks: Vec::new() })
//!     }
//! }
//!
//! impl Pricing for Erp {
//!     fn query(_: &Context, lines: Vec<PriceRequest>) -> Result<Vec<LineResult<Price>>, Error> {
//!         let asked = lines.iter().map(|line| http::get(format!("prices/{}", http::encode(&line.product))));
//!         let answers = http::send_all(asked);
//!         Ok(lines.iter().zip(answers).map(|(line, answer)| price(line, answer)).collect())
//!     }
//! }
//!
//! fn price(line: &PriceRequest, answer: Result<http::Response, http::Failure>) -> LineResult<Price> {
//!     #[derive(serde::Deserialize)]
//!     struct Answer { price: Decimal, currency: String }
//!     let answer: Answer = answer?.success()?.json()?;
//!     Ok(Price::new(&line.product, &line.quantity.unit, answer.price, answer.currency))
//! }
//!
//! apiconnect_sdk::export!(Erp: pricing);
//! # fn main() {}
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`interfaces`] | the traits, one for each interface of the contract |
//! | [`types`] | the commerce types of the contract |
//! | [`http`], [`json`], [`xml`] | requests to the system, and reading its answers |
//! | [`decimal`] | numbers that never pass through a float |
//! | [`log`], [`state`], [`secret`], [`clock`] | what else the host gives |
//! | [`testing`] | a fake host, so that a connector is tested natively, without Wasm |

pub mod bindings;
pub mod clock;
pub mod context;
pub mod decimal;
pub mod describe;
pub mod http;
pub mod interfaces;
pub mod json;
pub mod log;
mod panic;
pub mod prelude;
pub mod secret;
pub mod state;
pub mod testing;
pub mod types;
pub mod xml;

pub use interfaces::Adapter;

/// The examples of the guide are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-connector.md")]
struct Guide;

/// Makes a component of a connector: `export!(Erp: pricing, orders)` exports `connector`, `pricing` and `orders`.
///
/// The type must implement [`interfaces::Connector`] and the trait of every interface named. Built natively, for tests,
/// it makes nothing: a native linker does not take the names of a component's exports.
#[macro_export]
macro_rules! export {
    ($connector:ident : $($interface:ident),* $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exports = $crate::Adapter<$connector>;
            $crate::bindings::connector::export_connector!(Exports with_types_in $crate::bindings::connector);
            $($crate::__export_one!($interface Exports);)*
        };
    };
}

/// One arm for each interface, since a macro's name cannot be put together.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_one {
    (pricing $t:ident) => { $crate::bindings::pricing::export_pricing!($t with_types_in $crate::bindings::pricing); };
    (inventory $t:ident) => { $crate::bindings::inventory::export_inventory!($t with_types_in $crate::bindings::inventory); };
    (customers $t:ident) => { $crate::bindings::customers::export_customers!($t with_types_in $crate::bindings::customers); };
    (catalog $t:ident) => { $crate::bindings::catalog::export_catalog!($t with_types_in $crate::bindings::catalog); };
    (orders $t:ident) => { $crate::bindings::orders::export_orders!($t with_types_in $crate::bindings::orders); };
    (order_batches $t:ident) => { $crate::bindings::order_batches::export_order_batches!($t with_types_in $crate::bindings::order_batches); };
    (quotes $t:ident) => { $crate::bindings::quotes::export_quotes!($t with_types_in $crate::bindings::quotes); };
    (invoices $t:ident) => { $crate::bindings::invoices::export_invoices!($t with_types_in $crate::bindings::invoices); };
    (reference $t:ident) => { $crate::bindings::reference::export_reference!($t with_types_in $crate::bindings::reference); };
    (feed $t:ident) => { $crate::bindings::feed::export_feed!($t with_types_in $crate::bindings::feed); };
    (sink $t:ident) => { $crate::bindings::sink::export_sink!($t with_types_in $crate::bindings::sink); };
    (inbound $t:ident) => { $crate::bindings::inbound::export_inbound!($t with_types_in $crate::bindings::inbound); };
    (payments $t:ident) => { $crate::bindings::payments::export_payments!($t with_types_in $crate::bindings::payments); };
    (mapper $t:ident) => { $crate::bindings::mapper::export_mapper!($t with_types_in $crate::bindings::mapper); };
    ($other:ident $t:ident) => {
        compile_error!(concat!(
            "`", stringify!($other), "` is no interface of the contract; it has pricing, inventory, customers, catalog, \
             orders, order_batches, quotes, invoices, reference, feed, sink, inbound, payments and mapper"
        ));
    };
}
