//! Rows with their JSON.

use std::sync::Arc;

use bytes::Bytes;

use super::{Database, Row};
use crate::Result;
use crate::dialect::Query;
use crate::projection::Projection;

/// A row, and the JSON object that a projection makes of its first columns, with
/// the changes of the list that it is of.
#[derive(Debug, Clone)]
pub struct RowWithJson {
    pub row: Arc<Row>,
    pub json: Bytes,
}

impl RowWithJson {
    /// Returns the members of the JSON object, without its brackets, so that
    /// others can be added.
    pub fn members(&self) -> &[u8] {
        let members = self.json.strip_prefix(b"{");
        let members = members.and_then(|members| members.strip_suffix(b"}"));
        members.unwrap_or_default()
    }
}

impl Database {
    /// Returns the first row of a query whose select list begins with that of
    /// `projection`; `None` if there is no row. Identical concurrent queries
    /// are coalesced, and the row is serialized once for all of them.
    pub async fn fetch_written(
        &self,
        query: Query,
        projection: &'static Projection,
    ) -> Result<Option<RowWithJson>> {
        let driver = self.driver.clone();
        let read = move |query| async move {
            let Some(row) = driver.fetch_all(query).await?.into_iter().next() else {
                return Ok(None);
            };
            let mut json = Vec::with_capacity(4096);
            projection.write(&row, &mut json)?;
            Ok(Some(RowWithJson {
                row: Arc::new(row),
                json: json.into(),
            }))
        };
        self.reads.written.fetch_as(query, projection, read).await
    }
}
