//! The host's clock for a connector.

use super::super::bindings::apiconnect::connector::clock::Host;
use super::super::guest::Guest;

impl Host for Guest {
    async fn now(&mut self) -> u64 {
        self.link.clock.now()
    }
}
