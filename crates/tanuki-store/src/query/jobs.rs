//! The job queue, table `tanuki_job`.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Func, LockBehavior, LockType, Order, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::schema::TANUKI_JOB;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Database, ListQuery, Result, Transaction};

/// A job to enqueue.
#[derive(Debug)]
pub struct NewJob {
    pub kind: &'static str,
    pub arguments: Map<String, Value>,
}

/// A job that a worker has taken.
#[derive(Debug)]
pub struct TakenJob {
    pub id: Uuid,
    pub kind: String,
    pub arguments: Map<String, Value>,
    /// How many times it has been taken, this time included.
    pub tries: i64,
    pub created_at: NaiveDateTime,
    /// The id of this run.
    pub lease: Uuid,
}

/// How a run ends.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing more is to be done, for a reason if it was not the usual.
    Done(Option<String>),
    /// It is given up.
    Failed(String),
    /// It is tried again at that time.
    Again(String, NaiveDateTime),
    /// It waits for something until that time; this run does not count.
    Deferred(String, NaiveDateTime),
    /// It was interrupted, and may be taken at once; this run does not count.
    Interrupted,
}

/// Enqueues jobs in the transaction of the change that causes them, and wakes
/// the workers of this process with its commit.
pub async fn enqueue(
    transaction: &mut Transaction,
    jobs: Vec<NewJob>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let rows = jobs.into_iter().map(|job| {
        Values::from([
            ("kind", job.kind.into()),
            ("arguments", Value::Object(job.arguments).into()),
            ("state", "waiting".into()),
            ("tries", 0_i64.into()),
            ("due_at", defaults.now.into()),
            ("created_at", defaults.now.into()),
        ])
    });
    write::insert_all(transaction, &TANUKI_JOB, rows.collect(), defaults).await?;
    transaction.wake_workers();
    Ok(())
}

/// The oldest job of these kinds that a worker may take now.
fn due(kinds: &[&'static str], now: NaiveDateTime) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(["id", "kind", "arguments", "tries", "created_at"])
        .from(TANUKI_JOB.name)
        .and_where(Expr::col("due_at").lte(now))
        .and_where(Expr::col("kind").is_in(kinds.iter().copied()))
        .order_by("due_at", Order::Asc)
        .limit(1);
    select
}

/// Takes the oldest due job of these kinds, with a lease until that time:
/// waiting ones, and running ones whose lease has run out. `None` if no job is
/// due, or other servers are taking those that are.
pub async fn take(
    database: &Database,
    kinds: &[&'static str],
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<Option<TakenJob>> {
    let mut due = due(kinds, now);
    // A read first: on SQLite a transaction takes the write lock.
    if kinds.is_empty() || !database.exists(due.clone()).await? {
        return Ok(None);
    }
    let mut transaction = database.begin().await?;
    due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let lease = Uuid::new_v4();
    let job = transaction
        .fetch_one(&due, |row| {
            Ok(TakenJob {
                id: row.get("id")?,
                kind: row.get("kind")?,
                arguments: match row.get("arguments")? {
                    Value::Object(arguments) => arguments,
                    _ => Map::new(),
                },
                tries: row.get::<i64>("tries")? + 1,
                created_at: row.get("created_at")?,
                lease,
            })
        })
        .await?;
    let Some(job) = job else {
        return Ok(None);
    };
    let values = Values::from([
        ("state", "running".into()),
        ("tries", job.tries.into()),
        ("due_at", until.into()),
        ("lease", lease.into()),
        ("started_at", now.into()),
        ("progress", None::<i64>.into()),
    ]);
    write::update(&mut transaction, &TANUKI_JOB, job.id, values).await?;
    transaction.commit().await?;
    Ok(Some(job))
}

/// Returns the number of running jobs.
pub async fn count_running(database: &Database) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from(TANUKI_JOB.name)
        .and_where(Expr::col("state").eq("running"));
    Ok(database.scalar(&select).await?.unwrap_or(0))
}

/// Prolongs the lease of a running job. Returns false if it was cancelled, or
/// another worker has taken it since.
pub async fn renew(
    database: &Database,
    (id, lease): (Uuid, Uuid),
    until: NaiveDateTime,
) -> Result<bool> {
    let values = Values::from([("due_at", until.into())]);
    change_running(database, (id, lease), values).await
}

/// Notes how far a running job is, in percent.
pub async fn report_progress(
    database: &Database,
    (id, lease): (Uuid, Uuid),
    percent: u8,
) -> Result<bool> {
    let values = Values::from([("progress", i64::from(percent).into())]);
    change_running(database, (id, lease), values).await
}

/// Makes waiting jobs of a kind due. Returns how many.
pub async fn hurry(
    transaction: &mut Transaction,
    kind: &'static str,
    now: NaiveDateTime,
) -> Result<u64> {
    let waiting = Expr::col("kind")
        .eq(kind)
        .and(Expr::col("state").eq("waiting"))
        .and(Expr::col("due_at").gt(now));
    let values = Values::from([("due_at", now.into())]);
    let changed = write::update_where(transaction, &TANUKI_JOB, values, waiting).await?;
    if changed > 0 {
        transaction.wake_workers();
    }
    Ok(changed)
}

/// Ends the run of a job. Returns false if it was cancelled, or another worker
/// has taken it since.
pub async fn end(
    database: &Database,
    job: &TakenJob,
    ending: Ending,
    now: NaiveDateTime,
) -> Result<bool> {
    let ended: sea_query::Value = Some(now).into();
    let never: sea_query::Value = None::<NaiveDateTime>.into();
    let (state, tries, due_at, reason, ended_at) = match ending {
        Ending::Done(reason) => ("done", job.tries, never, reason, ended),
        Ending::Failed(reason) => ("failed", job.tries, never, Some(reason), ended),
        Ending::Again(reason, at) => ("waiting", job.tries, at.into(), Some(reason), never),
        Ending::Deferred(reason, at) => ("waiting", job.tries - 1, at.into(), Some(reason), never),
        Ending::Interrupted => ("waiting", job.tries - 1, now.into(), None, never),
    };
    let values = Values::from([
        ("state", state.into()),
        ("tries", tries.into()),
        ("due_at", due_at),
        ("reason", reason.into()),
        ("ended_at", ended_at),
        ("lease", None::<Uuid>.into()),
    ]);
    change_running(database, (job.id, job.lease), values).await
}

async fn change_running(
    database: &Database,
    (id, lease): (Uuid, Uuid),
    values: Values,
) -> Result<bool> {
    let own = Expr::col("id")
        .eq(id)
        .and(Expr::col("lease").eq(lease))
        .and(Expr::col("state").eq("running"));
    let mut transaction = database.begin().await?;
    let changed = write::update_where(&mut transaction, &TANUKI_JOB, values, own).await?;
    transaction.commit().await?;
    Ok(changed > 0)
}

/// Makes jobs that have failed or were cancelled due again, with all their
/// tries: one, or all failed ones. Returns how many.
pub async fn retry(
    transaction: &mut Transaction,
    id: Option<Uuid>,
    now: NaiveDateTime,
) -> Result<u64> {
    let which = match id {
        Some(id) => Expr::col("id")
            .eq(id)
            .and(Expr::col("state").is_in(["failed", "cancelled"])),
        None => Expr::col("state").eq("failed"),
    };
    let values = Values::from([
        ("state", "waiting".into()),
        ("tries", 0_i64.into()),
        ("due_at", now.into()),
        ("ended_at", None::<NaiveDateTime>.into()),
    ]);
    let changed = write::update_where(transaction, &TANUKI_JOB, values, which).await?;
    if changed > 0 {
        transaction.wake_workers();
    }
    Ok(changed)
}

/// Cancels a waiting or running job. Returns its kind and arguments, if there
/// was one; a worker that runs it stops when it renews its lease.
pub async fn cancel(
    transaction: &mut Transaction,
    id: Uuid,
    now: NaiveDateTime,
) -> Result<Option<(String, Map<String, Value>)>> {
    let mut select = Query::select();
    select
        .columns(["kind", "arguments"])
        .from(TANUKI_JOB.name)
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("state").is_in(["waiting", "running"]))
        .lock(LockType::Update);
    let job = transaction.fetch_one(&select, |row| {
        let arguments = match row.get("arguments")? {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        Ok((row.get("kind")?, arguments))
    });
    let Some(job) = job.await? else {
        return Ok(None);
    };
    let values = Values::from([
        ("state", "cancelled".into()),
        ("due_at", None::<NaiveDateTime>.into()),
        ("lease", None::<Uuid>.into()),
        ("ended_at", now.into()),
    ]);
    write::update(transaction, &TANUKI_JOB, id, values).await?;
    Ok(Some(job))
}

/// Deletes jobs that ended: failed ones before `failed`, others before `done`.
/// Returns how many.
pub async fn remove_ended(
    database: &Database,
    done: NaiveDateTime,
    failed: NaiveDateTime,
) -> Result<u64> {
    let ended = |before: NaiveDateTime| Expr::col("ended_at").lt(before);
    let old = ended(failed).or(ended(done).and(Expr::col("state").ne("failed")));
    let mut transaction = database.begin().await?;
    let removed = write::delete_where(&mut transaction, TANUKI_JOB.name, old).await?;
    transaction.commit().await?;
    Ok(removed)
}

/// Returns the query for the newest jobs, of that state and kind if given.
pub fn newest(
    projection: &'static Projection,
    state: Option<&'static str>,
    kind: Option<&str>,
) -> ListQuery {
    let column = |name| Expr::col((TANUKI_JOB.name, name));
    let mut list = ListQuery::new(projection);
    if let Some(state) = state {
        list = list.filter(column("state").eq(state));
    }
    if let Some(kind) = kind {
        list = list.filter(column("kind").eq(kind));
    }
    list.descending("created_at").descending("id")
}

/// Returns whether there is such a job.
pub async fn exists(connection: impl Connection, id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("id")
        .from(TANUKI_JOB.name)
        .and_where(Expr::col("id").eq(id));
    connection.exists(select).await
}

/// Returns how many jobs there are in each state that has any.
pub async fn counts(database: &Database) -> Result<Vec<(String, i64)>> {
    let mut select = Query::select();
    select
        .column("state")
        .expr_as(Expr::col("id").count(), "jobs")
        .from(TANUKI_JOB.name)
        .group_by_col("state")
        .order_by("state", Order::Asc);
    database
        .fetch(&select, |row| Ok((row.get("state")?, row.get("jobs")?)))
        .await
}
