//! Rows handed from the thread that reads them to whoever writes the answer,
//! many at a time. Batches go back to be filled again, so that a list of any
//! length asks for the memory of a few.

use std::sync::Arc;

use rusqlite::Rows;
use tokio::sync::mpsc;

use super::Row;
use crate::database::Row as AnyRow;
use crate::{Error, Result};

/// How many rows a batch holds, and how many bytes of them are enough.
const BATCH_ROWS: usize = 64;
const BATCH_BYTES: usize = 32 * 1024;

/// Rows that were read one after the other.
#[derive(Debug, Default)]
pub struct Batch {
    /// Those behind `used` are of an earlier use.
    rows: Vec<AnyRow>,
    used: usize,
    bytes: usize,
}

impl Batch {
    pub fn rows(&self) -> &[AnyRow] {
        &self.rows[..self.used]
    }

    pub fn into_rows(mut self) -> impl Iterator<Item = AnyRow> {
        self.rows.truncate(self.used);
        self.rows.into_iter()
    }

    fn push(&mut self, next: &rusqlite::Row<'_>, sql: &Arc<str>) -> Result<()> {
        if self.used == self.rows.len() {
            self.rows.push(AnyRow::Sqlite(Row::of(sql)));
        }
        if let Some(AnyRow::Sqlite(row)) = self.rows.get_mut(self.used) {
            row.fill(next)?;
            self.bytes += row.length();
        }
        self.used += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.used >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    fn clear(mut self) -> Self {
        (self.used, self.bytes) = (0, 0);
        self
    }
}

/// The side that reads rows.
#[derive(Debug)]
pub struct BatchSender {
    full: mpsc::Sender<Result<Batch>>,
    empty: mpsc::Receiver<Batch>,
}

/// The side that takes them.
#[derive(Debug)]
pub struct BatchReceiver {
    full: mpsc::Receiver<Result<Batch>>,
    empty: mpsc::Sender<Batch>,
}

pub fn channel() -> (BatchSender, BatchReceiver) {
    let (full, full_ones) = mpsc::channel(2);
    let (empty, empty_ones) = mpsc::channel(4);
    let filling = BatchSender {
        full,
        empty: empty_ones,
    };
    let batches = BatchReceiver {
        full: full_ones,
        empty,
    };
    (filling, batches)
}

impl BatchSender {
    /// Hands over all rows, on a thread that may block, or those until nobody
    /// takes them any more.
    pub fn fill(mut self, mut rows: Rows<'_>, sql: &Arc<str>) -> Result<()> {
        let mut batch = Batch::default();
        while let Some(next) = rows.next()? {
            batch.push(next, sql)?;
            if batch.is_full() {
                let next = self.empty.try_recv().unwrap_or_default().clear();
                let full = std::mem::replace(&mut batch, next);
                if self.full.blocking_send(Ok(full)).is_err() {
                    return Ok(());
                }
            }
        }
        // Nobody may be there to take the last.
        let _gone = self.full.blocking_send(Ok(batch));
        Ok(())
    }

    pub fn to_reader(&self) -> ErrorSender {
        ErrorSender(self.full.clone())
    }
}

/// Tells whoever takes rows that there will be no more of them.
#[derive(Debug)]
pub struct ErrorSender(mpsc::Sender<Result<Batch>>);

impl ErrorSender {
    pub async fn fail(self, error: Error) {
        let _gone = self.0.send(Err(error)).await;
    }
}

impl BatchReceiver {
    /// `None` when all were taken.
    pub async fn next(&mut self) -> Option<Result<Batch>> {
        self.full.recv().await
    }

    /// Lets a batch be filled again.
    pub fn recycle(&self, batch: Batch) {
        // One too many is dropped.
        let _full = self.empty.try_send(batch);
    }
}
