//! Listing and reading rows.

use sea_query::Order;
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::rows;
use tanuki_store::shape::Shape;

use super::{Asking, Parameters, Reading, Relations, Resource, Select, filter, id_in_path};
use crate::{Caller, Core, Error, Result};

/// What a list answers.
#[derive(Debug)]
pub enum Listing {
    /// The whole list, streamed.
    All(JsonChunks),
    Page(Page),
    /// What follows a place in the list.
    Stretch(Stretch),
    /// The whole list with few of its fields, small enough to hold.
    Picked(Vec<Map<String, Value>>),
}

/// A part of a list that does not say where it stands.
#[derive(Debug, serde::Serialize)]
pub struct Stretch {
    pub data: Vec<Map<String, Value>>,
    pub total: i64,
    pub limit: i64,
}

/// Columns of the listed table that a list is ordered by.
pub(crate) type Ordering = &'static [(&'static str, Order)];

/// The last changed first.
const LAST_CHANGED: Ordering = &[
    ("updated_at", Order::Desc),
    ("created_at", Order::Desc),
    ("id", Order::Asc),
];

/// One page of a list and where it stands.
#[derive(Debug, serde::Serialize)]
pub struct Page {
    pub data: Vec<Map<String, Value>>,
    pub total: i64,
    pub nb_pages: i64,
    pub limit: i64,
    pub offset: i64,
    pub page: i64,
}

impl Core {
    /// Lists the rows that the caller may see, as the query string asks.
    pub async fn list(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<Listing> {
        (resource.may_list)(Asking {
            core: self,
            caller,
            parameters,
        })
        .await?;
        let parameters = if resource.lists_all { &[] } else { parameters };
        let first = |name| first(parameters, name);
        let dialect = self.database().dialect();
        let condition = filter::condition(resource, caller, dialect, parameters)?;
        let page = integer("page", first("page"), -1)?;
        let limit = integer("limit", first("limit"), 0)?;
        let relations = if first("relations").is_some_and(is_true) {
            Relations::With
        } else {
            Relations::Without
        };
        let fields: Vec<&str> = first("fields")
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .collect();
        let wants_fields = first("fields").is_some_and(|fields| !fields.is_empty());
        let shape = match resource.list_shape {
            Some(shape) => shape(caller, relations, parameters),
            None => (resource.shape)(relations),
        };
        let mut select = shape.select(dialect);
        select
            .cond_where(condition)
            .cond_where((resource.options)(parameters)?)
            .cond_where((resource.scope)(caller));
        if page > -1 {
            let mut page = self
                .page(shape, select, LAST_CHANGED, (page, limit))
                .await?;
            if wants_fields {
                page.data.iter_mut().for_each(|row| pick(row, &fields));
            }
            return Ok(Listing::Page(page));
        }
        if let Some(most) = resource.most {
            select.limit(most);
        }
        if wants_fields {
            let mut rows = rows::all(self.database(), shape, &select).await?;
            rows.iter_mut().for_each(|row| pick(row, &fields));
            return Ok(Listing::Picked(rows));
        }
        let query = dialect.build(&select);
        let database = self.database();
        Ok(Listing::All(if resource.table.few {
            database.short_json(query, shape).await?
        } else {
            database.stream_json(query, shape)
        }))
    }

    /// Rows of a query, the last changed first: a page where `page` says so,
    /// or all of them.
    pub(crate) async fn paged(
        &self,
        shape: &'static Shape,
        mut select: Select,
        parameters: &Parameters,
        limit: i64,
    ) -> Result<Listing> {
        let page = integer("page", first(parameters, "page"), -1)?;
        if page > 0 {
            return Ok(Listing::Page(
                self.page(shape, select, LAST_CHANGED, (page, limit))
                    .await?,
            ));
        }
        select.order_by((shape.table.name, "updated_at"), Order::Desc);
        let query = self.database().dialect().build(&select);
        Ok(Listing::All(self.database().stream_json(query, shape)))
    }

    /// A page of a query in an order; of the usual length where the limit is
    /// zero.
    pub(crate) async fn page(
        &self,
        shape: &'static Shape,
        mut select: Select,
        order: Ordering,
        (page, limit): (i64, i64),
    ) -> Result<Page> {
        let total = rows::count(self.database(), &select).await?;
        let limit = match limit {
            0 => self.usual_limit(),
            limit => limit,
        };
        if limit < 1 {
            return Err(Error::invalid("limit must be a positive integer."));
        }
        let offset = (page - 1).saturating_mul(limit);
        let mut answer = Page {
            data: Vec::new(),
            total,
            nb_pages: total.div_euclid(limit) + i64::from(total.rem_euclid(limit) > 0),
            limit,
            offset,
            page,
        };
        if page < 1 || total < offset {
            return Ok(answer);
        }
        in_order(&mut select, shape, order);
        select
            .limit(limit.unsigned_abs())
            .offset(offset.unsigned_abs());
        answer.data = rows::all(self.database(), shape, &select).await?;
        Ok(answer)
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
        let id = id_in_path(id, resource.any_id_is_read, || Error::NotFound)?;
        let relations = match first(parameters, "relations") {
            Some(text) if !is_true(text) => Relations::Without,
            _ => Relations::With,
        };
        let shape = match resource.read_shape {
            Some(shape) => shape(caller, relations),
            None => (resource.shape)(relations),
        };
        let mut row = rows::by_id(self.database(), shape, id)
            .await?
            .ok_or(Error::NotFound)?;
        (resource.may_read)(Reading {
            core: self,
            caller,
            id,
            relations,
            parameters,
            row: &mut row,
        })
        .await?;
        Ok(row)
    }
}

/// Brings a list into an order.
pub(crate) fn in_order(select: &mut Select, shape: &Shape, order: Ordering) {
    for (column, order) in order {
        select.order_by((shape.table.name, *column), order.clone());
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

/// Leaves only the named fields, `id` and `type`.
fn pick(row: &mut Map<String, Value>, fields: &[&str]) {
    row.retain(|key, _| key == "id" || key == "type" || fields.contains(&key.as_str()));
}
