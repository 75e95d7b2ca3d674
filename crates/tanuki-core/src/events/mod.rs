//! Events: what happened, for those who listen.

mod log;

pub use log::{EVENTS, EventQuery, LoginLogQuery};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::database::Announcement;
use tanuki_store::query::events;
use tanuki_store::query::notifications::{self, Notification};
use uuid::Uuid;

use crate::fields::id_of;
use crate::resource::Happened;
use crate::{Caller, Core, Result};

/// An event about to be written with the change that it tells of.
#[derive(Debug)]
pub struct Event {
    /// `table:action`, as the reference names it.
    pub name: String,
    pub data: Map<String, Value>,
    pub project_id: Option<Uuid>,
}

impl Event {
    /// An event that tells nothing but its name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            data: Map::new(),
            project_id: None,
        }
    }

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

    /// What a change of a row is told as, with the row's production.
    pub fn of(happened: &Happened<'_>) -> Self {
        Self::about(happened.table.name, happened.action.as_str(), happened.id)
            .in_project(id_of(happened.row, "project_id"))
    }

    pub fn in_project(mut self, project_id: Option<Uuid>) -> Self {
        if let Some(id) = project_id {
            self.data.insert("project_id".into(), id.to_string().into());
        }
        self.project_id = project_id;
        self
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.into(), value.into());
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
        self.record_all(transaction, vec![event], caller).await
    }

    /// Writes events in their order, many to a statement.
    pub(crate) async fn record_all(
        &self,
        transaction: &mut Transaction,
        events: Vec<Event>,
        caller: Option<&Caller>,
    ) -> Result<()> {
        let records = events.into_iter().map(|event| events::Record {
            name: event.name,
            data: Value::Object(event.data),
            project_id: event.project_id,
        });
        let user_id = caller.and_then(Caller::author);
        let now = self.clock().timestamp();
        events::record(transaction, records.collect(), user_id, now).await?;
        Ok(())
    }

    /// Announces an event with the commit without keeping it.
    pub(crate) fn tell(&self, transaction: &mut Transaction, event: Event) {
        transaction.announce(Announcement {
            name: event.name,
            data: Value::Object(event.data),
        });
    }

    /// Leaves people notifications and tells them of it.
    pub(crate) async fn notify(
        &self,
        transaction: &mut Transaction,
        notifications: &[Notification],
        project_id: Option<Uuid>,
    ) -> Result<()> {
        let ids = notifications::create(transaction, notifications, &self.defaults()).await?;
        for (id, notification) in ids.into_iter().zip(notifications) {
            let event = Event::about("notification", "new", id)
                .with("person_id", notification.person_id.to_string())
                .in_project(project_id);
            self.tell(transaction, event);
        }
        Ok(())
    }
}
