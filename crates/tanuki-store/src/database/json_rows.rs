//! Lists of rows in an envelope, fetched at once or streamed.

use bytes::Bytes;

use super::{Connection as _, Database, JsonChunks, Writer};
use crate::Result;
use crate::dialect::Query;
use crate::json_rows::JsonRows;

/// Lists of up to this many rows are fetched at once, on a shared connection;
/// longer ones are streamed.
pub const SHORT_LIST: u64 = 1000;

impl Database {
    /// Runs a query and serializes its rows with `rows`. `most` is the maximum
    /// number of rows that the query can return.
    pub async fn json_rows(&self, query: Query, rows: JsonRows, most: u64) -> Result<JsonChunks> {
        if most > SHORT_LIST {
            return Ok(self.stream(query, rows));
        }
        Ok(JsonChunks::whole(self.json_text(query, rows).await?))
    }

    /// Runs a query for at most [`SHORT_LIST`] rows and serializes them.
    pub(crate) async fn json_text(&self, query: Query, mut rows: JsonRows) -> Result<Bytes> {
        let mut text = Vec::new();
        rows.begin(&mut text);
        for row in self.fetch_all(query).await? {
            rows.row(&row, &mut text)?;
        }
        rows.end(&mut text);
        Ok(text.into())
    }
}
