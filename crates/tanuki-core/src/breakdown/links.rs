//! Lists the casting links of a project as rows of `entity_link`.

use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Order};
use tanuki_domain::dates;
use tanuki_store::JsonRows;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::{ColumnType, ENTITY, ENTITY_LINK};

use super::projections;
use crate::ids::parse_id;
use crate::resource::{Ordering, PAGE_PREFIX, Parameters, Select, first, in_order, integer};
use crate::{Caller, Core, Error, Result};

/// Projection of a link in a page.
static LINK: LazyLock<Projection> = LazyLock::new(|| staged(projections::LINK.clone()));

/// Projection of a link in cursor pagination: times in full precision, so that
/// the client can send the last one back as the cursor.
static EXACT: LazyLock<Projection> = LazyLock::new(|| {
    staged(projections::LINK.clone())
        .computed("created_at", ColumnType::Text, |dialect| {
            dialect.exact_time(Expr::col(("entity_link", "created_at")))
        })
        .computed("updated_at", ColumnType::Text, |dialect| {
            dialect.exact_time(Expr::col(("entity_link", "updated_at")))
        })
});

/// Projection of a link in the unpaginated list.
static LISTED: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "id",
        "entity_in_id",
        "entity_out_id",
        "nb_occurences",
        "label",
        "data",
        "created_at",
        "type",
    ];
    staged(Projection::only(&ENTITY_LINK, &keys)).computed(
        "created_at",
        ColumnType::Text,
        |dialect| dialect.exact_time(Expr::col(("entity_link", "created_at"))),
    )
});

fn staged(projection: Projection) -> Projection {
    projection.inner_join("stage", ("entity_link", "entity_in_id"), &ENTITY)
}

const OLDEST_FIRST: Ordering = &[("created_at", Order::Asc), ("id", Order::Asc)];

const OLDEST_CHANGED_FIRST: Ordering = &[
    ("created_at", Order::Asc),
    ("updated_at", Order::Asc),
    ("id", Order::Asc),
];

impl Core {
    /// Lists the casting links of a project, oldest first. Requires a manager
    /// of the project or an admin.
    ///
    /// - `page`: JSON is a page object with `LINK` rows.
    /// - `cursor_created_at`: the links created after that time, as a page
    ///   object with `EXACT` rows.
    /// - neither: an array of `LISTED` rows, at most `limit` if it is greater
    ///   than zero.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` if the caller does
    /// not manage it, `Invalid` for a malformed parameter.
    pub async fn casting_links(
        &self,
        caller: &Caller,
        project: &str,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let project_id = self
            .require_managed_project(caller, parse_id(project)?)
            .await?
            .project_id;
        let page = integer("page", first(parameters, "page"), -1)?;
        let limit = Ord::max(integer("limit", first(parameters, "limit"), 0)?, 0);
        let of_project = |projection: &Projection| {
            let mut select = projection.select(self.database().dialect());
            select.and_where(Expr::col(("stage", "project_id")).eq(project_id));
            select
        };
        if page > 0 {
            let (projection, select) = (Cow::Borrowed(&*LINK), of_project(&LINK));
            return self
                .page(projection, select, OLDEST_FIRST, (page, limit))
                .await;
        }
        if let Some(cursor) = first(parameters, "cursor_created_at") {
            let (select, time) = (of_project(&EXACT), moment(cursor)?);
            return self.links_after(select, time, limit).await;
        }
        let mut select = of_project(&LISTED);
        in_order(&mut select, &LISTED, OLDEST_FIRST);
        if limit > 0 {
            select.limit(limit.unsigned_abs());
        }
        let query = self.database().dialect().build(&select);
        Ok(self.database().stream_json(query, &LISTED))
    }

    /// Returns the page of links that were created after a time. `total` counts
    /// all links of the query, not only those after the cursor.
    async fn links_after(
        &self,
        mut select: Select,
        time: NaiveDateTime,
        limit: i64,
    ) -> Result<JsonChunks> {
        let total = rows::count(self.database(), &select).await?;
        let limit = match limit {
            0 => self.usual_limit(),
            limit => limit,
        };
        select
            .and_where(Expr::col(("entity_link", "created_at")).gt(time))
            .limit(limit.unsigned_abs());
        in_order(&mut select, &EXACT, OLDEST_CHANGED_FIRST);
        let after = format!(",\"total\":{total},\"limit\":{limit}}}");
        let rows = JsonRows::new(&EXACT).within(PAGE_PREFIX, after);
        let query = self.database().dialect().build(&select);
        let most = Ord::min(total, limit).unsigned_abs();
        Ok(self.database().json_rows(query, rows, most).await?)
    }
}

/// Parses the cursor, a time in the format of the responses.
fn moment(text: &str) -> Result<NaiveDateTime> {
    dates::parse_time(text, "%Y-%m-%dT%H:%M:%S%.f").ok_or_else(|| {
        Error::invalid(
            "Wrong date format for cursor_created_at argument. Expected format: \
             2020-01-05T13:23:10.000000",
        )
    })
}
