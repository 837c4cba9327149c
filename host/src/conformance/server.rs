//! The loopback port behind which the system's place is. It listens; what is dialled from here goes through `egress`.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::KitError;
use super::fault::{Deed, Reply};
use super::fixture::Arrived;
use super::stage::Stage;
use crate::limits;
use crate::seam;

/// The end of a connection in the middle of something.
#[derive(Debug, thiserror::Error)]
#[error("end the connection")]
struct Cut;

type Body = UnsyncBoxBody<Bytes, Cut>;

/// A port that listens; it closes when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// A port that is bound, so that its address is known, and does not answer yet.
pub(super) struct Port {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Port {
    pub(super) async fn open() -> Result<Self, KitError> {
        let failed = |error: std::io::Error| KitError::Listen(error.to_string());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Answers from now on as `stage` says.
    pub(super) fn serve(self, stage: Arc<Stage>) -> Server {
        let Self { listener, address } = self;
        let accepting = seam::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let stage = Arc::clone(&stage);
                // It ends with its socket, which the outlet of a case closes when the case is over.
                drop(seam::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&stage), request));
                    let connection = hyper::server::conn::http1::Builder::new();
                    // A cut is what was wanted.
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                }));
            }
        });
        Server { address, accepting }
    }
}

impl Server {
    /// `http://127.0.0.1:PORT`
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(stage: Arc<Stage>, request: http::Request<Incoming>) -> Result<http::Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, limits::RESPONSE_BODY_BYTES_MAX).collect().await.map_err(|_| Cut)?.to_bytes();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let arrived = Arrived { method: head.method.to_string(), target, headers: head.headers, body };
    match stage.answer(arrived).await {
        Deed::Answer(reply) => Ok(whole(reply)),
        Deed::Half(reply) => Ok(half(reply)),
        Deed::Cut => Err(Cut),
        // Until the other side gives up and closes the socket, which drops this.
        Deed::Wait => Ok(std::future::pending::<http::Response<Body>>().await),
    }
}

fn whole(reply: Reply) -> http::Response<Body> {
    let body = Full::new(reply.body.clone()).map_err(|never: Infallible| match never {}).boxed_unsync();
    response(reply, body)
}

/// The length of the whole, half of the body, and the end.
fn half(reply: Reply) -> http::Response<Body> {
    let length = reply.body.len();
    let first = Ok(Frame::data(reply.body.slice(..length / 2)));
    let frames = futures::stream::iter([first, Err(Cut)]).then(|frame| async {
        // The first half leaves before the connection ends.
        tokio::task::yield_now().await;
        frame
    });
    let mut response = response(reply, StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn response(reply: Reply, body: Body) -> http::Response<Body> {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(reply.status).unwrap_or_default();
    for (name, value) in reply.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        // These are about one socket, and this is another one.
        if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
