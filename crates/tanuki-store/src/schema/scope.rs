//! The project that a row belongs to, described as data.

use super::types::{Column, Link, ProjectScope, Table};

impl Table {
    /// Returns whether the table's rows belong to projects.
    pub fn is_scoped(&self) -> bool {
        self.scope != ProjectScope::Studio
    }

    /// Returns whether the project of a row is found through this column.
    pub fn is_anchor(&self, column: &str) -> bool {
        matches!(self.scope, ProjectScope::Through(columns) if columns.contains(&column))
    }
}

impl Column {
    /// Returns the table that the column refers to, with or without a foreign
    /// key.
    pub fn target(&self) -> Option<&'static Table> {
        let name = self.points_at.or(self.references.map(|to| to.table))?;
        super::table(name)
    }
}

impl Link {
    /// Returns the table that the link's ids refer to.
    pub fn target_table(&self) -> Option<&'static Table> {
        super::table(self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TABLES, table};
    use super::*;

    /// Columns of studio-wide tables that refer to rows of a project.
    const EXCEPTIONS: &[(&str, &str)] = &[
        // Set on the account that shows a project as its clients see it.
        ("person", "preview_project_id"),
        // Only written by the server.
        ("stored_file", "file_id"),
    ];

    #[test]
    fn whatever_points_into_a_production_belongs_to_one() {
        for table in TABLES {
            for column in table.columns {
                let is_exception = EXCEPTIONS.contains(&(table.name, column.name));
                let target = column.target().filter(|_| !is_exception);
                if target.is_some_and(Table::is_scoped) {
                    assert!(table.is_scoped(), "{}.{}", table.name, column.name);
                }
            }
        }
    }

    #[test]
    fn every_way_to_a_production_ends_at_one() {
        for start in TABLES {
            let mut at: Vec<&Table> = vec![start];
            for _ in 0..6 {
                at = at
                    .iter()
                    .flat_map(|table| match table.scope {
                        ProjectScope::Through(columns) => columns
                            .iter()
                            .map(|name| table.column(name).and_then(Column::target).unwrap())
                            .collect(),
                        ProjectScope::Column => {
                            assert!(table.column("project_id").is_some(), "{}", table.name);
                            Vec::new()
                        }
                        ProjectScope::Studio => {
                            assert_eq!(table.name, start.name);
                            Vec::new()
                        }
                        ProjectScope::Itself => Vec::new(),
                    })
                    .collect();
            }
            assert!(at.is_empty(), "{}", start.name);
        }
    }

    #[test]
    fn columns_that_no_foreign_key_holds_point_at_a_table() {
        for table_of in TABLES {
            for column in table_of.columns {
                if let Some(name) = column.points_at {
                    assert!(table(name).is_some(), "{}.{}", table_of.name, column.name);
                }
            }
        }
    }
}
