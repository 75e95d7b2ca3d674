//! Projections of several tables: joins, and rows that are embedded.

use sea_query::{JoinType, SelectStatement};

use super::{Field, Join, Projection, Source};
use crate::schema::Table;

impl Projection {
    /// Joins the row that the column `refers` points to under the alias `name`,
    /// for computed expressions. Rows where the column is null are left out of
    /// the result.
    pub fn inner_join(
        self,
        name: &'static str,
        refers: (&'static str, &'static str),
        table: &'static Table,
    ) -> Self {
        self.add_join(JoinType::InnerJoin, name, refers, table)
    }

    /// Like [`inner_join`](Self::inner_join), but returns rows where the column
    /// is null too.
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

    /// Adds the rows of another table as an array of objects; `narrow` adds the
    /// condition that relates them to the outer row, and the order.
    pub fn embed_many(
        self,
        key: &'static str,
        projection: Self,
        narrow: fn(&mut SelectStatement),
    ) -> Self {
        let projection = Box::new(projection);
        self.with_new(key, Source::Rows { projection, narrow })
    }

    /// Embeds the row that a foreign key refers to, with all its columns but no
    /// links, right after the key `after`; null if it refers to none.
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

    /// Embeds the row that a foreign key refers to in that projection, as the
    /// last key; null if it refers to none. The column is one of the table
    /// itself or of a row that was embedded or joined before, under its alias.
    pub fn embed(
        self,
        key: &'static str,
        refers: (&'static str, &'static str),
        projection: Self,
    ) -> Self {
        let projection = Box::new(projection);
        self.with_new(key, Source::Row { refers, projection })
    }
}
