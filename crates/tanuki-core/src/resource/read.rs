//! Lists with filters and pagination, and reads by id.

use std::borrow::Cow;

use futures_util::future::try_join;
use tanuki_store::database::{JsonChunks, SHORT_LIST};
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::{ListQuery, RowChange};

use super::{ListContext, MaskRow, ReadContext, Relations, Resource, filter, id_in_path};
use crate::masking::Mask;
use crate::parameters::Parameters;
use crate::parameters::{first, integer, is_true};
use crate::{Caller, Error, JsonRow, MaybeId, Resources, Result};

/// A mask, and the function that applies it to a row.
pub(crate) type RowMask = (MaskRow, Mask);

/// The pagination of a list.
#[derive(Debug)]
struct Page {
    limit: i64,
    page: i64,
}

impl Page {
    fn offset(&self) -> i64 {
        (self.page - 1).saturating_mul(self.limit)
    }

    /// Whether the page number is in range for a list of `total` rows.
    fn is_within(&self, total: i64) -> bool {
        self.page >= 1 && total >= self.offset()
    }

    /// The end of a page's JSON, after the rows: `total`, `nb_pages`, `limit`,
    /// `offset`, `page`, and the further keys `more`.
    fn text(&self, total: i64, more: &JsonRow) -> String {
        let Self { limit, page } = self;
        let nb_pages = total.div_euclid(*limit) + i64::from(total.rem_euclid(*limit) > 0);
        let offset = self.offset();
        let mut text = format!(
            ",\"total\":{total},\"nb_pages\":{nb_pages},\"limit\":{limit},\"offset\":{offset},\
             \"page\":{page}"
        );
        for (key, value) in more {
            text.push_str(&format!(",\"{key}\":{value}"));
        }
        text.push('}');
        text
    }
}

/// The start of a page's JSON, before the rows.
pub(crate) const PAGE_PREFIX: &str = "{\"data\":";

impl Resources<'_> {
    /// Lists the rows that the caller may see. Query parameters: filters,
    /// `page` and `limit`, `relations`, `fields`. Returns a JSON array of rows
    /// in the resource's projection, or with `page` an object with them in
    /// `data` and the pagination.
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller may not list; [`Error::Invalid`] and
    /// [`Error::InvalidFilter`] for invalid parameters, and filters on hidden
    /// values.
    pub async fn list(
        self,
        resource: &'static Resource,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        (resource.may_list)(ListContext {
            core: self.core,
            caller,
            parameters,
        })
        .await?;
        let parameters = if resource.ignores_paging {
            &[]
        } else {
            parameters
        };
        let first = |name| first(parameters, name);
        let hiding = self.mask_of(resource, caller).await?;
        if let Some((_, mask)) = &hiding {
            mask.refuse_filters(resource.table, parameters)?;
        }
        let filter = filter::condition(resource, caller, parameters)?;
        let page = integer("page", first("page"), -1)?;
        let limit = integer("limit", first("limit"), 0)?;
        let relations = if first("relations").is_some_and(is_true) {
            Relations::With
        } else {
            Relations::Without
        };
        let projection = match resource.list_projection {
            Some(projection) => projection(caller, relations, parameters),
            None => (resource.projection)(relations),
        };
        let fields = first("fields").filter(|fields| !fields.is_empty());
        let projection = match fields.filter(|_| hiding.is_none()) {
            Some(fields) => Cow::Owned(only(projection, fields)),
            None => Cow::Borrowed(projection),
        };
        let change = hiding.map(|(hide, mask)| {
            // The mask needs the row's project, so the keys that `fields`
            // leaves out are removed only after masking.
            let keys = fields.map(|fields| keys_of(fields).into_iter().map(str::to_owned));
            let keys: Option<Vec<String>> = keys.map(Iterator::collect);
            RowChange::new(move |row| {
                hide(&mask, row);
                if let Some(keys) = &keys {
                    row.retain(|key, _| keys.contains(key));
                }
            })
        });
        let list = ListQuery::of(projection)
            .filter(filter)
            .filter((resource.list_params)(parameters)?)
            .filter((resource.scope)(caller))
            .changing(change);
        let list = filter::sorted_by_name_match(list, resource.table, parameters);
        if page > -1 {
            return self.page(last_changed_first(list), (page, limit)).await;
        }
        let list = match resource.max_rows {
            Some(most) => list.limit(most),
            None => list,
        };
        if resource.table.is_small {
            return Ok(self.core.database().fetch_list(list).await?);
        }
        Ok(self.core.database().stream_list(list))
    }

    /// Returns the rows of a list, the most recently changed first: one page
    /// if the parameter `page` is positive, otherwise all rows as a JSON array.
    pub(crate) async fn paged(
        self,
        list: ListQuery,
        parameters: &Parameters,
        limit: i64,
    ) -> Result<JsonChunks> {
        let page = integer("page", first(parameters, "page"), -1)?;
        if page > 0 {
            return self.page(last_changed_first(list), (page, limit)).await;
        }
        Ok(self
            .core
            .database()
            .stream_list(list.descending("updated_at")))
    }

    /// Returns a page of a list: `(page, limit)`, with the default page size
    /// if the limit is zero. There is no maximum limit: pages are serialized
    /// row by row, as whole lists are.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a negative limit.
    pub(crate) async fn page(self, list: ListQuery, at: (i64, i64)) -> Result<JsonChunks> {
        let all = list.clone();
        let count = async { Ok((all.count(self.core.database()).await?, JsonRow::new())) };
        let rows = |limit, offset| list.page(limit, offset);
        self.page_of(count, at, rows).await
    }

    /// Like [`page`](Self::page), for a list whose rows `count` counts; it also
    /// returns further keys of the object. `rows` returns the list from a limit
    /// and an offset. The rows of a short page are fetched while the list is
    /// counted.
    pub(crate) async fn page_of(
        self,
        count: impl Future<Output = Result<(i64, JsonRow)>>,
        (page, limit): (i64, i64),
        rows: impl FnOnce(u64, u64) -> ListQuery,
    ) -> Result<JsonChunks> {
        let limit = match limit {
            0 => self.usual_limit(),
            limit => limit,
        };
        if limit < 1 {
            return Err(Error::invalid("limit must be a positive integer."));
        }
        let database = self.core.database();
        let (page, most) = (Page { limit, page }, limit.unsigned_abs());
        if page.page >= 1 && most <= SHORT_LIST {
            let rows = rows(most, page.offset().unsigned_abs());
            let rows = async { Ok(database.fetch_list_text(rows).await?) };
            let ((total, more), rows) = try_join(count, rows).await?;
            let end = page.text(total, &more);
            let text = [PAGE_PREFIX.as_bytes(), &rows, end.as_bytes()].concat();
            return Ok(JsonChunks::whole(text.into()));
        }
        let (total, more) = count.await?;
        let end = page.text(total, &more);
        if !page.is_within(total) {
            let nothing = format!("{PAGE_PREFIX}[]{end}");
            return Ok(JsonChunks::whole(nothing.into()));
        }
        let list = rows(most, page.offset().unsigned_abs()).within(PAGE_PREFIX, end);
        let most = total.min(limit).unsigned_abs();
        Ok(database.list_of_at_most(list, most).await?)
    }

    /// The default page size (`NB_RECORDS_PER_PAGE`).
    pub(crate) fn usual_limit(self) -> i64 {
        i64::try_from(self.core.settings().studio.page_size).unwrap_or(i64::MAX)
    }

    /// Reads a row by id; with its links unless `relations=false`. JSON: the
    /// resource's `read_projection`, or `projection`.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row; [`Error::Invalid`] for a
    /// malformed id; [`Error::Denied`] if the caller may not read it.
    pub async fn read(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: &MaybeId,
        parameters: &Parameters,
    ) -> Result<JsonRow> {
        let id = id_in_path(id, resource.lenient_id_on_read, || Error::NotFound)?;
        let relations = match first(parameters, "relations") {
            Some(text) if !is_true(text) => Relations::Without,
            _ => Relations::With,
        };
        let projection = match resource.read_projection {
            Some(projection) => projection(caller, relations),
            None => (resource.projection)(relations),
        };
        let mut row = rows::by_id(self.core.database(), projection, id)
            .await?
            .ok_or(Error::NotFound)?;
        (resource.may_read)(ReadContext {
            core: self.core,
            caller,
            id,
            relations,
            parameters,
            row: &mut row,
        })
        .await?;
        if let Some((apply, mask)) = self.mask_of(resource, caller).await? {
            apply(&mask, &mut row);
        }
        Ok(row)
    }

    /// Returns the caller's mask for the rows of a resource, if they need one.
    pub(super) async fn mask_of(
        self,
        resource: &Resource,
        caller: &Caller,
    ) -> Result<Option<RowMask>> {
        let Some(apply) = resource.mask else {
            return Ok(None);
        };
        Ok(self.core.mask(caller).await?.map(|mask| (apply, mask)))
    }
}

/// Sorts a list, the most recently changed rows first.
fn last_changed_first(list: ListQuery) -> ListQuery {
    list.descending("updated_at")
        .descending("created_at")
        .ascending("id")
}

/// Returns the projection with only the keys in `fields`, `id` and `type`.
fn only(projection: &Projection, fields: &str) -> Projection {
    projection.clone().only_keys(&keys_of(fields))
}

/// The keys of the parameter `fields`, and `id` and `type`.
fn keys_of(fields: &str) -> Vec<&str> {
    let named = fields.split(',').map(str::trim);
    named.chain(["id", "type"]).collect()
}
