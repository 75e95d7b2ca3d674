//! People and bots.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query, SelectStatement, UpdateStatement};
use tanuki_domain::Role;
use tanuki_domain::dates;
use tanuki_domain::period::Days;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::{names, removal};
use crate::write::{clear, delete_where};
use crate::{Connection, Database, Filter, Result, Transaction};

/// Returns the number of people who count against the user limit: active ones,
/// without bots, guests and preview accounts.
pub async fn count_active_users(connection: impl Connection) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from("person")
        .and_where(Expr::col("active").eq(true))
        .and_where(Expr::col("is_bot").eq(false))
        .and_where(Expr::col("is_guest").eq(false))
        .and_where(Expr::col("preview_project_id").is_null());
    Ok(connection.scalar(&select).await?.unwrap_or(0))
}

/// Returns whether there is any person.
pub async fn any(database: &Database) -> Result<bool> {
    let mut select = Query::select();
    select.column("id").from("person").limit(1);
    database.exists(select).await
}

/// Returns the ids of all people, without bots, in their order.
pub async fn everybody(connection: impl Connection) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from("person")
        .and_where(Expr::col("is_bot").eq(false))
        .order_by("id", Order::Asc);
    connection.ids(&select).await
}

/// Returns whether a person other than `except` has that email address,
/// ignoring case. Bots are excluded.
pub async fn email_taken(
    connection: impl Connection,
    email: &str,
    except: Option<Uuid>,
) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("id")
        .from("person")
        .and_where(names::is_called(Expr::col("email"), email))
        .and_where(Expr::col("is_bot").eq(false))
        .limit(1);
    if let Some(id) = except {
        select.and_where(Expr::col("id").ne(id));
    }
    connection.exists(select).await
}

/// Returns the first and last name of a person; `None` if there is no such
/// person.
pub async fn full_name(connection: impl Connection, id: Uuid) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .columns(["first_name", "last_name"])
        .from("person")
        .and_where(Expr::col("id").eq(id));
    connection
        .fetch_one(&select, |row| {
            let first: Option<String> = row.get("first_name")?;
            let last: Option<String> = row.get("last_name")?;
            let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
            Ok(format!("{first} {last}").trim().to_owned())
        })
        .await
}

/// Condition on `person`: a member of the department.
pub fn is_of_department(department_id: Uuid) -> Filter {
    let mut members = Query::select();
    members
        .column("person_id")
        .from("department_link")
        .and_where(Expr::col("department_id").eq(department_id));
    Expr::col(("person", "id")).in_subquery(members).into()
}

/// Condition on `person`: a bot.
pub fn is_bot() -> Filter {
    Expr::col(("person", "is_bot")).eq(true).into()
}

/// Condition on `person`: not a guest, who follows a shared playlist.
pub fn is_no_guest() -> Filter {
    Expr::col(("person", "is_guest")).eq(false).into()
}

/// Condition on `person`: not a preview account.
pub fn not_preview_account() -> Filter {
    Expr::col(("person", "preview_project_id")).is_null().into()
}

/// Condition on `person`: an active account, neither a guest nor a preview
/// account.
pub fn is_active_user() -> Filter {
    Filter::from(Expr::col(("person", "active")).eq(true))
        .and(is_no_guest())
        .and(not_preview_account())
}

/// Condition on `department_link`: that of the person to the department.
pub fn is_department_link(person_id: Uuid, department_id: Uuid) -> Filter {
    Expr::col("person_id")
        .eq(person_id)
        .and(Expr::col("department_id").eq(department_id))
        .into()
}

/// Condition on `desktop_login_log`: a login of the person.
pub fn desktop_logins_of(person_id: Uuid) -> Filter {
    Expr::col(("desktop_login_log", "person_id"))
        .eq(person_id)
        .into()
}

/// Returns on which of these days (in UTC) people logged in with a desktop
/// program.
pub async fn days_of_desktop_logins(
    database: &Database,
    days: &Days,
) -> Result<Vec<(Uuid, NaiveDate)>> {
    let date = || Expr::col("date");
    let last = dates::clamp_time(days.end().and_time(NaiveTime::MIN) + TimeDelta::days(1));
    let mut select = Query::select();
    select
        .distinct()
        .column("person_id")
        .expr_as(Expr::cust("substr(CAST(\"date\" AS text), 1, 10)"), "day")
        .from("desktop_login_log")
        .and_where(date().gte(days.start().and_time(NaiveTime::MIN)))
        .and_where(date().lt(last));
    let logins = database.fetch(&select, |row| {
        Ok((row.get("person_id")?, row.get::<String>("day")?))
    });
    let logins = logins.await?.into_iter();
    Ok(logins
        .filter_map(|(person_id, day)| Some((person_id, dates::parse_day(&day)?)))
        .collect())
}

/// Returns whether the account is a bot's; `None` if there is no such account.
pub async fn is_bot_account(connection: impl Connection, id: Uuid) -> Result<Option<bool>> {
    let mut select = Query::select();
    select
        .column("is_bot")
        .from("person")
        .and_where(Expr::col("id").eq(id));
    connection.scalar(&select).await
}

/// Returns whether the person's studio-wide role is vendor.
pub async fn is_vendor(connection: impl Connection, id: Uuid) -> Result<bool> {
    let vendor = Cond::all()
        .add(Expr::col("id").eq(id))
        .add(Expr::col("role").eq("vendor"));
    crate::query::access::exists(connection, "person", vendor).await
}

/// Returns the ids of the person's departments.
pub async fn departments(connection: impl Connection, person_id: Uuid) -> Result<Vec<Uuid>> {
    connection.ids(&departments_of(person_id)).await
}

/// Subquery: the ids of the person's departments.
pub(crate) fn departments_of(person_id: Uuid) -> SelectStatement {
    let mut departments = Query::select();
    departments
        .column(("department_link", "department_id"))
        .from("department_link")
        .and_where(Expr::col(("department_link", "person_id")).eq(person_id));
    departments
}

/// Sets the id of the current API token of a person or bot, which revokes the
/// previous one.
pub async fn set_jti(
    transaction: &mut Transaction,
    id: Uuid,
    jti: &str,
    now: NaiveDateTime,
) -> Result<()> {
    let mut update = change(id, now);
    update.value("jti", jti);
    run(transaction, &update).await
}

/// Starts an update of a person's row that sets `updated_at`; callers add the
/// other columns.
pub(super) fn change(id: Uuid, now: NaiveDateTime) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table("person")
        .value("updated_at", now)
        .and_where(Expr::col("id").eq(id));
    update
}

/// Returns the preview account of a project, or `None` if it has none.
pub async fn preview_account(
    connection: impl Connection,
    project_id: Uuid,
) -> Result<Option<PreviewAccount>> {
    let mut select = Query::select();
    select
        .columns(["id", "email", "first_name", "last_name"])
        .columns(["preview_open_until"])
        .from("person")
        .and_where(Expr::col("preview_project_id").eq(project_id));
    connection
        .fetch_one(&select, |row| {
            Ok(PreviewAccount {
                id: row.get("id")?,
                email: row.get("email")?,
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
                open_until: row.get("preview_open_until")?,
            })
        })
        .await
}

/// The account that shows a project as its clients see it.
#[derive(Debug, Clone)]
pub struct PreviewAccount {
    pub id: Uuid,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// Login is possible until this time.
    pub open_until: Option<NaiveDateTime>,
}

/// Returns the project that a preview account belongs to; `None` for any other
/// account.
pub async fn preview_project(connection: impl Connection, id: Uuid) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("preview_project_id")
        .from("person")
        .and_where(Expr::col("id").eq(id));
    Ok(connection.scalar(&select).await?.flatten())
}

/// Deletes a person. Their dependents must be deleted before, see
/// [`remove_belongings`].
pub async fn remove(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    delete_where(
        transaction,
        "department_link",
        Expr::col("person_id").eq(id),
    )
    .await?;
    delete_where(transaction, "person", Expr::col("id").eq(id)).await?;
    Ok(())
}

/// A comment that is deleted with its author.
#[derive(Debug)]
pub struct RemovedComment {
    pub id: Uuid,
    pub task_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
}

/// Deletes or detaches all rows that refer to a person. The tables and columns
/// are the ones that Zou clears. Returns the deleted comments.
pub async fn remove_belongings(
    transaction: &mut Transaction,
    id: Uuid,
) -> Result<Vec<RemovedComment>> {
    let comments = own_comments(transaction, id).await?;
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    removal::of_comments(transaction, &ids).await?;
    let mut groups = Query::select();
    groups
        .column("id")
        .from("search_filter_group")
        .and_where(Expr::col("person_id").eq(id));
    let of_groups = Expr::col("search_filter_group_id").in_subquery(groups);
    delete_where(transaction, "search_filter", of_groups).await?;
    for (table, column) in [
        ("comment", "person_id"),
        ("comment_acknoledgments", "person"),
        ("api_event", "user_id"),
        ("notification", "person_id"),
        ("notification", "author_id"),
        ("search_filter", "person_id"),
        ("search_filter_group", "person_id"),
        ("desktop_login_log", "person_id"),
        ("login_log", "person_id"),
        ("subscription", "person_id"),
        ("project_person_link", "person_id"),
        ("task_person_link", "person_id"),
    ] {
        delete_where(transaction, table, Expr::col(column).eq(id)).await?;
    }
    for (table, column) in [
        ("task", "assigner_id"),
        ("output_file", "person_id"),
        ("working_file", "person_id"),
        ("preview_file", "person_id"),
    ] {
        clear(transaction, (table, column), Expr::col(column).eq(id)).await?;
    }
    Ok(comments)
}

async fn own_comments(transaction: &mut Transaction, id: Uuid) -> Result<Vec<RemovedComment>> {
    let mut select = Query::select();
    select
        .columns([("comment", "id"), ("task", "project_id")])
        .expr_as(Expr::col(("task", "id")), "task_id")
        .from("comment")
        .left_join_to(fk::COMMENT_OBJECT)
        .and_where(Expr::col(("comment", "person_id")).eq(id));
    transaction
        .fetch(&select, |row| {
            Ok(RemovedComment {
                id: row.get("id")?,
                task_id: row.get("task_id")?,
                project_id: row.get("project_id")?,
            })
        })
        .await
}

async fn run(
    transaction: &mut Transaction,
    statement: &impl crate::dialect::Statement,
) -> Result<()> {
    let query = transaction.dialect().build(statement);
    transaction.execute(query).await?;
    Ok(())
}

/// A bot's membership in the team of a project.
#[derive(Debug, Clone)]
pub struct BotTeam {
    pub bot_id: Uuid,
    pub project_id: Uuid,
    pub project_name: String,
}

/// Returns the team memberships of all bots, ordered by the name of the
/// project.
pub async fn teams_of_bots(connection: impl Connection) -> Result<Vec<BotTeam>> {
    let mut select = Query::select();
    select
        .columns([
            ("project_person_link", "person_id"),
            ("project_person_link", "project_id"),
        ])
        .column(("project", "name"))
        .from("project_person_link")
        .inner_join_to(fk::PROJECT_PERSON_LINK_PERSON)
        .inner_join_to(fk::PROJECT_PERSON_LINK_PROJECT)
        .and_where(Expr::col(("person", "is_bot")).eq(true))
        .order_by(("project", "name"), Order::Asc);
    connection
        .fetch(&select, |row| {
            Ok(BotTeam {
                bot_id: row.get("person_id")?,
                project_id: row.get("project_id")?,
                project_name: row.get("name")?,
            })
        })
        .await
}

/// Returns the people whose role in the project is client, without bots and
/// those who are not active; only those of the studio and of the department if
/// these are given.
pub async fn clients_of_project(
    connection: impl Connection,
    project_id: Uuid,
    studio_id: Option<Uuid>,
    department_id: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let member = |column| ("project_person_link", column);
    let person = |column| Expr::col(("person", column));
    let role = Func::coalesce([Expr::col(member("role")), person("role").cast_as("text")]);
    let mut select = Query::select();
    select
        .column(("person", "id"))
        .from("project_person_link")
        .inner_join_to(fk::PROJECT_PERSON_LINK_PERSON)
        .and_where(Expr::col(member("project_id")).eq(project_id))
        .and_where(Expr::expr(role).eq(Role::Client.as_str()))
        .and_where(person("active").eq(true))
        .and_where(person("is_bot").eq(false))
        .and_where(person("preview_project_id").is_null())
        .order_by(("person", "id"), Order::Asc);
    if let Some(studio) = studio_id {
        select.and_where(person("studio_id").eq(studio));
    }
    if let Some(department) = department_id {
        let mut members = Query::select();
        members
            .column("person_id")
            .from("department_link")
            .and_where(Expr::col("department_id").eq(department));
        select.and_where(person("id").in_subquery(members));
    }
    connection.ids(&select).await
}
