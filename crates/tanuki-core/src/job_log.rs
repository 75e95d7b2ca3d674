//! The job queue, for admins.

use std::sync::LazyLock;

use tanuki_store::Shape;
use tanuki_store::projection::Projection;
use tanuki_store::query::jobs;
use tanuki_store::schema::{JOB_STATES, TANUKI_JOB};
use uuid::Uuid;

use crate::{Caller, Error, Jobs, JsonRow, Result};

/// All columns but the lease.
static JOB: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TANUKI_JOB, &["lease"]));

/// The default number of jobs in a page, and the greatest.
const PAGE_SIZE: u64 = 100;
const MAX_PAGE_SIZE: u64 = 1000;

/// The shape of a job.
pub fn job_shape() -> Shape {
    JOB.shape()
}

/// Which jobs are listed.
#[derive(Debug, Default)]
pub struct JobFilter {
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub state: Option<String>,
    pub kind: Option<String>,
    /// From 1 on; `None` is the first.
    pub page: Option<i64>,
    /// Jobs in a page, up to 1000; `None` is 100.
    pub limit: Option<i64>,
}

impl Jobs<'_> {
    /// Returns jobs, newest first. Requires an admin. JSON of each: `id`,
    /// `kind`, `arguments`, `state`, `tries`, `due_at` (when it may be taken),
    /// `progress` (percent or null), `reason` (why the last try failed),
    /// `created_at`, `started_at`, `ended_at`, `type`.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else; [`Error::NotAChoice`] for another
    /// state, [`Error::Invalid`] for a page or limit below 1.
    pub async fn list(self, caller: &Caller, filter: &JobFilter) -> Result<Vec<JsonRow>> {
        caller.require_admin()?;
        let state = match filter.state.as_deref() {
            None => None,
            Some(text) => {
                let known = JOB_STATES.iter().find(|state| **state == text);
                Some(*known.ok_or(Error::NotAChoice {
                    field: "state",
                    choices: &JOB_STATES,
                })?)
            }
        };
        let limit = positive("limit", filter.limit)?.unwrap_or(PAGE_SIZE);
        let limit = limit.min(MAX_PAGE_SIZE);
        let page = positive("page", filter.page)?.unwrap_or(1);
        // Beyond what a column of the database can count.
        let offset = (page - 1).saturating_mul(limit).min(u64::from(u32::MAX));
        let list = jobs::newest(&JOB, state, filter.kind.as_deref());
        let list = list.limit(limit).offset(offset);
        Ok(list.rows(self.core.database()).await?)
    }

    /// Returns how many jobs there are in each state. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub async fn counts(self, caller: &Caller) -> Result<Vec<(String, i64)>> {
        caller.require_admin()?;
        Ok(jobs::counts(self.core.database()).await?)
    }

    /// Makes a failed or cancelled job due again, with all its tries. Requires
    /// an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else, [`Error::NotFound`] if there is no
    /// such job, [`Error::Invalid`] if it waits, runs or is done.
    pub async fn retry(self, caller: &Caller, id: Uuid) -> Result<()> {
        caller.require_admin()?;
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        if jobs::retry(&mut transaction, Some(id), now).await? == 0 {
            let is_there = jobs::exists(&mut transaction, id).await?;
            return Err(refused(
                is_there,
                "only failed and cancelled jobs can be retried",
            ));
        }
        Ok(transaction.commit().await?)
    }

    /// Makes all failed jobs due again. Requires an admin. Returns how many.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub async fn retry_failed(self, caller: &Caller) -> Result<u64> {
        caller.require_admin()?;
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        let retried = jobs::retry(&mut transaction, None, now).await?;
        transaction.commit().await?;
        Ok(retried)
    }
}

pub(crate) fn refused(is_there: bool, why: &str) -> Error {
    if is_there {
        Error::invalid(why)
    } else {
        Error::NotFound
    }
}

fn positive(name: &str, number: Option<i64>) -> Result<Option<u64>> {
    let Some(number) = number else {
        return Ok(None);
    };
    match u64::try_from(number) {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Error::invalid(format!("{name} must be 1 or more"))),
    }
}
