//! Events: what happened, for those who listen.

mod audience;
mod log;

pub(crate) use audience::{Readers, readers, row_audience};
pub use log::{EVENTS, EventQuery, LoginLogQuery};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::database::{Audience, EventMessage};
use tanuki_store::query::events;
use tanuki_store::query::notifications::{self, Notification};
use uuid::Uuid;

use crate::fields::id_of;
use crate::resource::EventContext;
use crate::{Caller, Core, Result};

/// An event about to be written with the change that it tells of.
#[derive(Debug)]
pub struct Event {
    /// `table:action`, as the reference names it.
    pub name: String,
    pub data: Map<String, Value>,
    /// The production that the event names, in its data and in the log.
    pub project_id: Option<Uuid>,
    /// Who hears of it, if its name and production do not say so.
    pub audience: Option<Audience>,
    /// Whether the log keeps it; listeners hear of it anyway.
    pub is_recorded: bool,
}

impl Event {
    /// An event that tells nothing but its name.
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

    /// What a change of a row is told as, with the row's production.
    pub fn of(happened: &EventContext<'_>) -> Self {
        Self::about(happened.table.name, happened.action.as_str(), happened.id)
            .in_project(id_of(happened.row, "project_id"))
    }

    pub fn in_project(mut self, project_id: Option<Uuid>) -> Self {
        self.project_id = project_id;
        self
    }

    /// Keeps an event out of the log.
    pub fn not_recorded(mut self) -> Self {
        self.is_recorded = false;
        self
    }

    /// What is sent and kept: the production comes last.
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

    /// Lets the team of a production hear of an event that does not name it,
    /// because the reference's does not.
    pub fn visible_in(mut self, project_id: Option<Uuid>) -> Self {
        self.audience = project_id.map(Audience::Project);
        self
    }

    /// Lets one person alone hear of an event.
    pub fn visible_to(mut self, person_id: Uuid) -> Self {
        self.audience = Some(Audience::Person(person_id));
        self
    }

    /// Who hears of it. An event of no production whose name is not one of the
    /// studio's is for admins alone.
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
        let records = events.into_iter().map(Event::into_record);
        let user_id = caller.and_then(Caller::author);
        let now = self.clock().timestamp();
        events::record(transaction, records.collect(), user_id, now).await?;
        Ok(())
    }

    /// Announces an event with the commit without keeping it.
    pub(crate) fn publish(&self, transaction: &mut Transaction, event: Event) {
        transaction.publish(event.into_record().message);
    }

    /// Leaves people notifications and tells them of it.
    pub(crate) async fn notify(
        &self,
        transaction: &mut Transaction,
        notifications: &[Notification],
        project_id: Option<Uuid>,
    ) -> Result<()> {
        let events = self
            .create_notifications(transaction, notifications, project_id)
            .await?;
        for event in events {
            self.publish(transaction, event);
        }
        Ok(())
    }

    /// Leaves people notifications. Returns the events that tell them of it, for
    /// whoever records them among others.
    pub(crate) async fn create_notifications(
        &self,
        transaction: &mut Transaction,
        notifications: &[Notification],
        project_id: Option<Uuid>,
    ) -> Result<Vec<Event>> {
        let ids = notifications::create(transaction, notifications, &self.defaults()).await?;
        let events = ids
            .into_iter()
            .zip(notifications)
            .map(|(id, notification)| {
                Event::about("notification", "new", id)
                    .with("person_id", notification.person_id.to_string())
                    .in_project(project_id)
                    .visible_to(notification.person_id)
                    .not_recorded()
            });
        Ok(events.collect())
    }
}
