//! A line to a server that loses answers: the request arrives and is carried out, what comes back does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Forwards to a server, but loses the answer to the first request that has `marker` in it.
pub(crate) struct Cutter {
    address: String,
    lost: Arc<AtomicUsize>,
}

impl Cutter {
    pub(crate) async fn before(server: &str, marker: &'static str) -> anyhow::Result<Self> {
        let server = server.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/", listener.local_addr()?);
        let lost = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&lost);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, count) = (server.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    // A connection that breaks is what this is for.
                    let _ = forward(client, &server, marker, &count).await;
                });
            }
        });
        Ok(Self { address, lost })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many answers were lost.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

/// One connection; the server closes it behind its answer.
async fn forward(mut client: TcpStream, server: &str, marker: &str, lost: &AtomicUsize) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut answer) = (Vec::new(), Vec::new());
    let (mut from_client, mut from_server) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                asked.extend_from_slice(&from_client[..read]);
                server.write_all(&from_client[..read]).await?;
            }
            read = server.read(&mut from_server) => {
                let read = read?;
                if read == 0 {
                    break;
                }
                answer.extend_from_slice(&from_server[..read]);
            }
        }
    }
    let marked = asked.windows(marker.len()).any(|part| part == marker.as_bytes());
    if marked && lost.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
        return Ok(());
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}
