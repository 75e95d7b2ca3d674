//! Events: what happened, for those who listen.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::events;
use uuid::Uuid;

use crate::{Caller, Core, Result};

/// An event about to be written with the change that it tells of.
#[derive(Debug)]
pub(crate) struct Event {
    /// `table:action`, as the reference names it.
    pub name: String,
    pub data: Map<String, Value>,
    pub project_id: Option<Uuid>,
}

impl Event {
    /// An event about one row: `{"<table>_id": id}`.
    pub fn about(table: &str, action: &str, id: Uuid) -> Self {
        let mut data = Map::new();
        data.insert(format!("{table}_id"), id.to_string().into());
        Self {
            name: format!("{}:{action}", table.replace('_', "-")),
            data,
            project_id: None,
        }
    }

    pub fn in_project(mut self, project_id: Option<Uuid>) -> Self {
        if let Some(id) = project_id {
            self.data.insert("project_id".into(), id.to_string().into());
        }
        self.project_id = project_id;
        self
    }

    pub fn with(mut self, key: &str, id: Uuid) -> Self {
        self.data.insert(key.into(), id.to_string().into());
        self
    }
}

impl Core {
    /// Writes an event in the transaction of its change. `caller` is `None`
    /// for the command line.
    pub(crate) async fn record(
        &self,
        transaction: &mut Transaction,
        event: Event,
        caller: Option<&Caller>,
    ) -> Result<()> {
        events::record(
            transaction,
            Uuid::new_v4(),
            &event.name,
            Value::Object(event.data),
            caller.and_then(Caller::author),
            event.project_id,
            self.clock().timestamp(),
        )
        .await?;
        Ok(())
    }
}
