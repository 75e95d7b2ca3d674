//! Listing and reading rows.

use std::borrow::Cow;

use sea_query::Order;
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::{JsonRows, RowChange};

use super::{
    ListContext, MaskRow, Parameters, ReadContext, Relations, Resource, Select, filter, id_in_path,
};
use crate::masking::Mask;
use crate::{Caller, Core, Error, Result};

/// A mask and how it is applied to a row.
pub(crate) type RowMask = (MaskRow, Mask);

/// Columns of the listed table that a list is ordered by.
pub(crate) type Ordering = &'static [(&'static str, Order)];

/// The last changed first.
const LAST_CHANGED: Ordering = &[
    ("updated_at", Order::Desc),
    ("created_at", Order::Desc),
    ("id", Order::Asc),
];

/// Where a page stands in its list.
#[derive(Debug)]
struct Page {
    total: i64,
    limit: i64,
    page: i64,
}

impl Page {
    fn offset(&self) -> i64 {
        (self.page - 1).saturating_mul(self.limit)
    }

    /// Whether there can be rows on it.
    fn is_within(&self) -> bool {
        self.page >= 1 && self.total >= self.offset()
    }

    /// What is answered behind the rows.
    fn text(&self) -> String {
        let Self { total, limit, page } = self;
        let nb_pages = total.div_euclid(*limit) + i64::from(total.rem_euclid(*limit) > 0);
        let offset = self.offset();
        format!(
            ",\"total\":{total},\"nb_pages\":{nb_pages},\"limit\":{limit},\"offset\":{offset},\
             \"page\":{page}}}"
        )
    }
}

/// What is answered before the rows of a page.
pub(crate) const PAGE_PREFIX: &str = "{\"data\":";

impl Core {
    /// Lists the rows that the caller may see, as the query string asks.
    pub async fn list(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        (resource.may_list)(ListContext {
            core: self,
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
        let dialect = self.database().dialect();
        if resource.mask.is_some() {
            self.refuse_hidden_filters(resource.table, caller, parameters)
                .await?;
        }
        let condition = filter::condition(resource, caller, parameters)?;
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
        let hiding = self.mask_of(resource, caller).await?;
        let fields = first("fields").filter(|fields| !fields.is_empty());
        let projection = match fields.filter(|_| hiding.is_none()) {
            Some(fields) => Cow::Owned(only(projection, fields)),
            None => Cow::Borrowed(projection),
        };
        let mut select = projection.select(dialect);
        select
            .cond_where(condition)
            .cond_where((resource.list_params)(parameters)?)
            .cond_where((resource.scope)(caller));
        filter::exact_name_first(&mut select, resource.table, parameters);
        if let Some((hide, mask)) = hiding {
            // Which production a row is of decides what is hidden of it, so
            // the fields that were not asked for are left out afterwards.
            let keys = fields.map(|fields| keys_of(fields).into_iter().map(str::to_owned));
            let keys: Option<Vec<String>> = keys.map(Iterator::collect);
            let change = RowChange::new(move |row| {
                hide(&mask, row);
                if let Some(keys) = &keys {
                    row.retain(|key, _| keys.contains(key));
                }
            });
            if page > -1 {
                let rows = JsonRows::of(projection.clone()).changing(Some(change));
                return self
                    .page_of(rows, &projection, select, LAST_CHANGED, (page, limit))
                    .await;
            }
            if let Some(most) = resource.max_rows {
                select.limit(most);
            }
            let rows = JsonRows::of(projection).changing(Some(change));
            return Ok(self.database().stream(dialect.build(&select), rows));
        }
        if page > -1 {
            return self
                .page(projection, select, LAST_CHANGED, (page, limit))
                .await;
        }
        if let Some(most) = resource.max_rows {
            select.limit(most);
        }
        let query = dialect.build(&select);
        let database = self.database();
        match projection {
            Cow::Borrowed(projection) if resource.table.is_small => {
                Ok(database.fetch_json(query, projection).await?)
            }
            Cow::Borrowed(projection) => Ok(database.stream_json(query, projection)),
            projection => Ok(database.stream(query, JsonRows::of(projection))),
        }
    }

    /// Rows of a query, the last changed first: a page where `page` says so,
    /// or all of them.
    pub(crate) async fn paged(
        &self,
        projection: &'static Projection,
        select: Select,
        parameters: &Parameters,
        limit: i64,
    ) -> Result<JsonChunks> {
        self.paged_of(
            JsonRows::new(projection),
            projection,
            select,
            parameters,
            limit,
        )
        .await
    }

    /// Like [`paged`](Self::paged), of rows that are written in another way.
    pub(crate) async fn paged_of(
        &self,
        rows: JsonRows,
        projection: &Projection,
        mut select: Select,
        parameters: &Parameters,
        limit: i64,
    ) -> Result<JsonChunks> {
        let page = integer("page", first(parameters, "page"), -1)?;
        if page > 0 {
            return self
                .page_of(rows, projection, select, LAST_CHANGED, (page, limit))
                .await;
        }
        select.order_by((projection.table.name, "updated_at"), Order::Desc);
        let query = self.database().dialect().build(&select);
        Ok(self.database().stream(query, rows))
    }

    /// A page of a query in an order; of the usual length where the limit is
    /// zero. A limit has no bound: a page is written row by row, as whole lists
    /// are.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] of a negative limit.
    pub(crate) async fn page(
        &self,
        projection: Cow<'static, Projection>,
        select: Select,
        order: Ordering,
        asked: (i64, i64),
    ) -> Result<JsonChunks> {
        let rows = JsonRows::of(projection.clone());
        self.page_of(rows, &projection, select, order, asked).await
    }

    /// Like [`page`](Self::page), of rows that are written in another way.
    async fn page_of(
        &self,
        rows: JsonRows,
        projection: &Projection,
        mut select: Select,
        order: Ordering,
        (page, limit): (i64, i64),
    ) -> Result<JsonChunks> {
        let total = rows::count(self.database(), &select).await?;
        let limit = match limit {
            0 => self.usual_limit(),
            limit => limit,
        };
        if limit < 1 {
            return Err(Error::invalid("limit must be a positive integer."));
        }
        let page = Page { total, limit, page };
        if !page.is_within() {
            let nothing = format!("{PAGE_PREFIX}[]{}", page.text());
            return Ok(JsonChunks::whole(nothing.into()));
        }
        in_order(&mut select, projection, order);
        select
            .limit(limit.unsigned_abs())
            .offset(page.offset().unsigned_abs());
        let rows = rows.within(PAGE_PREFIX, page.text());
        let query = self.database().dialect().build(&select);
        let most = total.min(limit).unsigned_abs();
        Ok(self.database().json_rows(query, rows, most).await?)
    }

    /// How many rows a page has where nothing else is asked for.
    pub(crate) fn usual_limit(&self) -> i64 {
        i64::try_from(self.settings().studio.page_size).unwrap_or(i64::MAX)
    }

    /// Reads the row of an id; its links unless `relations=false`.
    pub async fn read(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        id: &str,
        parameters: &Parameters,
    ) -> Result<Map<String, Value>> {
        let id = id_in_path(id, resource.lenient_id_on_read, || Error::NotFound)?;
        let relations = match first(parameters, "relations") {
            Some(text) if !is_true(text) => Relations::Without,
            _ => Relations::With,
        };
        let projection = match resource.read_projection {
            Some(projection) => projection(caller, relations),
            None => (resource.projection)(relations),
        };
        let mut row = rows::by_id(self.database(), projection, id)
            .await?
            .ok_or(Error::NotFound)?;
        (resource.may_read)(ReadContext {
            core: self,
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

    /// What is hidden of a resource's rows from the caller, and how.
    async fn mask_of(&self, resource: &Resource, caller: &Caller) -> Result<Option<RowMask>> {
        let Some(apply) = resource.mask else {
            return Ok(None);
        };
        Ok(self.mask(caller).await?.map(|mask| (apply, mask)))
    }
}

/// Brings a list into an order.
pub(crate) fn in_order(select: &mut Select, projection: &Projection, order: Ordering) {
    for (column, order) in order {
        select.order_by((projection.table.name, *column), order.clone());
    }
}

/// The value of a parameter; of one that is given twice, the first.
pub(crate) fn first<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let (_, value) = parameters.iter().find(|(key, _)| key == name)?;
    Some(value)
}

/// Whether a flag of a query string is set.
pub(crate) fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

pub(crate) fn integer(name: &str, text: Option<&str>, default: i64) -> Result<i64> {
    match text {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::invalid(format!("{name} must be an integer."))),
    }
}

/// A shape with the named fields alone, `id` and `type`.
fn only(projection: &Projection, fields: &str) -> Projection {
    projection.clone().only_keys(&keys_of(fields))
}

/// The keys that `?fields=` asks for, `id` and `type` among them.
fn keys_of(fields: &str) -> Vec<&str> {
    let named = fields.split(',').map(str::trim);
    named.chain(["id", "type"]).collect()
}
