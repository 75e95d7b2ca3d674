//! Lists of rows as chunks of JSON text, written while the database sends them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::Database;
use crate::Result;
use crate::dialect::Query;
use crate::shape::Shape;

/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 64 * 1024;

/// How long a reader may take over a chunk. One that takes longer has gone
/// away, or would keep a connection from everybody else.
const PATIENCE: Duration = Duration::from_secs(30);

/// A JSON array of rows, in chunks.
#[derive(Debug)]
pub struct JsonChunks {
    chunks: mpsc::Receiver<Result<Bytes>>,
}

impl JsonChunks {
    /// The next piece of the array's text; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        self.chunks.recv().await
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send {
        futures_util::stream::unfold(self, |mut chunks| async {
            let chunk = chunks.next().await?;
            Some((chunk, chunks))
        })
    }
}

impl Database {
    /// Runs `query`, whose select list is `shape`'s, and streams its rows as
    /// a JSON array. A slow reader slows the query down; a reader that goes
    /// away, or takes longer than half a minute over a chunk, ends it. At most
    /// a few chunks are held at once.
    pub fn stream_json(&self, query: Query, shape: &'static Shape) -> JsonChunks {
        let (sender, chunks) = mpsc::channel(2);
        let database = self.clone();
        tokio::spawn(async move {
            // Never closed, so there is always a permit to come.
            let _permit = database.streams.acquire().await;
            let mut rows = database.fetch(query);
            let mut buffer = Vec::with_capacity(CHUNK + CHUNK / 4);
            buffer.push(b'[');
            let mut first = true;
            while let Some(row) = rows.next().await {
                if !std::mem::take(&mut first) {
                    buffer.push(b',');
                }
                if let Err(error) = row.and_then(|row| shape.write(&row, &mut buffer)) {
                    let _closed = sender.send(Err(error)).await;
                    return;
                }
                if buffer.len() >= CHUNK {
                    let full =
                        std::mem::replace(&mut buffer, Vec::with_capacity(CHUNK + CHUNK / 4));
                    if sender
                        .send_timeout(Ok(full.into()), PATIENCE)
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            }
            buffer.push(b']');
            let _closed = sender.send_timeout(Ok(buffer.into()), PATIENCE).await;
        });
        JsonChunks { chunks }
    }
}
