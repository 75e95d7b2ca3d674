//! Streams lists of rows as chunks of JSON, serialized while the database sends
//! them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{self, error::SendTimeoutError};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::limiter::Permit;
use super::spool::{Outcome, Spool, Spooled, Unread};
use super::{Database, Driver, Row};
use crate::dialect::Query;
use crate::projection::Projection;
use crate::{Error, Result};

/// Size in bytes from which a chunk is sent.
const CHUNK: usize = 64 * 1024;

/// How long the database waits for a slow reader, over a whole list, before the
/// rest of the list is spooled to a file.
const READER_TIMEOUT: Duration = Duration::from_millis(250);

/// How long it waits while the spool is full, before the list fails.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How long to wait before a write to a full spool is retried.
const SPOOL_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// How long a list queues for a connection of its own before it is read on
/// those reserved for short lists. Reading a list that turns out to be long is
/// wasted, so this is longer than most lists take.
const SHORT_QUEUE: Duration = Duration::from_millis(100);

/// Time limit for reading a list on the connections reserved for short ones.
const SHORT: Duration = Duration::from_secs(1);

/// A JSON array of rows, in chunks; the body of a response.
#[derive(Debug)]
pub struct JsonChunks(Source);

#[derive(Debug)]
enum Source {
    /// The whole text, until it is taken.
    Whole(Option<Bytes>),
    Coming {
        chunks: mpsc::Receiver<Result<Bytes>>,
        /// The spooled rest of the list, if the reader is slow.
        rest: oneshot::Receiver<Unread>,
    },
    Spooled(Unread),
}

impl JsonChunks {
    /// A text that is complete already, as one chunk.
    pub fn whole(text: Bytes) -> Self {
        Self(Source::Whole(Some(text)))
    }

    /// Returns the next chunk; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            match &mut self.0 {
                Source::Whole(text) => return text.take().map(Ok),
                Source::Spooled(unread) => return unread.next().await,
                Source::Coming { chunks, rest } => {
                    if let Some(chunk) = chunks.recv().await {
                        return Some(chunk);
                    }
                    self.0 = Source::Spooled(rest.try_recv().ok()?);
                }
            }
        }
    }

    /// The chunks as a [`Stream`], for the body of a response.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send {
        futures_util::stream::unfold(self, |mut chunks| async {
            let chunk = chunks.next().await?;
            Some((chunk, chunks))
        })
    }
}

/// Serializes rows, one after the other.
pub trait Writer: Clone + Send + 'static {
    /// Appends what precedes the first row, such as a bracket.
    fn begin(&mut self, out: &mut Vec<u8>);

    /// Appends a row, with a separator if it is not the first.
    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()>;

    /// Appends what follows the last row, such as a bracket.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// Rows as a JSON array of objects.
#[derive(Clone)]
struct Array {
    projection: &'static Projection,
    is_empty: bool,
}

impl Array {
    fn new(projection: &'static Projection) -> Self {
        let is_empty = true;
        Self {
            projection,
            is_empty,
        }
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
        self.projection.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b']');
    }
}

/// The text of a list while it is serialized.
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

    /// Serializes a row; returns the text so far if it is large enough for a
    /// chunk.
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

/// Sends chunks to the reader while it keeps up, and to the spool from then on.
struct Reader {
    chunks: Option<mpsc::Sender<Result<Bytes>>>,
    rest: Option<oneshot::Sender<Unread>>,
    spooled: Option<Spooled>,
    spool: Spool,
    /// Total time that the database has waited for the reader.
    waited: Duration,
}

impl Reader {
    fn new(spool: &Spool) -> (Self, JsonChunks) {
        let (sender, chunks) = mpsc::channel(2);
        let (sent, rest) = oneshot::channel();
        let reader = Self {
            chunks: Some(sender),
            rest: Some(sent),
            spooled: None,
            spool: spool.clone(),
            waited: Duration::ZERO,
        };
        (reader, JsonChunks(Source::Coming { chunks, rest }))
    }

    /// Sends a chunk. Returns false if the reader is gone.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the reader is too slow and the spool is full.
    async fn take(&mut self, mut chunk: Bytes) -> Result<bool> {
        let begun = Instant::now();
        if self.spooled.is_none() {
            let Some(chunks) = &self.chunks else {
                return Ok(false);
            };
            let wait = READER_TIMEOUT.saturating_sub(self.waited);
            match chunks.send_timeout(Ok(chunk), wait).await {
                Ok(()) => {
                    self.waited += begun.elapsed();
                    return Ok(true);
                }
                Err(SendTimeoutError::Closed(_)) => return Ok(false),
                Err(SendTimeoutError::Timeout(unsent)) => chunk = unsent?,
            }
            self.waited = READER_TIMEOUT;
        }
        loop {
            match self.spool(&chunk).await? {
                Outcome::Written => return Ok(true),
                Outcome::Unwanted => return Ok(false),
                Outcome::Full => {}
            }
            if let Some(chunks) = &self.chunks {
                // Nothing is spooled yet, so the reader may still take the
                // chunk.
                match chunks.send_timeout(Ok(chunk), SPOOL_RETRY_INTERVAL).await {
                    Ok(()) => {
                        self.waited += begun.elapsed();
                        return Ok(true);
                    }
                    Err(SendTimeoutError::Closed(_)) => return Ok(false),
                    Err(SendTimeoutError::Timeout(unsent)) => chunk = unsent?,
                }
            } else {
                sleep(SPOOL_RETRY_INTERVAL).await;
            }
            if self.waited + begun.elapsed() > MAX_WAIT {
                let why = "a list is read too slowly, and there is no room to keep it";
                return Err(Error::Unavailable(why.to_owned()));
            }
        }
    }

    /// Appends a chunk to the spool file, which is created for the first one.
    async fn spool(&mut self, chunk: &Bytes) -> Result<Outcome> {
        if let Some(spooled) = &self.spooled {
            return spooled.append(chunk).await;
        }
        let opened = self.spool.open().await;
        let (spooled, unread) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(%error, "what slow readers have not read cannot be spooled");
                return Ok(Outcome::Full);
            }
        };
        let outcome = spooled.append(chunk).await?;
        if outcome == Outcome::Written {
            let is_read = self
                .rest
                .take()
                .is_some_and(|rest| rest.send(unread).is_ok());
            if !is_read {
                return Ok(Outcome::Unwanted);
            }
            // Closes the channel: the reader drains it and continues with the
            // file.
            self.chunks = None;
            self.spooled = Some(spooled);
        }
        Ok(outcome)
    }

    /// Marks the end of the list, or sends the error that ended it early.
    async fn end(self, outcome: Result<()>) {
        match (self.spooled, self.chunks, outcome) {
            (Some(spooled), _, outcome) => spooled.end(outcome),
            (None, Some(chunks), Err(error)) => {
                let _gone = chunks.send_timeout(Err(error), MAX_WAIT).await;
            }
            (None, ..) => {}
        }
    }
}

impl Database {
    /// Returns what [`stream_json`](Self::stream_json) streams, for a short list:
    /// its rows are fetched at once on a shared connection, and identical
    /// concurrent queries are coalesced.
    pub async fn fetch_json(&self, query: Query, projection: &'static Projection) -> Result<Bytes> {
        let driver = self.driver.clone();
        let read = move |query| async move {
            let mut text = Text::new(Array::new(projection));
            for row in driver.fetch_all(query).await? {
                text.push(&row)?;
            }
            Ok(text.end())
        };
        self.reads.lists.fetch_as(query, projection, read).await
    }

    /// Runs `query`, whose select list is that of `projection`, and streams its
    /// rows as a JSON array of objects.
    pub fn stream_json(&self, query: Query, projection: &'static Projection) -> JsonChunks {
        self.stream(query, Array::new(projection))
    }

    /// Runs `query` and streams its rows as serialized by `writer`. At most a
    /// few chunks are in memory at once: what a slow reader has not taken is
    /// spooled to a file, and the query is cancelled if the reader is dropped.
    pub fn stream(&self, query: Query, writer: impl Writer) -> JsonChunks {
        let (mut reader, chunks) = Reader::new(&self.spool);
        let database = self.clone();
        tokio::spawn(async move {
            let written = database.write(query, writer, &mut reader).await;
            reader.end(written).await;
        });
        chunks
    }

    async fn write(&self, query: Query, writer: impl Writer, reader: &mut Reader) -> Result<()> {
        let permit = match timeout(SHORT_QUEUE, self.streams.acquire()).await {
            Ok(Ok(permit)) => permit,
            // Others are stuck, or slow.
            Ok(Err(_)) | Err(_) => match self.read_short(query.clone(), writer.clone()).await? {
                Some(whole) => {
                    reader.take(whole).await?;
                    return Ok(());
                }
                None => self.streams.acquire().await?,
            },
        };
        let last = self.write_all(query, Text::new(writer), reader, permit);
        if let Some(last) = last.await? {
            reader.take(last).await?;
        }
        Ok(())
    }

    /// Reads a list that is smaller than a chunk and takes less than a second,
    /// so that short lists do not queue behind long ones. `None` if it is
    /// longer.
    async fn read_short(&self, query: Query, writer: impl Writer) -> Result<Option<Bytes>> {
        let _permit = self.short.acquire().await?;
        let mut text = Text::new(writer);
        let mut rows = self.stream_rows(query);
        let read = async {
            while let Some(row) = rows.next().await {
                if text.push_for_chunk(&row?)?.is_some() {
                    return Ok(None);
                }
            }
            Ok(Some(text.end()))
        };
        timeout(SHORT, read).await.unwrap_or(Ok(None))
    }

    /// Streams the rows of a query. Returns the rest of the text after the last
    /// full chunk; `None` if the reader is gone.
    async fn write_all<W: Writer>(
        &self,
        query: Query,
        mut text: Text<W>,
        reader: &mut Reader,
        _permit: Permit,
    ) -> Result<Option<Bytes>> {
        match &self.driver {
            Driver::Postgres(postgres) => {
                let mut rows = postgres.stream(query);
                while let Some(row) = rows.next().await {
                    if let Some(chunk) = text.push_for_chunk(&row?)?
                        && !reader.take(chunk).await?
                    {
                        return Ok(None);
                    }
                }
            }
            Driver::Sqlite(sqlite) => {
                let mut batches = sqlite.batches(query);
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    for row in batch.rows() {
                        if let Some(chunk) = text.push_for_chunk(row)?
                            && !reader.take(chunk).await?
                        {
                            return Ok(None);
                        }
                    }
                    batches.recycle(batch);
                }
            }
        }
        Ok(Some(text.end()))
    }
}
