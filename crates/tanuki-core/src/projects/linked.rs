//! The rows that are linked to a project: its task types, task statuses,
//! backgrounds and status automations.

use std::sync::LazyLock;

use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::projects::links;
use tanuki_store::schema::{PREVIEW_BACKGROUND_FILE, STATUS_AUTOMATION, TASK_STATUS, TASK_TYPE};
use uuid::Uuid;

use super::Setting;
use crate::{Caller, Projects, Result};

pub(super) static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
pub(super) static TASK_STATUSES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_STATUS, &[]));
pub(super) static BACKGROUNDS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PREVIEW_BACKGROUND_FILE, &[]));
pub(super) static AUTOMATIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&STATUS_AUTOMATION, &[]));

impl Projects<'_> {
    /// Lists the task types of a project. JSON: every column of `task_type`.
    /// Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project, [`Error::Denied`](crate::Error::Denied)
    /// without access to it.
    pub async fn project_task_types(self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.core.require_project(caller, project_id).await?;
        self.linked_rows(&TASK_TYPES, project_id, Setting::TaskTypes)
            .await
    }

    /// Lists the task statuses of a project. JSON: every column of
    /// `task_status`. Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project, [`Error::Denied`](crate::Error::Denied)
    /// without access to it.
    pub async fn project_task_statuses(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        self.core.require_project(caller, project_id).await?;
        self.linked_rows(&TASK_STATUSES, project_id, Setting::TaskStatuses)
            .await
    }

    /// Lists the backgrounds for 3D previews of a project. JSON: every column
    /// of `preview_background_file`. Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project, [`Error::Denied`](crate::Error::Denied)
    /// without access to it.
    pub async fn project_backgrounds(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        self.core.require_project(caller, project_id).await?;
        self.linked_rows(&BACKGROUNDS, project_id, Setting::PreviewBackgrounds)
            .await
    }

    /// Lists the status automations of a project. JSON: every column of
    /// `status_automation`. Requires a manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project, [`Error::Denied`](crate::Error::Denied) for
    /// everybody who does not manage it.
    pub async fn project_automations(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        self.core
            .require_managed_project(caller, project_id)
            .await?;
        self.linked_rows(&AUTOMATIONS, project_id, Setting::StatusAutomations)
            .await
    }

    /// The rows that a project is linked to.
    async fn linked_rows(
        self,
        projection: &'static Projection,
        project_id: Uuid,
        setting: Setting,
    ) -> Result<JsonChunks> {
        let (table, column, target) = setting.link();
        let used = links::is_used_by(project_id, (table, column), target);
        let rows = ListQuery::new(projection).filter(used);
        Ok(self.core.database().fetch_list(rows).await?)
    }
}
