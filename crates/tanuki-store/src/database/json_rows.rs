//! Lists of rows with what stands around them, short or streamed.

use super::{Database, JsonChunks, Writer};
use crate::Result;
use crate::dialect::Query;
use crate::json_rows::JsonRows;

/// Up to so many rows are fetched at once, on a connection that others share;
/// more are streamed.
const SHORT: u64 = 1000;

impl Database {
    /// Runs a query of at most `most` rows and writes them as `rows` says.
    pub async fn json_rows(
        &self,
        query: Query,
        mut rows: JsonRows,
        most: u64,
    ) -> Result<JsonChunks> {
        if most > SHORT {
            return Ok(self.stream(query, rows));
        }
        let mut text = Vec::new();
        rows.begin(&mut text);
        for row in self.driver.fetch_all(query).await? {
            rows.row(&row, &mut text)?;
        }
        rows.end(&mut text);
        Ok(JsonChunks::whole(text.into()))
    }
}
