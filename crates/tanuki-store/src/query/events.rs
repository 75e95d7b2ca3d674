//! The event log: the table `api_event`, and the login log.

use chrono::{NaiveDateTime, TimeDelta};
use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::database::EventMessage;
use crate::projection::Projection;
use crate::query::visibility;
use crate::{Connection, Filter, ListQuery, Result, Transaction};

/// Returns the names of the recorded events, sorted.
pub async fn names(connection: impl Connection) -> Result<Vec<String>> {
    let mut select = Query::select();
    select.column("name").distinct().from("api_event");
    let names = connection.fetch(&select, |row| row.get("name"));
    let mut names: Vec<String> = names.await?;
    names.sort();
    Ok(names)
}

/// An event to publish.
#[derive(Debug)]
pub struct Record {
    pub message: EventMessage,
    pub project_id: Option<Uuid>,
    /// Whether the event is stored in `api_event`; it is published in either
    /// case.
    pub is_recorded: bool,
}

/// Maximum number of events in one `INSERT`.
const BATCH_SIZE: usize = 1000;

/// Stores events in the transaction of the change that they are about, in
/// batches, and publishes them after the commit. Their times are a microsecond
/// apart, so that the log preserves their order.
pub async fn record(
    transaction: &mut Transaction,
    events: Vec<Record>,
    user_id: Option<Uuid>,
    now: NaiveDateTime,
) -> Result<()> {
    let mut at = now;
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let EventMessage { name, data, .. } = &event.message;
        if event.is_recorded {
            kept.push((name.clone(), data.clone(), event.project_id));
        }
        transaction.publish(event.message);
    }
    for some in kept.chunks(BATCH_SIZE) {
        let mut insert = Query::insert();
        insert.into_table("api_event").columns([
            "id",
            "name",
            "data",
            "user_id",
            "project_id",
            "created_at",
            "updated_at",
        ]);
        for (name, data, project_id) in some {
            insert.values_panic([
                Uuid::new_v4().into(),
                name.as_str().into(),
                Expr::val(data.clone()),
                user_id.into(),
                (*project_id).into(),
                at.into(),
                at.into(),
            ]);
            at += TimeDelta::microseconds(1);
        }
        let query = transaction.dialect().build(&insert);
        transaction.execute(query).await?;
    }
    Ok(())
}

/// Filters for the newest events or logins.
#[derive(Debug, Default)]
pub struct EventFilter {
    pub after: Option<NaiveDateTime>,
    pub before: Option<NaiveDateTime>,
    /// Like `before`: the time of the row that the page starts after.
    pub older_than: Option<NaiveDateTime>,
    pub limit: u64,
    pub only_files: bool,
    pub project_id: Option<Uuid>,
    /// Only events of projects that this person manages. The role is their
    /// studio-wide one, which applies where the membership has none.
    pub manager: Option<(Uuid, Role)>,
    pub name: Option<String>,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    pub people: Vec<Uuid>,
}

/// The events about new files.
const FILE_EVENTS: [&str; 4] = [
    "preview-file:add-file",
    "organisation:set-thumbnail",
    "person:set-thumbnail",
    "project:set-thumbnail",
];

/// Returns the query for the events that match the filter, newest first.
pub fn last(projection: &'static Projection, asked: &EventFilter) -> ListQuery {
    in_time(projection, asked, "user_id").narrow(|select| of_events(select, asked))
}

fn of_events(select: &mut SelectStatement, asked: &EventFilter) {
    let column = |name| Expr::col(("api_event", name));
    if asked.only_files {
        select.and_where(column("name").is_in(FILE_EVENTS));
    }
    if let Some(id) = asked.project_id {
        select.and_where(column("project_id").eq(id));
    }
    if let Some((person, role)) = asked.manager {
        select.cond_where(visibility::events::of_managed_projects(person, role));
    }
    if let Some(name) = &asked.name {
        select.and_where(column("name").eq(name.as_str()));
    }
    let alike = |patterns: Vec<String>| {
        patterns.into_iter().fold(Cond::any(), |any, pattern| {
            any.add(column("name").like(pattern))
        })
    };
    if !asked.prefixes.is_empty() {
        let patterns = asked.prefixes.iter().map(|prefix| format!("{prefix}:%"));
        select.cond_where(alike(patterns.collect()));
    }
    if !asked.suffixes.is_empty() {
        let patterns = asked.suffixes.iter().map(|suffix| format!("%:{suffix}"));
        select.cond_where(alike(patterns.collect()));
    }
}

/// Returns the query for the logins that match the filter, newest first.
pub fn last_logins(projection: &'static Projection, asked: &EventFilter) -> ListQuery {
    in_time(projection, asked, "person_id")
}

fn in_time(
    projection: &'static Projection,
    asked: &EventFilter,
    person: &'static str,
) -> ListQuery {
    let table = projection.table.name;
    let at = || Expr::col((table, "created_at"));
    let mut which = Filter::all();
    if let Some(after) = asked.after {
        which = which.and(at().gt(after));
    }
    for before in [asked.before, asked.older_than].into_iter().flatten() {
        which = which.and(at().lt(before));
    }
    if !asked.people.is_empty() {
        let people = asked.people.iter().copied();
        which = which.and(Expr::col((table, person)).is_in(people));
    }
    ListQuery::new(projection)
        .filter(which)
        .descending("created_at")
        .limit(asked.limit)
}

/// Returns when a row was created; `None` if there is no such row.
pub async fn created_at(
    connection: impl Connection,
    table: &'static str,
    id: Uuid,
) -> Result<Option<NaiveDateTime>> {
    let mut select = Query::select();
    select
        .column("created_at")
        .from(table)
        .and_where(Expr::col("id").eq(id));
    Ok(connection.scalar(&select).await?.flatten())
}
