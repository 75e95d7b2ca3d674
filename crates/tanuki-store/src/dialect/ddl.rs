//! DDL: statements that create the described tables.

use std::fmt::Write as _;

use super::Dialect;
use crate::schema::{
    Column, ColumnType, Element, IMPORT_SOURCES, Literal, OnDelete, REVISION_TABLE, Reference,
    Table, Unique,
};
use crate::tables::Migration;

impl Dialect {
    /// Returns the statements that create the schema in an empty database, in
    /// an order in which everything they refer to exists.
    pub fn create_schema(self, tables: &[&Table]) -> Vec<String> {
        let mut statements = Vec::new();
        if self == Self::Postgres {
            statements.push(format!(
                "CREATE TYPE import_source_enum AS ENUM ({})",
                quoted_list(IMPORT_SOURCES, '\'')
            ));
        }
        statements.push(format!(
            "CREATE TABLE {REVISION_TABLE} (version_num {} NOT NULL, \
             CONSTRAINT {REVISION_TABLE}_pkc PRIMARY KEY (version_num))",
            self.type_name(ColumnType::Varchar(32))
        ));
        statements.extend(self.create_tables(tables));
        statements
    }

    /// Returns the statements of a migration.
    pub(crate) fn migrate(self, migration: &Migration) -> Vec<String> {
        let mut statements = self.create_tables(migration.tables);
        if self == Self::Sqlite {
            statements.extend(migration.on_sqlite.iter().copied().map(str::to_owned));
        }
        statements
    }

    /// Returns the statements that create these tables, with foreign keys and
    /// indexes.
    pub(crate) fn create_tables(self, tables: &[&Table]) -> Vec<String> {
        let mut statements: Vec<String> = tables
            .iter()
            .map(|table| self.create_table(table))
            .collect();
        for table in tables {
            for unique in table.uniques {
                if self.drops_unique(table, unique) {
                    statements.push(format!(
                        "ALTER TABLE \"{}\" ADD {}",
                        table.name,
                        unique_constraint(unique)
                    ));
                }
            }
        }
        if self == Self::Postgres {
            // References between tables are circular, so foreign keys are added
            // last. SQLite has them inside CREATE TABLE, where the order does
            // not matter.
            statements.extend(self.add_foreign_keys(tables));
        }
        statements.extend(tables.iter().flat_map(|table| create_indexes(table)));
        statements
    }

    /// Returns the statements that add the foreign keys of tables without any.
    pub(super) fn add_foreign_keys(self, tables: &[&Table]) -> Vec<String> {
        foreign_keys(tables)
            .map(|(table, column, reference)| {
                format!(
                    "ALTER TABLE \"{}\" ADD {}",
                    table.name,
                    foreign_key(table, column, reference)
                )
            })
            .collect()
    }

    fn create_table(self, table: &Table) -> String {
        let mut lines: Vec<String> = table
            .columns
            .iter()
            .map(|column| self.column(column))
            .collect();
        let key_name = match table.primary_key_name {
            Some(name) => name.to_owned(),
            None => format!("{}_pkey", table.name),
        };
        lines.push(format!(
            "CONSTRAINT {key_name} PRIMARY KEY ({})",
            quoted_list(table.primary_key, '"')
        ));
        for column in table.columns.iter().filter(|column| column.unique) {
            lines.push(format!(
                "CONSTRAINT {0}_{1}_key UNIQUE (\"{1}\")",
                table.name, column.name
            ));
        }
        for unique in table.uniques {
            if !self.drops_unique(table, unique) {
                lines.push(unique_constraint(unique));
            }
        }
        for check in table.checks {
            lines.push(format!(
                "CONSTRAINT {} CHECK ({})",
                check.name, check.expression
            ));
        }
        if self == Self::Sqlite {
            for column in table.columns {
                if let Some(reference) = &column.references {
                    lines.push(foreign_key(table, column, reference));
                }
            }
        }
        format!(
            "CREATE TABLE \"{}\" (\n    {}\n)",
            table.name,
            lines.join(",\n    ")
        )
    }

    /// Returns whether the database would drop a unique constraint from `CREATE
    /// TABLE` because it equals the primary key: it is added afterwards.
    fn drops_unique(self, table: &Table, unique: &Unique) -> bool {
        self == Self::Postgres && unique.columns == table.primary_key
    }

    fn column(self, column: &Column) -> String {
        let mut line = format!("\"{}\" {}", column.name, self.type_name(column.kind));
        if let Some(default) = column.default {
            let literal = match default {
                Literal::Bool(value) => value.to_string(),
                Literal::Int(value) => value.to_string(),
                Literal::Text(value) => format!("'{value}'"),
                Literal::EmptyJsonList => "'[]'".to_owned(),
            };
            let _infallible = write!(line, " DEFAULT {literal}");
        }
        if !column.nullable {
            line.push_str(" NOT NULL");
        }
        if self == Self::Sqlite
            && let ColumnType::Varchar(length) = column.kind
        {
            // PostgreSQL's type limits the length; SQLite needs a check.
            let _infallible = write!(line, " CHECK (length(\"{}\") <= {length})", column.name);
        }
        line
    }

    fn type_name(self, kind: ColumnType) -> String {
        match self {
            Self::Postgres => match kind {
                ColumnType::Uuid => "uuid".into(),
                ColumnType::Varchar(length) => format!("character varying({length})"),
                ColumnType::Locale => "character varying(10)".into(),
                ColumnType::Text => "text".into(),
                ColumnType::Integer => "integer".into(),
                ColumnType::BigInt => "bigint".into(),
                ColumnType::Double => "double precision".into(),
                ColumnType::Boolean => "boolean".into(),
                ColumnType::Date => "date".into(),
                ColumnType::Timestamp => "timestamp without time zone".into(),
                ColumnType::Json => "jsonb".into(),
                ColumnType::Bytes => "bytea".into(),
                ColumnType::ImportSource => "import_source_enum".into(),
                ColumnType::Array(Element::Varchar(Some(length))) => {
                    format!("character varying({length})[]")
                }
                ColumnType::Array(Element::Varchar(None)) => "character varying[]".into(),
                ColumnType::Array(Element::Json) => "jsonb[]".into(),
                ColumnType::Array(Element::Bytes) => "bytea[]".into(),
            },
            Self::Sqlite => match kind {
                ColumnType::Integer | ColumnType::BigInt | ColumnType::Boolean => "INTEGER",
                ColumnType::Double => "REAL",
                ColumnType::Bytes => "BLOB",
                _ => "TEXT",
            }
            .into(),
        }
    }
}

/// Iterates over the foreign keys of these tables.
pub(super) fn foreign_keys<'a>(
    tables: &'a [&Table],
) -> impl Iterator<Item = (&'a Table, &'a Column, &'a Reference)> {
    tables.iter().flat_map(|table| {
        table
            .columns
            .iter()
            .filter_map(|column| Some((*table, column, column.references.as_ref()?)))
    })
}

fn foreign_key(table: &Table, column: &Column, reference: &Reference) -> String {
    let name = reference.constraint_name(table, column);
    let action = match reference.on_delete {
        OnDelete::Refuse => "",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
    };
    format!(
        "CONSTRAINT {name} FOREIGN KEY (\"{}\") REFERENCES \"{}\"(id){action}",
        column.name, reference.table
    )
}

fn unique_constraint(unique: &Unique) -> String {
    format!(
        "CONSTRAINT {} UNIQUE ({})",
        unique.name,
        quoted_list(unique.columns, '"')
    )
}

fn create_indexes(table: &Table) -> Vec<String> {
    let of_columns = table.columns.iter().filter_map(|column| {
        let index = column.index?;
        let name = match index.name {
            Some(name) => name.to_owned(),
            None => format!("ix_{}_{}", table.name, column.name),
        };
        Some(create_index(
            &name,
            table,
            index.unique,
            &[column.name],
            None,
        ))
    });
    let of_table = table.indexes.iter().map(|index| {
        create_index(
            index.name,
            table,
            index.unique,
            index.columns,
            index.predicate,
        )
    });
    of_columns.chain(of_table).collect()
}

fn create_index(
    name: &str,
    table: &Table,
    unique: bool,
    columns: &[&str],
    predicate: Option<&str>,
) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    let mut sql = format!(
        "CREATE {unique}INDEX {name} ON \"{}\" ({})",
        table.name,
        quoted_list(columns, '"')
    );
    if let Some(predicate) = predicate {
        let _infallible = write!(sql, " WHERE {predicate}");
    }
    sql
}

fn quoted_list(items: &[&str], quote: char) -> String {
    let quoted: Vec<String> = items
        .iter()
        .map(|item| format!("{quote}{item}{quote}"))
        .collect();
    quoted.join(", ")
}
