//! Lists of rows as chunks of JSON text, written while the database sends them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{self, error::SendTimeoutError};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::limiter::Permit;
use super::spool::{Outcome, Spool, Spooled, Unread};
use super::{Database, Driver, Row};
use crate::dialect::Query;
use crate::projection::Projection;
use crate::{Error, Result};

/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 64 * 1024;

/// How long the database waits for a reader, over a whole list, before what is
/// not read goes into a file.
const READER_TIMEOUT: Duration = Duration::from_millis(250);

/// How long it waits when there is no room for a file.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How soon it is looked again whether there is room.
const CHANNEL_CAPACITY: Duration = Duration::from_millis(100);

/// How long a list may take that is to be read past those who wait for longer
/// ones.
const SHORT: Duration = Duration::from_secs(1);

/// A JSON array of rows, in chunks.
#[derive(Debug)]
pub struct JsonChunks(Source);

#[derive(Debug)]
enum Source {
    /// All of it, until it is taken.
    Whole(Option<Bytes>),
    Coming {
        chunks: mpsc::Receiver<Result<Bytes>>,
        /// What comes behind the chunks, if the reader is slow.
        rest: oneshot::Receiver<Unread>,
    },
    Spooled(Unread),
}

impl JsonChunks {
    /// A text that is there already.
    pub fn whole(text: Bytes) -> Self {
        Self(Source::Whole(Some(text)))
    }

    /// The next piece of the array's text; `None` after the last.
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

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send {
        futures_util::stream::unfold(self, |mut chunks| async {
            let chunk = chunks.next().await?;
            Some((chunk, chunks))
        })
    }
}

/// What makes text of rows, one after the other.
pub trait Writer: Clone + Send + 'static {
    fn begin(&mut self, out: &mut Vec<u8>);

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()>;

    /// What is behind the last row.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// Rows as a JSON array.
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

/// Where the chunks go: to the reader as long as it keeps up, and into a file
/// from then on.
struct Reader {
    chunks: Option<mpsc::Sender<Result<Bytes>>>,
    rest: Option<oneshot::Sender<Unread>>,
    spooled: Option<Spooled>,
    spool: Spool,
    /// How long the database has waited for the reader.
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

    /// Hands over a chunk; whether more are wanted.
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
                // Nothing is in a file yet: the reader may still take it.
                match chunks.send_timeout(Ok(chunk), CHANNEL_CAPACITY).await {
                    Ok(()) => {
                        self.waited += begun.elapsed();
                        return Ok(true);
                    }
                    Err(SendTimeoutError::Closed(_)) => return Ok(false),
                    Err(SendTimeoutError::Timeout(unsent)) => chunk = unsent?,
                }
            } else {
                sleep(CHANNEL_CAPACITY).await;
            }
            if self.waited + begun.elapsed() > MAX_WAIT {
                let why = "a list is read too slowly, and there is no room to keep it";
                return Err(Error::Unavailable(why.to_owned()));
            }
        }
    }

    /// Writes a chunk to the file, which is opened for the first.
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
            // The reader goes on with the file when it has taken what is here.
            self.chunks = None;
            self.spooled = Some(spooled);
        }
        Ok(outcome)
    }

    /// Says that this was all, or why there is no more.
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
    /// Like [`stream_json`](Self::stream_json), for a list of a few dozen
    /// rows: they are fetched as a single row is, on a connection that others
    /// share.
    pub async fn fetch_json(
        &self,
        query: Query,
        projection: &'static Projection,
    ) -> Result<JsonChunks> {
        let driver = self.driver.clone();
        let read = move |query| async move {
            let mut text = Text::new(Array::new(projection));
            for row in driver.fetch_all(query).await? {
                text.push(&row)?;
            }
            Ok(text.end())
        };
        let text = self.reads.lists.fetch_as(query, projection, read).await?;
        Ok(JsonChunks::whole(text))
    }

    /// Runs `query`, whose select list is `shape`'s, and streams its rows as
    /// a JSON array.
    pub fn stream_json(&self, query: Query, projection: &'static Projection) -> JsonChunks {
        self.stream(query, Array::new(projection))
    }

    /// Runs `query` and streams what the writer makes of its rows. At most a
    /// few chunks are held at once; what a slow reader has not taken goes into
    /// a file, and a reader that goes away ends the query.
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
        let permit = match self.streams.try_acquire() {
            Some(permit) => permit,
            None => match self.read_short(query.clone(), writer.clone()).await? {
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

    /// Reads a list past those who wait, if it is less than a chunk and there
    /// soon: a short list does not wait for long ones.
    async fn read_short(&self, query: Query, writer: impl Writer) -> Result<Option<Bytes>> {
        let _permit = self.short.acquire().await?;
        let mut text = Text::new(writer);
        let mut rows = self.fetch(query);
        let read = async {
            while let Some(row) = rows.next().await {
                if text.push_for_chunk(&row?)?.is_some() {
                    return Ok(None);
                }
            }
            Ok(Some(text.end()))
        };
        tokio::time::timeout(SHORT, read).await.unwrap_or(Ok(None))
    }

    /// Writes the rows of a query; returns what is left of them when the
    /// database has sent all. `None` if nobody wants it any more.
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
