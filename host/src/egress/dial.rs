//! From an origin to an open socket: one lookup, checked addresses, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::origin::Origin;
use super::resolver::{self, Resolve};
use super::{EgressError, SendError, SendErrorKind, Sent};
use crate::limits;
use crate::seam;

/// A socket, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What one connection needs to open sockets.
pub(super) struct Dialer {
    pub(super) resolver: Arc<dyn Resolve>,
    /// Look-ups that may be under way.
    pub(super) lookups: Arc<Semaphore>,
    pub(super) tls: TlsConnector,
    pub(super) private_network: bool,
    /// In place of the network, in tests.
    #[cfg(test)]
    pub(super) wire: Option<Arc<Wire>>,
}

/// Takes every socket to one local server and notes where it would have led.
#[cfg(test)]
pub(super) struct Wire {
    pub(super) to: SocketAddr,
    pub(super) dialled: parking_lot::Mutex<Vec<SocketAddr>>,
}

impl Dialer {
    /// Opens a socket to `origin` within [`limits::CONNECT_TIMEOUT`].
    pub(super) async fn dial(&self, origin: &Origin) -> Result<Stream, SendError> {
        let slow =
            || SendError::new(SendErrorKind::Connect, Sent::No, format!("connect to {origin}: no answer in time"));
        seam::within(limits::CONNECT_TIMEOUT, self.open(origin)).await.unwrap_or_else(|| Err(slow()))
    }

    async fn open(&self, origin: &Origin) -> Result<Stream, SendError> {
        let addresses = self.addresses(origin).await?;
        let socket = self.connect(origin, &addresses).await?;
        if origin.is_secure() {
            Ok(Stream::Tls(Box::new(self.secure(origin, socket).await?)))
        } else {
            Ok(Stream::Plain(socket))
        }
    }

    /// The checked addresses of `origin`.
    pub(super) async fn addresses(&self, origin: &Origin) -> Result<Vec<SocketAddr>, SendError> {
        if origin.literal().is_some() {
            return resolver::addresses(self.resolver.as_ref(), origin, self.private_network).await;
        }
        // In a task of its own, which keeps its place to the end: the operating system does not give a look-up up when
        // its caller does.
        let place = Arc::clone(&self.lookups).acquire_owned().await;
        let (resolver, own, private_network) = (Arc::clone(&self.resolver), origin.clone(), self.private_network);
        let looked_up = seam::spawn(async move {
            let found = resolver::addresses(resolver.as_ref(), &own, private_network).await;
            drop(place);
            found
        });
        looked_up.await.unwrap_or_else(|_| Err(resolver::unresolved(origin)))
    }

    /// Tries the addresses one after the other; each gets its share of the time, so that one dead address does not use
    /// it up for the others.
    pub(super) async fn connect(&self, origin: &Origin, addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
        let share = limits::CONNECT_TIMEOUT / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for address in addresses {
            match seam::within(share, TcpStream::connect(self.wired(*address))).await {
                Some(Ok(socket)) => {
                    // Requests are written in one piece; waiting for more to send only adds latency.
                    drop(socket.set_nodelay(true));
                    return Ok(socket);
                }
                Some(Err(error)) => last = error,
                None => {}
            }
        }
        let message = format!("connect to {origin}: {}", last.kind());
        Err(SendError::new(SendErrorKind::Connect, Sent::No, message).because(&last))
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in tests it looks at itself")]
    const fn wired(&self, address: SocketAddr) -> SocketAddr {
        address
    }

    #[cfg(test)]
    fn wired(&self, address: SocketAddr) -> SocketAddr {
        let Some(wire) = &self.wire else { return address };
        wire.dialled.lock().push(address);
        wire.to
    }

    /// The TLS handshake.
    pub(super) async fn secure(&self, origin: &Origin, socket: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
        self.tls.connect(origin.server_name(), socket).await.map_err(|error| {
            let message = format!("connect to {origin}: TLS failed ({error})");
            SendError::new(SendErrorKind::Connect, Sent::No, message)
        })
    }
}

/// The public certificate authorities and, when given, the connection's own.
pub(super) fn tls(extra_ca_pem: Option<&str>) -> Result<TlsConnector, EgressError> {
    let refuse = |problem: String| EgressError::CertificateAuthority { problem };
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_ca_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
            roots.add(certificate).map_err(|error| refuse(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(refuse("the text holds no certificate in PEM form".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Tls(socket) => Pin::new(socket).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Self::Tls(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
