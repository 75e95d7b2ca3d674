//! Tables for spreadsheets: people, projects, task types, tasks and time spent
//! of the whole studio, and the entities and castings of a production.

mod productions;

use tanuki_store::database::JsonChunks;
use tanuki_store::query::{projects, tables, visibility};
use tanuki_store::{Filter, TableQuery};

pub use productions::{EntityTable, EntityTableKind};

use crate::auth::Manager;
use crate::slug::small_slug;
use crate::{Result, Tables};

/// A table whose lines are written while its rows are read.
#[derive(Debug)]
pub struct StreamedTable {
    /// The name of its file without extension: letters, digits and underscores.
    pub name: String,
    /// The lines of the CSV file, the titles first.
    pub lines: JsonChunks,
}

impl Tables<'_> {
    /// Returns all people with their contact, contract and daily salary, by
    /// name; no bots and no guests.
    pub fn persons(self, _: Manager<'_>) -> StreamedTable {
        let people = tables::persons(self.core.database().dialect());
        self.stream("kitsu people export", &people)
    }

    /// Returns the projects of the manager, of admins all, with their status.
    pub fn projects(self, manager: Manager<'_>) -> StreamedTable {
        let caller = manager.caller();
        let which = if caller.is_admin() {
            Filter::all()
        } else {
            visibility::projects::has_member(caller.id)
        };
        self.stream("kitsu export", &tables::projects(which))
    }

    /// Returns the task types that belong to a department.
    pub fn task_types(self, _: Manager<'_>) -> StreamedTable {
        self.stream("kitsu export", &tables::task_types())
    }

    /// Returns the tasks of the open projects that the caller manages; admins
    /// manage all.
    pub fn tasks(self, manager: Manager<'_>) -> StreamedTable {
        let which = managed(manager, projects::is_open());
        let tasks = tables::tasks(self.core.database().dialect(), which);
        self.stream("kitsu tasks export", &tasks)
    }

    /// Returns the time spent on the open projects that the caller manages, by
    /// day; admins manage all. The name has the day in the caller's time zone.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn time_spents(self, manager: Manager<'_>) -> Result<StreamedTable> {
        let zone = self.core.people().zone_of(manager.caller()).await?;
        let now = self.core.clock().now().with_timezone(&zone);
        let day = now.format("%Y-%m-%d");
        let name = format!("kitsu {day} open projects time spents export");
        let which = managed(manager, projects::is_running());
        Ok(self.stream(&name, &tables::time_spents(which)))
    }

    fn stream(self, name: &str, table: &TableQuery) -> StreamedTable {
        StreamedTable {
            name: small_slug(name),
            lines: self.core.database().stream_table(table),
        }
    }
}

/// Those of the projects that the manager manages.
fn managed(manager: Manager<'_>, which: Filter) -> Filter {
    let caller = manager.caller();
    if caller.is_admin() {
        return which;
    }
    which.and(visibility::projects::has_manager(caller.id, caller.role))
}
