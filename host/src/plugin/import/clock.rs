//! The host's clock for a connector.

use super::super::bindings::apiconnect::connector::clock::Host;
use super::super::guest::Guest;
use super::super::recording::Question;

impl Host for Guest {
    async fn now(&mut self) -> u64 {
        answered!(self, Question::Now, self.link.clock.now())
    }
}
