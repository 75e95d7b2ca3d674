//! Queries for lists of rows.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use sea_query::{Asterisk, Expr, Order, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::{JsonChunks, RowWithJson};
use crate::dialect::{self, Dialect};
use crate::projection::Projection;
use crate::query::{names, rows};
use crate::{
    Connection, Database, Filter, GroupWriter, JsonRows, NamedWriter, Result, RowChange, groups,
};

/// A query for a list of rows: the projection of each row, which rows, their
/// order, and what is done to a row before it is serialized. The functions of
/// [`query`](crate::query) provide the filters, and lists that need joins.
#[derive(Debug, Clone)]
#[must_use]
pub struct ListQuery {
    rows: JsonRows,
    /// The query without its select list, which depends on the dialect.
    select: SelectStatement,
    /// Columns after those of the projection.
    extra: Vec<Expr>,
    /// Sort keys whose SQL depends on the dialect. They follow the others.
    sort_keys: Vec<SortKey>,
    /// Columns of the table that `select` is sorted by.
    orders: Vec<(&'static str, Order)>,
    /// Whether `select` has nothing that this struct does not know of.
    is_plain: bool,
}

/// A column, and the method of [`Dialect`] that makes it a sort key.
type SortKey = ((&'static str, &'static str), fn(Dialect, Expr) -> Expr);

impl ListQuery {
    /// All rows of the projection's table.
    pub fn new(projection: &'static Projection) -> Self {
        Self::of(Cow::Borrowed(projection))
    }

    /// Like [`new`](Self::new), with a projection that may be built for one
    /// request.
    pub fn of(projection: Cow<'static, Projection>) -> Self {
        let select = projection.joined();
        Self::select(projection, select)
    }

    fn select(projection: Cow<'static, Projection>, select: SelectStatement) -> Self {
        Self {
            rows: JsonRows::of(projection),
            select,
            extra: Vec::new(),
            sort_keys: Vec::new(),
            orders: Vec::new(),
            is_plain: true,
        }
    }

    /// The rows of a subquery, which selects all columns of the projection's
    /// table. The database has found them before it joins anything to them,
    /// which PostgreSQL does not do of itself for a condition in a query of
    /// more than eight tables (`join_collapse_limit`).
    pub(crate) fn among(projection: &'static Projection, rows: SelectStatement) -> Self {
        Self::select(Cow::Borrowed(projection), projection.joined_to(rows))
    }

    /// Like [`among`](Self::among), sorted by when the rows were made, newest
    /// first. `rows` has no select list and no order yet, but a limit.
    pub(crate) fn newest_among(projection: &'static Projection, mut rows: SelectStatement) -> Self {
        let table = projection.table.name;
        rows.column((table, Asterisk))
            .order_by((table, "created_at"), Order::Desc)
            .order_by((table, "id"), Order::Desc);
        Self::among(projection, rows)
            .descending("created_at")
            .descending("id")
    }

    /// The name of the table.
    fn table(&self) -> &'static str {
        self.rows.projection().table.name
    }

    /// Leaves out the rows that do not match.
    pub fn filter(mut self, filter: impl Into<Filter>) -> Self {
        self.select.cond_where(filter.into());
        self
    }

    /// Sorts by a column of the table, after the columns that were named
    /// before.
    pub fn ascending(self, column: &'static str) -> Self {
        self.sorted(column, Order::Asc)
    }

    /// Like [`ascending`](Self::ascending), with the greatest value first.
    pub fn descending(self, column: &'static str) -> Self {
        self.sorted(column, Order::Desc)
    }

    fn sorted(mut self, column: &'static str, order: Order) -> Self {
        self.select.order_by((self.table(), column), order.clone());
        self.orders.push((column, order));
        self
    }

    /// Sorts by a column of the table, last of all columns, without
    /// distinguishing upper and lower case.
    pub fn ascending_caseless(self, column: &'static str) -> Self {
        let column = (self.table(), column);
        self.sort_key(column, Dialect::caseless)
    }

    /// Sorts by a column of any table in the query, last of all columns.
    pub(crate) fn sort_key(
        mut self,
        column: (&'static str, &'static str),
        key: fn(Dialect, Expr) -> Expr,
    ) -> Self {
        self.sort_keys.push((column, key));
        self.is_plain = false;
        self
    }

    /// Sorts the rows that a filter by name matches: the exact spelling before
    /// others in upper or lower case.
    pub fn exact_name_first(self, name: &str) -> Self {
        let column = Expr::col((self.table(), "name"));
        self.narrow(|select| names::exact_first(select, column, name))
    }

    /// At most that many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit(rows);
        self
    }

    /// Skips that many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset(rows);
        self
    }

    /// That many rows after `offset`. In a list with filters and orders by
    /// columns of the table alone they are found before the values of the
    /// projection are computed, which databases else do for all rows that they
    /// sort.
    pub fn page(mut self, rows: u64, offset: u64) -> Self {
        if !self.is_plain {
            return self.limit(rows).offset(offset);
        }
        let table = self.table();
        let mut page = self.select;
        page.column((table, Asterisk)).limit(rows).offset(offset);
        self.select = self.rows.projection().joined_to(page);
        for (column, order) in &self.orders {
            self.select.order_by((table, *column), order.clone());
        }
        self
    }

    /// Changes the object of each row before it is serialized; `None` for no
    /// change.
    pub fn changing(self, change: Option<RowChange>) -> Self {
        Self {
            rows: self.rows.changing(change),
            ..self
        }
    }

    /// Adds JSON before and after the array.
    pub fn within(self, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            rows: self.rows.within(before, after),
            ..self
        }
    }

    /// Masks the rows of these projects (see [`Projection::redact`]); `project`
    /// is the column with the id of a row's project.
    pub(crate) fn masking(
        self,
        project: (&'static str, &'static str),
        projects: impl IntoIterator<Item = Uuid>,
    ) -> Self {
        let rows = self.rows.masking(projects);
        let is_masking = rows.is_masking();
        let list = Self { rows, ..self };
        if is_masking {
            list.column(Expr::col(project))
        } else {
            list
        }
    }

    /// Adds a column after those of the projection.
    pub(crate) fn column(mut self, column: Expr) -> Self {
        self.extra.push(column);
        self.is_plain = false;
        self
    }

    /// Adds joins, conditions and orders.
    pub(crate) fn narrow(mut self, narrow: impl FnOnce(&mut SelectStatement)) -> Self {
        narrow(&mut self.select);
        self.is_plain = false;
        self
    }

    /// Renders the query.
    fn build(self, dialect: Dialect) -> (dialect::Query, JsonRows) {
        let mut select = self.select;
        select
            .expr(self.rows.projection().list(dialect))
            .exprs(self.extra);
        for (column, key) in self.sort_keys {
            select.order_by_expr(key(dialect, Expr::col(column)), Order::Asc);
        }
        (dialect.build(&select), self.rows)
    }

    /// Returns the rows as JSON objects.
    pub async fn rows(self, connection: impl Connection) -> Result<Vec<Map<String, Value>>> {
        let (query, json) = self.build(connection.dialect());
        let rows = connection.fetch_all(query).await?;
        rows.iter().map(|row| json.projection().read(row)).collect()
    }

    /// Returns the rows, each with its JSON object.
    pub async fn rows_with_json(self, connection: impl Connection) -> Result<Vec<RowWithJson>> {
        let (query, json) = self.build(connection.dialect());
        let rows = connection.fetch_all(query).await?;
        let with_json = rows.into_iter().map(|row| {
            let mut text = Vec::new();
            json.write(&row, &mut text)?;
            Ok(RowWithJson {
                row: Arc::new(row),
                json: text.into(),
            })
        });
        with_json.collect()
    }

    /// Returns the number of rows of the list without a limit.
    pub async fn count(&self, database: &Database) -> Result<i64> {
        rows::count(database, &self.select).await
    }
}

impl Database {
    /// Streams a list as a JSON array of objects.
    pub fn stream_list(&self, list: ListQuery) -> JsonChunks {
        let (query, rows) = list.build(self.dialect());
        match rows.plain() {
            Some(projection) => self.stream_json(query, projection),
            None => self.stream(query, rows),
        }
    }

    /// Like [`stream_list`](Self::stream_list), for a list of a few dozen rows
    /// at most: they are fetched at once on a shared connection, and identical
    /// concurrent queries are coalesced.
    pub async fn fetch_list(&self, list: ListQuery) -> Result<JsonChunks> {
        let (query, rows) = list.build(self.dialect());
        match rows.plain() {
            Some(projection) => {
                let text = self.fetch_json(query, projection).await?;
                Ok(JsonChunks::whole(text))
            }
            None => Ok(self.stream(query, rows)),
        }
    }

    /// Like [`stream_list`](Self::stream_list), for a list of at most `most`
    /// rows: a short one is fetched at once, on a shared connection.
    pub async fn list_of_at_most(&self, list: ListQuery, most: u64) -> Result<JsonChunks> {
        let (query, rows) = list.build(self.dialect());
        self.json_rows(query, rows, most).await
    }

    /// Returns a list of at most [`SHORT_LIST`](crate::database::SHORT_LIST)
    /// rows as the text of a JSON array. Identical concurrent queries are
    /// coalesced, and serialized once unless the rows are changed.
    pub async fn fetch_list_text(&self, list: ListQuery) -> Result<Bytes> {
        let (query, rows) = list.build(self.dialect());
        match rows.plain() {
            Some(projection) => self.fetch_json(query, projection).await,
            None => self.json_text(query, rows).await,
        }
    }

    /// Streams a list as a JSON object that maps ids to arrays of rows. The
    /// list has the id in a column after its projection, and is sorted so that
    /// the rows of one id are adjacent.
    pub fn stream_groups(&self, list: ListQuery) -> JsonChunks {
        let (query, rows) = list.build(self.dialect());
        self.stream(query, GroupWriter::new(rows.into_projection()))
    }

    /// Like [`stream_groups`](Self::stream_groups), for the ids in a column of the
    /// projection and a list that is not sorted by them. Keys are in the order of
    /// their first rows.
    pub async fn fetch_groups(&self, list: ListQuery, column: &str) -> Result<JsonChunks> {
        let (query, json) = list.build(self.dialect());
        let rows = self.fetch_all(query).await?;
        let text = groups::object_by_id(&rows, column, &json)?;
        Ok(JsonChunks::whole(text))
    }

    /// Streams a list as a JSON object that maps names to rows. The list has
    /// the name in a column after its projection, and is sorted by it.
    pub fn stream_named(&self, list: ListQuery) -> JsonChunks {
        let (query, rows) = list.build(self.dialect());
        self.stream(query, NamedWriter::new(rows.into_projection()))
    }
}
