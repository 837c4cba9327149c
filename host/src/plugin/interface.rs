//! What a connector may offer, and where a component has it. A component's exports are its manifest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::InstancePre;

use super::bindings::exports::apiconnect::connector as contract;
use super::guest::Guest;

/// The contract's package, as it stands before an interface's name.
pub(super) const PACKAGE: &str = "apiconnect:connector/";
/// The contract's version that this host speaks.
pub(super) const VERSION: &str = "0.1.0";

macro_rules! interfaces {
    ($($interface:ident $field:ident = $name:literal),* $(,)?) => {
        /// An interface that a connector may offer besides `connector`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names are the contract's own")]
        pub enum Interface {
            $($interface),*
        }

        impl Interface {
            /// Every interface, in the contract's order.
            pub const ALL: &[Self] = &[$(Self::$interface),*];

            /// The name in the contract.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$interface => $name),*
                }
            }
        }

        /// Where the exports of a component are; an interface it does not offer is `None`.
        pub(super) struct Exports {
            pub(super) connector: contract::connector::GuestIndices,
            $(pub(super) $field: Option<contract::$field::GuestIndices>),*
        }

        impl Exports {
            /// The exports of this component, which offers `interfaces`.
            ///
            /// # Errors
            /// When an export does not have the contract's type.
            pub(super) fn of(pre: &InstancePre<Guest>, interfaces: &BTreeSet<Interface>) -> wasmtime::Result<Self> {
                Ok(Self {
                    connector: contract::connector::GuestIndices::new(pre)?,
                    $($field: match interfaces.contains(&Interface::$interface) {
                        true => Some(contract::$field::GuestIndices::new(pre)?),
                        false => None,
                    }),*
                })
            }
        }
    };
}

interfaces! {
    Pricing pricing = "pricing",
    Inventory inventory = "inventory",
    Customers customers = "customers",
    Catalog catalog = "catalog",
    Orders orders = "orders",
    OrderBatches order_batches = "order-batches",
    Quotes quotes = "quotes",
    Invoices invoices = "invoices",
    Reference reference = "reference",
    Feed feed = "feed",
    Sink sink = "sink",
    Inbound inbound = "inbound",
    Payments payments = "payments",
    Mapper mapper = "mapper",
}
