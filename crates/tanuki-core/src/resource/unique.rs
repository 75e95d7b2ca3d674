//! Uniqueness that the databases' constraints do not enforce: of nulls.

use tanuki_store::query::uniqueness;
use tanuki_store::schema::Table;

use super::ChangeContext;
use crate::{ConstraintViolation, Error, Result};

/// Refuses a row that was just written if another row has the same values in
/// the columns of a unique constraint of its table, with null equal to null.
/// For columns that are [`unique_columns`](super::Resource::unique_columns) of
/// the resource, so that concurrent requests wait for each other.
///
/// # Errors
///
/// [`ConstraintViolation::Duplicate`] if there is such a row.
pub(crate) async fn refuse_duplicate(
    written: ChangeContext<'_>,
    table: &'static Table,
) -> Result<()> {
    let ChangeContext {
        transaction,
        id,
        answer,
        before,
        ..
    } = written;
    for unique in table.uniques {
        let columns = unique.columns;
        if columns
            .iter()
            .all(|name| before.get(*name) == answer.get(*name))
        {
            continue;
        }
        if uniqueness::has_duplicate(transaction, table, id, columns).await? {
            return Err(Error::Constraint(ConstraintViolation::Duplicate));
        }
    }
    Ok(())
}
