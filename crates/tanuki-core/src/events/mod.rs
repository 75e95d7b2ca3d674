//! Events: what a change is published as, and recorded as in `api_event`.
//!
//! Events are written in the transaction of the change, and published to
//! subscribers with its commit.

mod audience;
mod notices;

pub(crate) use audience::{Readers, readers, row_audience};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::database::{Audience, EventMessage};
use tanuki_store::query::comments::notifications::{self, Notification};
use tanuki_store::query::events;
use uuid::Uuid;

use crate::{Caller, Core, Result};

/// An event before it is recorded and published.
#[derive(Debug)]
pub struct Event {
    /// `table:action`, as Zou names it.
    pub name: String,
    pub data: Map<String, Value>,
    /// The project of the event; part of its data and a column of the log.
    pub project_id: Option<Uuid>,
    /// Who receives the event, if that does not follow from its name and
    /// project.
    pub audience: Option<Audience>,
    /// Whether it is stored in the event log; it is published either way.
    pub is_recorded: bool,
}

impl Event {
    /// An event without data.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            data: Map::new(),
            project_id: None,
            audience: None,
            is_recorded: true,
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
            audience: None,
            is_recorded: true,
        }
    }

    /// Sets the project of the event.
    pub fn in_project(mut self, project_id: Option<Uuid>) -> Self {
        self.project_id = project_id;
        self
    }

    /// Publishes the event without storing it in the event log.
    pub fn not_recorded(mut self) -> Self {
        self.is_recorded = false;
        self
    }

    /// Converts the event to what is published and stored; `project_id` is the
    /// last key of the data, as in Zou.
    fn into_record(mut self) -> events::Record {
        let audience = self.audience();
        if let Some(id) = self.project_id {
            self.data.insert("project_id".into(), id.to_string().into());
        }
        events::Record {
            message: EventMessage {
                name: self.name,
                data: Value::Object(self.data),
                audience,
            },
            project_id: self.project_id,
            is_recorded: self.is_recorded,
        }
    }

    /// Publishes the event to the team of a project (and admins) without naming
    /// the project in its data, because Zou does not.
    pub fn visible_in(mut self, project_id: Option<Uuid>) -> Self {
        self.audience = project_id.map(Audience::Project);
        self
    }

    /// Publishes the event to one person (and admins) only.
    pub fn visible_to(mut self, person_id: Uuid) -> Self {
        self.audience = Some(Audience::Person(person_id));
        self
    }

    /// Returns who receives the event. Without a project, and if the name is
    /// not studio-wide, only admins do.
    pub fn audience(&self) -> Audience {
        if let Some(audience) = self.audience {
            return audience;
        }
        match self.project_id {
            Some(id) => Audience::Project(id),
            None if readers(&self.name).is_some() => Audience::Studio,
            None => Audience::Admins,
        }
    }

    /// Adds a key to the data of the event.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.into(), value.into());
        self
    }
}

impl Core {
    /// Records an event in the transaction of its change; it is published with
    /// the commit. `caller` is `None` on the command line.
    pub(crate) async fn record(
        &self,
        transaction: &mut Transaction,
        event: Event,
        caller: Option<&Caller>,
    ) -> Result<()> {
        self.record_all(transaction, vec![event], caller).await
    }

    /// Records events in order, many per statement.
    pub(crate) async fn record_all(
        &self,
        transaction: &mut Transaction,
        events: Vec<Event>,
        caller: Option<&Caller>,
    ) -> Result<()> {
        let records = events.into_iter().map(Event::into_record);
        let user_id = caller.and_then(Caller::author);
        let now = self.clock().timestamp();
        events::record(transaction, records.collect(), user_id, now).await?;
        Ok(())
    }

    /// Publishes an event with the commit, without recording it.
    pub(crate) fn publish(&self, transaction: &mut Transaction, event: Event) {
        transaction.publish(event.into_record().message);
    }

    /// Creates notifications and publishes an event for each to its recipient.
    pub(crate) async fn notify(
        &self,
        transaction: &mut Transaction,
        notifications: &[Notification],
        project_id: Option<Uuid>,
    ) -> Result<()> {
        let events = self
            .create_notifications(transaction, notifications, |_| project_id)
            .await?;
        for event in events {
            self.publish(transaction, event);
        }
        Ok(())
    }

    /// Creates notifications, with jobs for those who get them by mail or in a
    /// chat as well. Returns the events for their recipients, in the same order, for callers that record them together with others.
    /// `project_of` returns the project of the task of a notification.
    pub(crate) async fn create_notifications(
        &self,
        transaction: &mut Transaction,
        notifications: &[Notification],
        project_of: impl Fn(&Notification) -> Option<Uuid> + Send,
    ) -> Result<Vec<Event>> {
        let ids = notifications::create(transaction, notifications, &self.defaults()).await?;
        self.enqueue_notices(transaction, &ids, notifications)
            .await?;
        let events = ids
            .into_iter()
            .zip(notifications)
            .map(|(id, notification)| {
                Event::about("notification", "new", id)
                    .with("person_id", notification.person_id.to_string())
                    .in_project(project_of(notification))
                    .visible_to(notification.person_id)
                    .not_recorded()
            });
        Ok(events.collect())
    }
}
