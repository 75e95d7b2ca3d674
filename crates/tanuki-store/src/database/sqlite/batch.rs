//! Sends rows in batches from the blocking thread that reads them to the task
//! that serializes them. Batches are recycled, so that a list of any length
//! allocates the memory of a few.

use std::sync::Arc;

use rusqlite::Rows;
use tokio::sync::mpsc;

use super::Row;
use super::row::Heading;
use crate::database::Row as AnyRow;
use crate::{Error, Result};

/// A batch is full with this many rows, or this many bytes in them.
const BATCH_ROWS: usize = 64;
const BATCH_BYTES: usize = 32 * 1024;

/// Consecutive rows of a result.
#[derive(Debug, Default)]
pub struct Batch {
    /// Rows from index `used` on are left over from an earlier use, for their
    /// memory.
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

    fn push(&mut self, next: &rusqlite::Row<'_>, heading: &Arc<Heading>) -> Result<()> {
        if self.used == self.rows.len() {
            self.rows.push(AnyRow::Sqlite(Row::of(heading)));
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

/// Reads rows and sends them.
#[derive(Debug)]
pub struct BatchSender {
    full: mpsc::Sender<Result<Batch>>,
    empty: mpsc::Receiver<Batch>,
}

/// Receives batches, and sends them back to be recycled.
#[derive(Debug)]
pub struct BatchReceiver {
    full: mpsc::Receiver<Result<Batch>>,
    empty: mpsc::Sender<Batch>,
}

/// Creates a bounded channel of batches: two that are full and four to be
/// filled again.
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
    /// Sends all rows, or stops when the receiver is dropped. Blocks the
    /// thread.
    pub fn fill(mut self, mut rows: Rows<'_>, heading: &Arc<Heading>) -> Result<()> {
        let mut batch = Batch::default();
        while let Some(next) = rows.next()? {
            batch.push(next, heading)?;
            if batch.is_full() {
                let next = self.empty.try_recv().unwrap_or_default().clear();
                let full = std::mem::replace(&mut batch, next);
                if self.full.blocking_send(Ok(full)).is_err() {
                    return Ok(());
                }
            }
        }
        // The receiver may be gone.
        let _gone = self.full.blocking_send(Ok(batch));
        Ok(())
    }

    /// Returns a sender that ends the list with an error.
    pub fn to_reader(&self) -> ErrorSender {
        ErrorSender(self.full.clone())
    }
}

/// Sends the error that ended a list.
#[derive(Debug)]
pub struct ErrorSender(mpsc::Sender<Result<Batch>>);

impl ErrorSender {
    pub async fn fail(self, error: Error) {
        let _gone = self.0.send(Err(error)).await;
    }
}

impl BatchReceiver {
    /// Returns the next batch; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Batch>> {
        self.full.recv().await
    }

    /// Returns a batch to the sender for reuse.
    pub fn recycle(&self, batch: Batch) {
        // If the channel is full, the batch is dropped.
        let _full = self.empty.try_send(batch);
    }
}
