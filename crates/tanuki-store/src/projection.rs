//! The JSON of a row: which columns, under which keys, in which form.
//!
//! A shape is both the select list and the writer of a query's rows, so what
//! a caller may not see is not even fetched.

mod rows;
mod select;
mod write;

use sea_query::{JoinType, SelectStatement, SimpleExpr};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::database::Row;
use crate::dialect::{ByDialect, Dialect, Prepared};
use crate::schema::{Column, ColumnType, Link, Table};
use crate::{Error, Result};

pub(crate) use write::Style;

/// The keys of a row's JSON object and where each value comes from.
#[derive(Debug, Clone)]
pub struct Projection {
    pub table: &'static Table,
    fields: Vec<Field>,
    joins: Vec<Join>,
    /// The text of the select list, once it was asked for.
    lists: ByDialect<String>,
    /// That of the query for the row of an id.
    by_id: Prepared,
}

/// A row that the query has beside the table's own, for values worked out of
/// it.
#[derive(Debug, Clone)]
struct Join {
    kind: JoinType,
    table: &'static str,
    /// As the query calls it.
    name: &'static str,
    refers: (&'static str, &'static str),
}

#[derive(Debug, Clone)]
struct Field {
    key: &'static str,
    /// `"key":`, ready to be written.
    prefix: String,
    source: Source,
    /// The key is left out where there is no value.
    is_optional: bool,
    /// JSON in place of null.
    empty: Option<&'static str>,
    /// JSON in place of what not everybody sees.
    blank: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Source {
    Column(&'static Column),
    /// Of each object that a column lists, what it has under that key.
    Picked(&'static Column, &'static str),
    /// Ids of linked rows.
    Link(&'static Link),
    /// The id of a linked row, in their order: there is a row for each.
    Joined(&'static Link),
    /// Two name columns as one full name.
    FullName,
    Text(&'static str),
    /// The same JSON in every row.
    Fixed(&'static str),
    /// The row that a column of a joined table refers to, or null; joined
    /// under the key.
    Row {
        refers: (&'static str, &'static str),
        projection: Box<Projection>,
    },
    /// What an expression comes to.
    Computed(ColumnType, fn(Dialect) -> SimpleExpr),
    /// The rows of another table that belong to the row, narrowed to it.
    Rows {
        projection: Box<Projection>,
        narrow: fn(&mut SelectStatement),
    },
}

/// One field of a shape, and where its columns begin in the select list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    field: usize,
    place: usize,
}

impl Projection {
    /// A row in full, without the `hidden` columns and without links; then
    /// `type`.
    pub fn all_columns(table: &'static Table, hidden: &[&str]) -> Self {
        Self::whole(table, |key| {
            !hidden.contains(&key) && table.link(key).is_none()
        })
    }

    /// Like [`of`](Self::of), with the ids of linked rows.
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
    /// Panics on a key that the table does not have: shapes are built once,
    /// at start.
    pub fn only(table: &'static Table, keys: &[&'static str]) -> Self {
        let source = |key: &'static str| {
            if let Some(column) = table.column(key) {
                return Source::Column(column);
            }
            match (table.link(key), key) {
                (Some(link), _) => Source::Link(link),
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

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.key)
    }

    /// Calls the rows something else than their table does.
    pub fn type_name(self, object: &'static str) -> Self {
        self.with("type", Source::Text(object))
    }

    /// Answers the same text for a key in every row.
    pub fn constant(self, key: &'static str, text: &'static str) -> Self {
        self.with_new(key, Source::Text(text))
    }

    /// Answers an empty list for a link, to clients that expect the key.
    pub fn empty_link(self, link: &'static str) -> Self {
        self.constant_json(link, "[]")
    }

    /// Answers the same JSON for a key in every row.
    pub fn constant_json(self, key: &'static str, json: &'static str) -> Self {
        self.with_new(key, Source::Fixed(json))
    }

    /// Leaves a key out of rows that have no value for it.
    pub fn optional(mut self, key: &str) -> Self {
        for field in &mut self.fields {
            field.is_optional |= field.key == key;
        }
        self
    }

    /// Answers no such keys.
    pub fn without(mut self, keys: &[&str]) -> Self {
        self.fields.retain(|field| !keys.contains(&field.key));
        self
    }

    /// Answers no other than these keys.
    pub fn only_keys(mut self, keys: &[&str]) -> Self {
        self.fields.retain(|field| keys.contains(&field.key));
        self
    }

    /// Gives expressions the row that a column refers to, under that name. Rows
    /// that refer to none are left out.
    pub fn inner_join(
        self,
        name: &'static str,
        refers: (&'static str, &'static str),
        table: &'static Table,
    ) -> Self {
        self.add_join(JoinType::InnerJoin, name, refers, table)
    }

    /// Like [`within`](Self::within), but keeps rows that refer to none.
    pub fn left_join(
        self,
        name: &'static str,
        refers: (&'static str, &'static str),
        table: &'static Table,
    ) -> Self {
        self.add_join(JoinType::LeftJoin, name, refers, table)
    }

    fn add_join(
        mut self,
        kind: JoinType,
        name: &'static str,
        refers: (&'static str, &'static str),
        table: &'static Table,
    ) -> Self {
        self.joins.push(Join {
            kind,
            table: table.name,
            name,
            refers,
        });
        self
    }

    /// Answers the rows of another table that `narrow` leaves, as a list.
    pub fn embed_many(
        self,
        key: &'static str,
        projection: Self,
        narrow: fn(&mut SelectStatement),
    ) -> Self {
        let projection = Box::new(projection);
        self.with_new(key, Source::Rows { projection, narrow })
    }

    /// Answers what an expression comes to as `type`.
    pub fn computed_type(self, expression: fn(Dialect) -> SimpleExpr) -> Self {
        self.with("type", Source::Computed(ColumnType::Text, expression))
    }

    /// Answers what an expression comes to, as a value of that kind, in place
    /// of a key or behind the others. It may name what the query joins.
    pub fn computed(
        self,
        key: &'static str,
        kind: ColumnType,
        expression: fn(Dialect) -> SimpleExpr,
    ) -> Self {
        self.with_new(key, Source::Computed(kind, expression))
    }

    /// Answers the row that a column refers to, in full but without its links,
    /// under a key right behind `after`.
    pub fn embed_full(
        mut self,
        key: &'static str,
        column: &'static str,
        table: &'static Table,
        after: &str,
    ) -> Self {
        let place = self.fields.iter().position(|field| field.key == after);
        let projection = Box::new(Self::all_columns(table, &[]));
        let refers = (self.table.name, column);
        let field = Field::new(key, Source::Row { refers, projection });
        let place = place.map_or(self.fields.len(), |place| place + 1);
        self.fields.insert(place, field);
        self
    }

    /// Answers the row that a column refers to, in that shape, behind the
    /// others. The column is the table's own or one of a row that is nested
    /// before, which goes by its key.
    pub fn embed(
        self,
        key: &'static str,
        refers: (&'static str, &'static str),
        projection: Self,
    ) -> Self {
        let projection = Box::new(projection);
        self.with_new(key, Source::Row { refers, projection })
    }

    /// Answers that JSON for a key where there is nothing.
    pub fn default_json(mut self, key: &str, json: &'static str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            field.empty = Some(json);
        }
        self
    }

    /// Answers that JSON for a key to those who do not see it.
    pub fn redact(mut self, key: &str, json: &'static str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            field.blank = Some(json);
        }
        self
    }

    /// Answers the ids of linked rows behind the other keys, in their order; of
    /// rows within rows, in an order that ends with their ids, which are their
    /// first column. The query has a row for each linked one, which is less
    /// work than a list in each.
    pub fn flatten_links(mut self, key: &'static str) -> Self {
        if let Some(link) = self.table.link(key) {
            self.fields.push(Field::new(key, Source::Joined(link)));
        }
        self
    }

    /// Answers a column under another key too.
    pub fn alias(mut self, key: &'static str, column: &str) -> Self {
        if let Some(column) = self.table.column(column) {
            self.fields.push(Field::new(key, Source::Column(column)));
        }
        self
    }

    /// Answers under a key what the objects that a column lists have under a
    /// key of theirs.
    pub fn pluck(self, key: &'static str, column: &str, of_each: &'static str) -> Self {
        match self.table.column(column) {
            Some(column) => self.with_new(key, Source::Picked(column, of_each)),
            None => self,
        }
    }

    /// Puts keys into the order of a list; what it does not name comes behind, as
    /// it stands.
    pub fn in_order(mut self, keys: &[&str]) -> Self {
        let place = |field: &Field| keys.iter().position(|key| *key == field.key);
        self.fields
            .sort_by_key(|field| place(field).unwrap_or(keys.len()));
        self
    }

    /// Puts keys behind all others, in the order of a list.
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

    /// Appends the JSON object of a row that [`select`](Self::select) asked for.
    pub fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        self.write_from(row, &mut 0, out)
    }

    /// Like [`write`](Self::write), in that style.
    pub(crate) fn write_object(&self, row: &Row, style: Style, out: &mut Vec<u8>) -> Result<()> {
        self.write_styled(std::slice::from_ref(row), &mut 0, style, out)
    }

    /// Like [`write`](Self::write), from that place of the select list on.
    pub(crate) fn write_from(&self, row: &Row, place: &mut usize, out: &mut Vec<u8>) -> Result<()> {
        self.write_styled(std::slice::from_ref(row), place, Style::OBJECT, out)
    }

    /// A row with its brackets. There are several where there is one for each
    /// linked row.
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

    /// The field of a key, to be written by itself.
    pub(crate) fn slot(&self, key: &str) -> Option<Slot> {
        let field = self.fields.iter().position(|field| field.key == key)?;
        let before = Self {
            fields: self.fields[..field].to_vec(),
            ..self.clone()
        };
        let place = before.width();
        Some(Slot { field, place })
    }

    /// Writes a field with its key.
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

    /// The fields of a row, without the brackets around them.
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

    /// The row as a JSON object, for answers of a single row.
    pub fn read(&self, row: &Row) -> Result<Map<String, Value>> {
        self.read_from(row, 0)
    }

    /// Like [`read`](Self::read), from that place of the select list on.
    pub(crate) fn read_from(&self, row: &Row, start: usize) -> Result<Map<String, Value>> {
        let mut place = start;
        let mut text = Vec::with_capacity(1024);
        self.write_from(row, &mut place, &mut text)?;
        serde_json::from_slice(&text).map_err(|error| self.invalid_json(row, start, &error))
    }
}

impl Projection {
    /// The error for a row that holds invalid JSON, with the column's name.
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
