//! Lists of rows as chunks of JSON text, written while the database sends them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::{Database, Driver, Row};
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
pub enum JsonChunks {
    /// All of it, until it is taken.
    Whole(Option<Bytes>),
    Coming(mpsc::Receiver<Result<Bytes>>),
}

impl JsonChunks {
    /// The next piece of the array's text; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        match self {
            Self::Whole(text) => text.take().map(Ok),
            Self::Coming(chunks) => chunks.recv().await,
        }
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send {
        futures_util::stream::unfold(self, |mut chunks| async {
            let chunk = chunks.next().await?;
            Some((chunk, chunks))
        })
    }
}

/// What makes text of rows, one after the other.
pub trait Writer: Send + 'static {
    fn begin(&mut self, out: &mut Vec<u8>);

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()>;

    /// What is behind the last row.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// Rows as a JSON array.
struct Array {
    shape: &'static Shape,
    is_empty: bool,
}

impl Array {
    fn new(shape: &'static Shape) -> Self {
        let is_empty = true;
        Self { shape, is_empty }
    }
}

impl Writer for Array {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'[');
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            out.push(b',');
        }
        self.shape.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b']');
    }
}

/// Text while it is written.
struct Text<W> {
    writer: W,
    text: Vec<u8>,
}

impl<W: Writer> Text<W> {
    fn new(mut writer: W) -> Self {
        let mut text = Vec::new();
        writer.begin(&mut text);
        Self { writer, text }
    }

    fn push(&mut self, row: &Row) -> Result<()> {
        self.writer.row(row, &mut self.text)
    }

    /// Writes a row; returns the text so far once it is a chunk.
    fn push_for_chunk(&mut self, row: &Row) -> Result<Option<Bytes>> {
        self.push(row)?;
        if self.text.len() < CHUNK {
            return Ok(None);
        }
        let next = Vec::with_capacity(CHUNK + CHUNK / 4);
        Ok(Some(std::mem::replace(&mut self.text, next).into()))
    }

    fn end(mut self) -> Bytes {
        self.writer.end(&mut self.text);
        self.text.into()
    }
}

/// Where the chunks go.
#[derive(Debug)]
struct Reader(mpsc::Sender<Result<Bytes>>);

impl Reader {
    /// Whether the reader took it.
    async fn take(&self, chunk: Result<Bytes>) -> bool {
        self.0.send_timeout(chunk, PATIENCE).await.is_ok()
    }
}

impl Database {
    /// Like [`stream_json`](Self::stream_json), for a list of a few dozen
    /// rows: they are fetched as a single row is, on a connection that others
    /// share.
    pub async fn short_json(&self, query: Query, shape: &'static Shape) -> Result<JsonChunks> {
        let driver = self.driver.clone();
        let read = move |query| async move {
            let mut text = Text::new(Array::new(shape));
            for row in driver.fetch_all(query).await? {
                text.push(&row)?;
            }
            Ok(text.end())
        };
        let text = self.reads.lists.make(query, shape, read).await?;
        Ok(JsonChunks::Whole(Some(text)))
    }

    /// Runs `query`, whose select list is `shape`'s, and streams its rows as
    /// a JSON array.
    pub fn stream_json(&self, query: Query, shape: &'static Shape) -> JsonChunks {
        self.stream(query, Array::new(shape))
    }

    /// Runs `query` and streams what the writer makes of its rows. A slow
    /// reader slows the query down; a reader that goes away, or takes longer
    /// than half a minute over a chunk, ends it. At most a few chunks are held
    /// at once.
    pub fn stream(&self, query: Query, writer: impl Writer) -> JsonChunks {
        let (sender, chunks) = mpsc::channel(2);
        let reader = Reader(sender);
        let database = self.clone();
        tokio::spawn(async move {
            let written = async {
                let _permit = database.streams.acquire().await?;
                database.write(query, writer, &reader).await
            };
            if let Err(error) = written.await {
                reader.take(Err(error)).await;
            }
        });
        JsonChunks::Coming(chunks)
    }

    async fn write(&self, query: Query, writer: impl Writer, reader: &Reader) -> Result<()> {
        let mut text = Text::new(writer);
        match &self.driver {
            Driver::Postgres(postgres) => {
                let mut rows = postgres.stream(query);
                while let Some(row) = rows.next().await {
                    if let Some(chunk) = text.push_for_chunk(&row?)?
                        && !reader.take(Ok(chunk)).await
                    {
                        return Ok(());
                    }
                }
                reader.take(Ok(text.end())).await;
            }
            Driver::Sqlite(sqlite) => {
                let mut batches = sqlite.batches(query);
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    for row in batch.rows() {
                        if let Some(chunk) = text.push_for_chunk(row)?
                            && !reader.take(Ok(chunk)).await
                        {
                            return Ok(());
                        }
                    }
                    batches.give_back(batch);
                }
                reader.take(Ok(text.end())).await;
            }
        }
        Ok(())
    }
}
