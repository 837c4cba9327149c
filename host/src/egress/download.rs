//! One long answer, read piece by piece: a backup of a running host. Connectors have no way to it.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use url::Url;

use super::origin::Origin;
use super::{Egress, SendError, SendErrorKind, Sent};
use crate::limits::EXCHANGE_TIMEOUT;
use crate::seam;
use crate::secret::Secret;

/// An answer on its way.
pub struct Download {
    /// The status.
    pub status: u16,
    body: Incoming,
}

impl Egress {
    /// Sends `POST url` with the bearer token `key`, and hands over the answer as soon as its head is there. The URL is
    /// the operator's own, so it may be in a private network.
    ///
    /// # Errors
    /// [`SendError`] when no answer comes within [`EXCHANGE_TIMEOUT`].
    pub async fn download(&self, url: &Url, key: &Secret) -> Result<Download, SendError> {
        let refused = |problem: &str| SendError::refused(format!("use the address {url}: {problem}"));
        let origin = Origin::of(url).ok_or_else(|| refused("it is no address of HTTP"))?;
        let mut token = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| refused("the key has characters that no key has"))?;
        token.set_sensitive(true);
        let uri = url[url::Position::BeforePath..url::Position::AfterQuery]
            .parse::<Uri>()
            .map_err(|_| refused("its path cannot be used"))?;
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        request.headers_mut().insert(HOST, origin.header());
        request.headers_mut().insert(AUTHORIZATION, token);
        let dialer = self.dialer(self.tls.clone(), true);
        let stream = dialer.dial(&origin).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&origin, &error))?;
        // It ends with the body, or when that is dropped.
        drop(seam::spawn(async move {
            let _ = connection.await;
        }));
        let answer = in_time(&origin, sender.send_request(request)).await?;
        let (head, body) = answer.into_parts();
        Ok(Download { status: head.status.as_u16(), body })
    }
}

impl Download {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`SendError`] when the answer breaks off, or nothing comes for [`EXCHANGE_TIMEOUT`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, SendError> {
        loop {
            let frame = seam::within(EXCHANGE_TIMEOUT, self.body.frame()).await;
            let broken = |text| SendError::new(SendErrorKind::Broken, Sent::Maybe, text);
            match frame {
                None => return Err(broken("read the answer: nothing comes any more")),
                Some(None) => return Ok(None),
                Some(Some(Err(_))) => return Err(broken("read the answer: the connection broke before it was whole")),
                Some(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

fn broken(origin: &Origin, error: &hyper::Error) -> SendError {
    SendError::new(SendErrorKind::Broken, Sent::Maybe, format!("ask {origin}: the connection broke")).because(error)
}

async fn in_time<T>(origin: &Origin, work: impl Future<Output = Result<T, hyper::Error>>) -> Result<T, SendError> {
    let late = || SendError::new(SendErrorKind::Timeout, Sent::Maybe, format!("ask {origin}: no answer in time"));
    seam::within(EXCHANGE_TIMEOUT, work).await.ok_or_else(late)?.map_err(|error| broken(origin, &error))
}
