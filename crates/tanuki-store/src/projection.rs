//! Projections: which columns of a row are serialized to JSON, under which keys
//! and in which form.
//!
//! A projection makes both the select list of a query and the JSON of its rows,
//! so a column that the caller may not see is not even fetched.

mod joins;
mod rows;
mod select;
mod shape;
mod write;

use sea_query::{JoinType, SelectStatement, SimpleExpr};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::database::Row;
use crate::dialect::{ByDialect, Dialect, Prepared};
use crate::schema::{Column, ColumnType, Link, Table};
use crate::{Error, Result};

pub(crate) use write::Style;

/// Whether a response has lists of linked ids (`?relations=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relations {
    With,
    Without,
}

/// The keys of a row's JSON object, in order, and where each value comes from.
#[derive(Debug, Clone)]
pub struct Projection {
    pub table: &'static Table,
    fields: Vec<Field>,
    joins: Vec<Join>,
    /// The SQL of the select list for each dialect, cached on first use.
    lists: ByDialect<String>,
    /// The SQL of [`by_id`](Self::by_id), cached on first use.
    by_id: Prepared,
}

/// A joined row, which computed values may refer to.
#[derive(Debug, Clone)]
struct Join {
    kind: JoinType,
    table: &'static str,
    /// Its alias in the query.
    name: &'static str,
    refers: (&'static str, &'static str),
}

#[derive(Debug, Clone)]
struct Field {
    key: &'static str,
    /// `"key":`, already serialized.
    prefix: String,
    source: Source,
    /// The key is omitted from rows where the value is null.
    is_optional: bool,
    /// JSON written instead of null.
    empty: Option<&'static str>,
    /// JSON written instead of the value where the row is masked for its
    /// viewer.
    blank: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Source {
    Column(&'static Column),
    /// A JSON array of objects, reduced to the values under one key.
    Picked(&'static Column, &'static str),
    /// Ids of the rows that are linked with the row under an alias, or else with
    /// the row itself; aggregated by a subquery.
    Link(&'static Link, Option<&'static str>),
    /// Ids of linked rows, in id order, from a join: the query has one row for
    /// each linked id.
    Joined(&'static Link),
    /// `first_name` and `last_name`, joined by a space.
    FullName,
    Text(&'static str),
    /// The same JSON in every row.
    Fixed(&'static str),
    /// The row that a foreign key refers to, as an object or null; left-joined
    /// with the key as its alias.
    Row {
        refers: (&'static str, &'static str),
        projection: Box<Projection>,
    },
    /// The value of an SQL expression.
    Computed(ColumnType, fn(Dialect) -> SimpleExpr),
    /// The rows of another table that belong to this one, as an array; `narrow`
    /// adds the condition and the order.
    Rows {
        projection: Box<Projection>,
        narrow: fn(&mut SelectStatement),
    },
}

/// A field of a projection and the index of its first column in the select
/// list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    field: usize,
    place: usize,
}

impl Projection {
    /// All columns of a table except `hidden`, without links, followed by
    /// `type`.
    pub fn all_columns(table: &'static Table, hidden: &[&str]) -> Self {
        Self::whole(table, |key| {
            !hidden.contains(&key) && table.link(key).is_none()
        })
    }

    /// Like [`all_columns`](Self::all_columns), with the ids of linked rows.
    pub fn with_links(table: &'static Table, hidden: &[&str]) -> Self {
        Self::whole(table, |key| !hidden.contains(&key))
    }

    fn whole(table: &'static Table, shown: impl Fn(&str) -> bool) -> Self {
        let mut keys = table.keys();
        keys.retain(|key| shown(key));
        keys.push("type");
        Self::only(table, &keys)
    }

    /// The named keys in that order: columns, links, `full_name` and `type`.
    ///
    /// # Panics
    ///
    /// If the table does not have one of the keys. Projections are built once,
    /// at start-up.
    pub fn only(table: &'static Table, keys: &[&'static str]) -> Self {
        let source = |key: &'static str| {
            if let Some(column) = table.column(key) {
                return Source::Column(column);
            }
            match (table.link(key), key) {
                (Some(link), _) => Source::Link(link, None),
                (None, "full_name") => Source::FullName,
                (None, "type") => Source::Text(table.object),
                (None, _) => panic!("{} has no key {key}", table.name),
            }
        };
        let fields = keys.iter().map(|key| Field::new(key, source(key)));
        Self {
            table,
            fields: fields.collect(),
            joins: Vec::new(),
            lists: ByDialect::default(),
            by_id: Prepared::default(),
        }
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.key)
    }

    /// Sets the value of `type`, in place of the table's own.
    pub fn type_name(self, object: &'static str) -> Self {
        self.with("type", Source::Text(object))
    }

    /// Sets a key to the same string in every row.
    pub fn constant(self, key: &'static str, text: &'static str) -> Self {
        self.with_new(key, Source::Text(text))
    }

    /// Sets a link's key to an empty array, for HTTP clients that expect the
    /// key.
    pub fn empty_link(self, link: &'static str) -> Self {
        self.constant_json(link, "[]")
    }

    /// Sets a key to the same JSON in every row.
    pub fn constant_json(self, key: &'static str, json: &'static str) -> Self {
        self.with_new(key, Source::Fixed(json))
    }

    /// Omits a key from rows where its value is null.
    pub fn optional(mut self, key: &str) -> Self {
        for field in &mut self.fields {
            field.is_optional |= field.key == key;
        }
        self
    }

    /// Removes these keys.
    pub fn without(mut self, keys: &[&str]) -> Self {
        self.fields.retain(|field| !keys.contains(&field.key));
        self
    }

    /// Removes all keys but these.
    pub fn only_keys(mut self, keys: &[&str]) -> Self {
        self.fields.retain(|field| keys.contains(&field.key));
        self
    }

    /// Computes `type` with an SQL expression.
    pub fn computed_type(self, expression: fn(Dialect) -> SimpleExpr) -> Self {
        self.with("type", Source::Computed(ColumnType::Text, expression))
    }

    /// Computes a key with an SQL expression of that type. Replaces a key that
    /// exists, or appends it. The expression may refer to joined tables.
    pub fn computed(
        self,
        key: &'static str,
        kind: ColumnType,
        expression: fn(Dialect) -> SimpleExpr,
    ) -> Self {
        self.with_new(key, Source::Computed(kind, expression))
    }

    /// Writes this JSON for a key whose value is null.
    pub fn default_json(mut self, key: &str, json: &'static str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            field.empty = Some(json);
        }
        self
    }

    /// Writes this JSON for a key where the row is masked for its viewer.
    pub fn redact(mut self, key: &str, json: &'static str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            field.blank = Some(json);
        }
        self
    }

    /// Appends the ids of linked rows as an array, read by a join instead of a
    /// subquery in each row, which is less work: the query has one row for each
    /// linked id. Embedded rows must have `id` as their first column and be
    /// sorted by it last, so that the rows of one id are adjacent.
    pub fn flatten_links(mut self, key: &'static str) -> Self {
        if let Some(link) = self.table.link(key) {
            self.fields.push(Field::new(key, Source::Joined(link)));
        }
        self
    }

    /// Appends the ids of the rows that are linked with a joined row; `joined` is
    /// its alias.
    pub fn links_of(self, joined: &'static str, table: &'static Table, key: &'static str) -> Self {
        match table.link(key) {
            Some(link) => self.with_new(key, Source::Link(link, Some(joined))),
            None => self,
        }
    }

    /// Adds a column under a second key.
    pub fn alias(mut self, key: &'static str, column: &str) -> Self {
        if let Some(column) = self.table.column(column) {
            self.fields.push(Field::new(key, Source::Column(column)));
        }
        self
    }

    /// Sets `key` to the values that the objects of a JSON array column have
    /// under `of_each`.
    pub fn pluck(self, key: &'static str, column: &str, of_each: &'static str) -> Self {
        match self.table.column(column) {
            Some(column) => self.with_new(key, Source::Picked(column, of_each)),
            None => self,
        }
    }

    /// Sorts the keys in the order of a list. Keys that are not in the list
    /// come last, in their present order.
    pub fn in_order(mut self, keys: &[&str]) -> Self {
        let place = |field: &Field| keys.iter().position(|key| *key == field.key);
        self.fields
            .sort_by_key(|field| place(field).unwrap_or(keys.len()));
        self
    }

    /// Moves these keys to the end, in the order of the list.
    pub fn at_end(mut self, keys: &[&str]) -> Self {
        let place = |field: &Field| keys.iter().position(|key| *key == field.key);
        self.fields
            .sort_by_key(|field| place(field).map_or(0, |place| place + 1));
        self
    }

    fn with(mut self, key: &str, source: Source) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            field.source = source;
        }
        self
    }

    fn with_new(mut self, key: &'static str, source: Source) -> Self {
        match self.fields.iter_mut().find(|field| field.key == key) {
            Some(field) => field.source = source,
            None => self.fields.push(Field::new(key, source)),
        }
        self
    }

    /// Appends the JSON object of a row that was selected by
    /// [`select`](Self::select).
    pub fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        self.write_from(row, &mut 0, out)
    }

    /// Like [`write`](Self::write), in that style.
    pub(crate) fn write_object(&self, row: &Row, style: Style, out: &mut Vec<u8>) -> Result<()> {
        self.write_styled(std::slice::from_ref(row), &mut 0, style, out)
    }

    /// Like [`write`](Self::write), from the column at index `place`, which is
    /// advanced past the columns read.
    pub(crate) fn write_from(&self, row: &Row, place: &mut usize, out: &mut Vec<u8>) -> Result<()> {
        self.write_styled(std::slice::from_ref(row), place, Style::OBJECT, out)
    }

    /// Appends an object or array. `rows` has more than one row if a link is
    /// read by a join.
    fn write_styled(
        &self,
        rows: &[Row],
        place: &mut usize,
        style: Style,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let (open, close) = style.brackets();
        out.push(open);
        self.write_fields(rows, place, style, out)?;
        out.push(close);
        Ok(())
    }

    /// Finds a field, to write it by itself. `None` if the projection does not
    /// have the key.
    pub(crate) fn slot(&self, key: &str) -> Option<Slot> {
        let field = self.fields.iter().position(|field| field.key == key)?;
        let before = Self {
            fields: self.fields[..field].to_vec(),
            ..self.clone()
        };
        let place = before.width();
        Some(Slot { field, place })
    }

    /// Appends a field with its key.
    pub(crate) fn write_slot(
        &self,
        slot: Slot,
        rows: &[Row],
        style: Style,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let field = &self.fields[slot.field];
        out.extend_from_slice(field.prefix.as_bytes());
        field.write(rows, &mut { slot.place }, style, out)
    }

    /// Appends the fields of a row without the brackets around them.
    pub(crate) fn write_fields(
        &self,
        rows: &[Row],
        place: &mut usize,
        style: Style,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut is_first = true;
        for field in &self.fields {
            if field.is_optional && write::first(rows)?.is_null(*place)? {
                *place += 1;
                continue;
            }
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            if style.keys {
                out.extend_from_slice(field.prefix.as_bytes());
            }
            let written = field.write(rows, place, style, out);
            written.map_err(|error| error.at(|| format!("{}.{}", self.table.name, field.key)))?;
        }
        Ok(())
    }

    /// Returns a row as a JSON object, for responses of a single row.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if a stored value does not fit its column's type.
    pub fn read(&self, row: &Row) -> Result<Map<String, Value>> {
        self.read_from(row, 0)
    }

    /// Like [`read`](Self::read), from the column at index `start`.
    pub(crate) fn read_from(&self, row: &Row, start: usize) -> Result<Map<String, Value>> {
        let mut place = start;
        let mut text = Vec::with_capacity(1024);
        self.write_from(row, &mut place, &mut text)?;
        serde_json::from_slice(&text).map_err(|error| self.invalid_json(row, start, &error))
    }
}

impl Projection {
    /// Returns the error for a row with invalid JSON, which names the column.
    fn invalid_json(&self, row: &Row, mut place: usize, error: &serde_json::Error) -> Error {
        let table = self.table.name;
        let reason = format!("a stored value is not valid JSON: {error}");
        for field in &self.fields {
            if field.is_optional && row.is_null(place).unwrap_or(true) {
                place += 1;
                continue;
            }
            let mut text = Vec::new();
            let written = field.write(
                std::slice::from_ref(row),
                &mut place,
                Style::OBJECT,
                &mut text,
            );
            if written.is_err() || serde_json::from_slice::<IgnoredAny>(&text).is_err() {
                return Error::unreadable(reason).at(|| format!("{table}.{}", field.key));
            }
        }
        Error::unreadable(reason).at(|| table.to_owned())
    }
}

impl Field {
    fn new(key: &'static str, source: Source) -> Self {
        Self {
            prefix: format!("\"{key}\":"),
            key,
            source,
            is_optional: false,
            empty: None,
            blank: None,
        }
    }
}
