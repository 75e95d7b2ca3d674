//! What is burnt into the films of links (`tanuki_burn_in`), and the copies that
//! are made (`tanuki_shared_film`).

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, Func, LockType, Query, SelectStatement};
use uuid::Uuid;

use crate::schema::own_tables::{TANUKI_BURN_IN, TANUKI_SHARED_FILM};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Row, Transaction};

/// A copy of a film.
#[derive(Debug, Clone)]
pub struct SharedFilm {
    pub id: Uuid,
    pub link_id: Uuid,
    pub preview_file_id: Uuid,
    /// Whom it names: a guest, or the link if it names nobody.
    pub viewer_id: Uuid,
    /// `processing`, `ready` or `broken`.
    pub status: String,
    /// Why it is broken.
    pub reason: Option<String>,
    pub updated_at: NaiveDateTime,
}

/// Whose copy of which film.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    pub link_id: Uuid,
    pub preview_file_id: Uuid,
    pub viewer_id: Uuid,
}

/// Says what is burnt into the films of a new link.
pub async fn burn_into(
    transaction: &mut Transaction,
    link_id: Uuid,
    parts: &str,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let values = Values::from([("link_id", link_id.into()), ("parts", parts.into())]);
    write::insert(transaction, &TANUKI_BURN_IN, values, defaults).await
}

/// Returns what is burnt into the films of these links, without those into whose
/// films nothing is.
pub async fn burnt_into(
    connection: impl Connection,
    links: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let mut select = Query::select();
    select
        .columns(["link_id", "parts"])
        .from(TANUKI_BURN_IN.name)
        .and_where(Expr::col("link_id").is_in(links.iter().copied()));
    let rows = connection.fetch(&select, |row| Ok((row.get("link_id")?, row.get("parts")?)));
    Ok(rows.await?.into_iter().collect())
}

/// Returns a copy.
pub async fn find(connection: impl Connection, copied: Copied) -> Result<Option<SharedFilm>> {
    let mut select = films();
    select
        .and_where(Expr::col("link_id").eq(copied.link_id))
        .and_where(Expr::col("preview_file_id").eq(copied.preview_file_id))
        .and_where(Expr::col("viewer_id").eq(copied.viewer_id));
    connection.fetch_one(&select, read).await
}

/// Returns the copy with that id.
pub async fn by_id(connection: impl Connection, id: Uuid) -> Result<Option<SharedFilm>> {
    let mut select = films();
    select.and_where(Expr::col("id").eq(id));
    connection.fetch_one(&select, read).await
}

/// Returns the copy with that id, and locks it.
pub async fn locked(transaction: &mut Transaction, id: Uuid) -> Result<Option<SharedFilm>> {
    let mut select = films();
    select
        .and_where(Expr::col("id").eq(id))
        .lock(LockType::NoKeyUpdate);
    transaction.fetch_one(&select, read).await
}

/// Returns how many copies a link has, and how many of them are being made.
pub async fn counts(connection: impl Connection, link_id: Uuid) -> Result<(i64, i64)> {
    let mut select = Query::select();
    let unfinished = Expr::case(Expr::col("status").eq("processing"), 1).finally(0);
    select
        .expr_as(Func::count(Expr::col("id")), "films")
        .expr_as(
            Func::coalesce([Func::sum(unfinished).into(), Expr::val(0)]),
            "unfinished",
        )
        .from(TANUKI_SHARED_FILM.name)
        .and_where(Expr::col("link_id").eq(link_id));
    let counted = connection.fetch_one(&select, |row| {
        Ok((row.get::<i64>("films")?, row.get::<i64>("unfinished")?))
    });
    Ok(counted.await?.unwrap_or_default())
}

/// Inserts copies of films that are to be made for a viewer of a link, except those
/// that there are. Returns the ids of the new ones.
pub async fn insert(
    transaction: &mut Transaction,
    (link_id, viewer_id): (Uuid, Uuid),
    previews: &[Uuid],
    defaults: &Defaults<'_>,
) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = previews.iter().map(|_| Uuid::new_v4()).collect();
    let rows = ids.iter().zip(previews).map(|(id, preview)| {
        Values::from([
            ("id", (*id).into()),
            ("link_id", link_id.into()),
            ("preview_file_id", (*preview).into()),
            ("viewer_id", viewer_id.into()),
            ("status", "processing".into()),
            ("created_at", defaults.now.into()),
            ("updated_at", defaults.now.into()),
        ])
    });
    write::insert_new(transaction, &TANUKI_SHARED_FILM, rows.collect(), defaults).await?;
    let mut inserted = Query::select();
    inserted
        .column("id")
        .from(TANUKI_SHARED_FILM.name)
        .and_where(Expr::col("id").is_in(ids));
    transaction.ids(&inserted).await
}

/// Records that a copy is ready, or why it is broken.
pub async fn end(
    transaction: &mut Transaction,
    id: Uuid,
    reason: Option<&str>,
    now: NaiveDateTime,
) -> Result<()> {
    let status = if reason.is_some() { "broken" } else { "ready" };
    let values = Values::from([
        ("status", status.into()),
        ("reason", reason.map(str::to_owned).into()),
        ("updated_at", now.into()),
    ]);
    write::update(transaction, &TANUKI_SHARED_FILM, id, values).await?;
    Ok(())
}

/// Deletes a copy.
pub async fn remove(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    write::delete(transaction, &TANUKI_SHARED_FILM, id).await
}

/// Returns up to `most` copies that nobody may watch any more: the link was
/// revoked, expired or deleted, or the preview was deleted.
pub async fn useless(
    connection: impl Connection,
    now: NaiveDateTime,
    most: u64,
) -> Result<Vec<Uuid>> {
    let link = |column: &'static str| Expr::col(("playlist_share_link", column));
    let mut in_force = Query::select();
    in_force
        .expr(Expr::val(1))
        .from("playlist_share_link")
        .and_where(link("id").equals(("tanuki_shared_film", "link_id")))
        .and_where(link("is_active").eq(true))
        .cond_where(
            Cond::any()
                .add(link("expiration_date").is_null())
                .add(link("expiration_date").gte(now)),
        );
    let mut preview = Query::select();
    preview.expr(Expr::val(1)).from("preview_file").and_where(
        Expr::col(("preview_file", "id")).equals(("tanuki_shared_film", "preview_file_id")),
    );
    let mut select = Query::select();
    select
        .column(("tanuki_shared_film", "id"))
        .from(TANUKI_SHARED_FILM.name)
        .cond_where(
            Cond::any()
                .add(Expr::exists(in_force).not())
                .add(Expr::exists(preview).not()),
        )
        .limit(most);
    connection.ids(&select).await
}

fn films() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "link_id",
            "preview_file_id",
            "viewer_id",
            "status",
            "reason",
            "updated_at",
        ])
        .from(TANUKI_SHARED_FILM.name);
    select
}

fn read(row: &Row) -> Result<SharedFilm> {
    Ok(SharedFilm {
        id: row.get("id")?,
        link_id: row.get("link_id")?,
        preview_file_id: row.get("preview_file_id")?,
        viewer_id: row.get("viewer_id")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        updated_at: row.get("updated_at")?,
    })
}
