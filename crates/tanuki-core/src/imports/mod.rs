//! Imports of tables: CSV files with assets, shots, edits, castings, people and
//! estimations; edits, whose clips become shots; the rows of another server, and those of ShotGrid.
//!
//! A file is read and checked as a whole before anything is written, and written in
//! one transaction: an import is done or has no effect. What its cells name is
//! loaded once ([`catalog`]), so that the number of statements depends on the number
//! of rows as little as possible.

mod assets;
mod casting;
mod catalog;
mod cells;
mod error;
mod estimations;
mod file;
mod metadata;
mod persons;
mod plan;
mod rows;
mod shotgun;
mod shots;
mod task_columns;
mod timeline;
mod write;

use serde_json::Value;
use tanuki_store::query::uniqueness;
use tanuki_store::schema::{ENTITY, ENTITY_TYPE};
use tanuki_store::{Kind, Shape, view};

pub use error::{ImportError, MAX_ERRORS, RowError};
pub use estimations::EstimatedTasks;
pub use persons::persons_shape;
pub use rows::{KITSU_IMPORTS, RowImport};
pub use shotgun::{
    SHOTGUN_IMPORTS, SHOTGUN_REMOVALS, ShotgunImport, ShotgunRemoval, removal_shape,
    shotgun_error_shape,
};
pub use timeline::{ClipNames, ImportedShots, timeline_shape};

use crate::Imports;
use crate::access::ManagedProject;
use crate::blocking::off_worker;
use crate::files::Upload;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityImport {
    Assets,
    Shots,
    Edits,
}

impl EntityImport {
    pub(self) fn kind(self) -> Kind {
        match self {
            Self::Assets => Kind::Asset,
            Self::Shots => Kind::Shot,
            Self::Edits => Kind::Edit,
        }
    }

    /// The kinds of entities that it creates and that have one entity type.
    fn needs(self) -> &'static [Kind] {
        match self {
            Self::Assets => &[Kind::Episode],
            Self::Shots => &[Kind::Episode, Kind::Sequence, Kind::Shot],
            Self::Edits => &[Kind::Episode, Kind::Edit],
        }
    }
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Whether rows change what exists already.
    pub updates: bool,
    /// Whether the file is only tried: nothing is written.
    pub is_dry_run: bool,
}

/// The shape of the response: the row of an entity for each row of the file.
pub fn rows_shape() -> Shape {
    view::entities::PLAIN.shape().list()
}

impl Imports<'_> {
    /// Creates the assets, shots or edits of a CSV file, with their tasks, in a
    /// project that the caller manages. Episodes and sequences that do not exist
    /// are created; so are asset types, in a project without a list of them.
    /// Entities that exist are left alone, unless the options say that they are
    /// updated. Returns the row of an entity for each row of the file.
    ///
    /// # Errors
    ///
    /// [`ImportError::File`] for a file that cannot be read,
    /// [`ImportError::Rows`] for wrong cells. Nothing is written then.
    pub async fn entities(
        self,
        project: ManagedProject<'_>,
        import: EntityImport,
        file: Upload,
        options: ImportOptions,
    ) -> Result<Vec<Value>, ImportError> {
        let sheet = sheet(file).await?;
        let ManagedProject { project_id, .. } = project;
        let mut transaction = self.core.database().begin().await?;
        // Serializes creations in the project, and of asset types: names are
        // unique.
        uniqueness::lock(&mut transaction, &ENTITY, Some(project_id)).await?;
        if import == EntityImport::Assets {
            uniqueness::lock(&mut transaction, &ENTITY_TYPE, None).await?;
        }
        let defaults = self.core.defaults();
        let catalog =
            catalog::Catalog::load(&mut transaction, project_id, import, &defaults).await?;
        let planner = plan::Planner::new(catalog, options.updates)?;
        let (plan, catalog) = off_worker(move || planner.read(&sheet)).await??;
        let rows = self
            .write(&mut transaction, project, &catalog, plan)
            .await?;
        if !options.is_dry_run {
            transaction.commit().await?;
        }
        Ok(rows)
    }
}

/// What the column `Episode` calls the main pack: the assets of no episode.
const MAIN_PACK: &str = "MP";

/// Calls a function with each row of a file, until there are as many errors as are
/// listed.
///
/// # Errors
///
/// [`ImportError::Rows`] if a required column is missing, or the function added
/// errors.
fn read_rows(
    sheet: &file::Sheet,
    required: &[&str],
    mut each: impl FnMut(cells::Row<'_>, &mut error::RowErrors),
) -> Result<(), ImportError> {
    let titles = cells::Titles::new(&sheet.titles);
    check_columns(sheet, &titles, required)?;
    let mut errors = error::RowErrors::default();
    for row in &sheet.rows {
        let titles = &titles;
        each(cells::Row { titles, row }, &mut errors);
        if errors.is_full() {
            break;
        }
    }
    errors.check()
}

/// The titles of required columns that a file lacks, as errors of its first row.
fn check_columns(
    sheet: &file::Sheet,
    titles: &cells::Titles,
    required: &[&str],
) -> Result<(), ImportError> {
    let Some(first) = sheet.rows.first() else {
        return Ok(());
    };
    let mut errors = error::RowErrors::default();
    for column in required {
        if !titles.has(column) {
            let message = format!("A columns is missing: '{column}'");
            errors.cell(first.line, column, message);
        }
    }
    errors.check()
}

/// Reads an uploaded file as a table.
async fn sheet(file: Upload) -> Result<file::Sheet, ImportError> {
    if let Some(message) = file::excess(&file) {
        return Err(ImportError::File(message));
    }
    off_worker(move || file::parse(&file::contents(&file)?)).await?
}
