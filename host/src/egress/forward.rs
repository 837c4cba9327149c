//! A request handed on as it came, credentials and all: for the kit that tests a connector before a running system.
//! Connectors have no way to it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http_body_util::Full;
use url::Url;

use super::client::Client;
use super::origin::Origin;
use super::pool::Pool;
use super::{Egress, Room, SendError};
use crate::limits;

impl Egress {
    /// Sends `request` to the origin of `url`, and gives the whole answer. The URL is the operator's own, so it may be in
    /// a private network.
    ///
    /// # Errors
    /// [`SendError`] when no whole answer comes within [`limits::EXCHANGE_TIMEOUT`].
    pub async fn pass_on(&self, url: &Url, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, SendError> {
        let origin = Origin::of(url).ok_or_else(|| SendError::refused(format!("use the address {url}")))?;
        let (dialer, room) = (self.dialer(self.tls.clone(), true), Room::new(limits::ANSWERS_HELD_BYTES_MAX));
        let client = Client { dialer, pool: Pool::new(1), room };
        let mut request = request.map(Full::new);
        for own in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            request.headers_mut().remove(own);
        }
        request.headers_mut().insert(HOST, origin.header());
        let answer = client.exchange(&Arc::new(origin), request, limits::EXCHANGE_TIMEOUT).await?;
        Ok(http::Response::from_parts(answer.head, answer.body))
    }
}
