//! Lists the casting links of a project as rows of `entity_link`.

use chrono::NaiveDateTime;
use tanuki_domain::dates;
use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::breakdown;
use tanuki_store::view::breakdown::{EXACT_LINK, LISTED_LINK, STAGED_LINK};
use uuid::Uuid;

use crate::parameters::{Parameters, first, integer};
use crate::resource::PAGE_PREFIX;
use crate::{Breakdown, Caller, Error, Result};

impl Breakdown<'_> {
    /// Lists the casting links of a project, oldest first. Requires a manager
    /// of the project or an admin.
    ///
    /// - `page`: JSON is a page object with `STAGED_LINK` rows.
    /// - `cursor_created_at`: the links created after that time, as a page
    ///   object with `EXACT_LINK` rows.
    /// - neither: an array of `LISTED_LINK` rows, at most `limit` if it is greater
    ///   than zero.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` if the caller does
    /// not manage it, `Invalid` for a malformed parameter.
    pub async fn casting_links(
        self,
        caller: &Caller,
        project_id: Uuid,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let project_id = self
            .core
            .require_managed_project(caller, project_id)
            .await?
            .project_id;
        let page = integer("page", first(parameters, "page"), -1)?;
        let limit = Ord::max(integer("limit", first(parameters, "limit"), 0)?, 0);
        let of_project = breakdown::is_cast_in_production(project_id);
        if page > 0 {
            let links = ListQuery::new(&STAGED_LINK).filter(of_project);
            return self
                .core
                .resources()
                .page(oldest_first(links), (page, limit))
                .await;
        }
        if let Some(cursor) = first(parameters, "cursor_created_at") {
            let links = ListQuery::new(&EXACT_LINK).filter(of_project);
            return self.links_after(links, moment(cursor)?, limit).await;
        }
        let mut links = oldest_first(ListQuery::new(&LISTED_LINK).filter(of_project));
        if limit > 0 {
            links = links.limit(limit.unsigned_abs());
        }
        Ok(self.core.database().stream_list(links))
    }

    /// Returns the page of links that were created after a time. `total` counts
    /// all links of the query, not only those after the cursor.
    async fn links_after(
        self,
        links: ListQuery,
        time: NaiveDateTime,
        limit: i64,
    ) -> Result<JsonChunks> {
        let total = links.count(self.core.database()).await?;
        let limit = match limit {
            0 => self.core.resources().usual_limit(),
            limit => limit,
        };
        let after = format!(",\"total\":{total},\"limit\":{limit}}}");
        let links = links
            .filter(breakdown::is_created_after(time))
            .limit(limit.unsigned_abs())
            .ascending("created_at")
            .ascending("updated_at")
            .ascending("id")
            .within(PAGE_PREFIX, after);
        let most = Ord::min(total, limit).unsigned_abs();
        Ok(self.core.database().list_of_at_most(links, most).await?)
    }
}

fn oldest_first(links: ListQuery) -> ListQuery {
    links.ascending("created_at").ascending("id")
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
