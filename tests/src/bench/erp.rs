//! The system behind the live questions: it answers what the simulator of SAP Business One answers, from memory.
//!
//! The simulator checks every field of every request, which costs more than asking does and would hide what is
//! measured. So each request is put to the simulator once; its answer is kept and given to whoever asks the same again.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use parking_lot::RwLock;
use tokio::net::{TcpListener, TcpStream};

use super::tell_address;
use super::wire::{Message, Wire};

/// Answers by first line and body of the request. Who asks makes no difference: the simulator has one company.
type Known = Arc<RwLock<HashMap<(Bytes, Bytes), Bytes>>>;

/// Serves until the process is killed; `behind` is where the simulator listens.
pub(super) async fn serve(behind: String) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    tell_address(&listener)?;
    let known = Known::default();
    let behind: Arc<str> = behind.into();
    loop {
        let (stream, _) = listener.accept().await?;
        let (known, behind) = (Arc::clone(&known), Arc::clone(&behind));
        // A client that goes away ends its own connection and no other.
        tokio::spawn(async move { connection(stream, &known, &behind).await });
    }
}

async fn connection(stream: TcpStream, known: &Known, behind: &str) -> anyhow::Result<()> {
    let mut wire = Wire::new(stream)?;
    while let Some(request) = wire.receive().await? {
        let key = (request.head.slice_ref(request.first_line()), request.body.clone());
        let found = known.read().get(&key).cloned();
        let answer = match found {
            Some(answer) => answer,
            None => {
                let answer = ask(&request, behind).await?;
                known.write().insert(key, answer.clone());
                answer
            }
        };
        wire.send(&answer).await?;
    }
    Ok(())
}

async fn ask(request: &Message, behind: &str) -> anyhow::Result<Bytes> {
    let mut wire = Wire::open(behind).await?;
    wire.send(&[request.head.as_ref(), request.body.as_ref()].concat()).await?;
    let answer = wire.receive().await?.context("the simulator closed the connection")?;
    Ok([answer.head, answer.body].concat().into())
}
