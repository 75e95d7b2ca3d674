//! Deleting tasks with all dependent rows.

use tanuki_store::Filter;
use tanuki_store::query::list_filters;
use tanuki_store::query::tasks::lists;
use tanuki_store::query::{locks, removal};
use tanuki_store::schema::TASK;
use uuid::Uuid;

use crate::{Admin, Caller, IdList, Result, Tasks};

impl Tasks<'_> {
    /// Deletes tasks of a project with all dependent rows. Ids of other tasks
    /// are ignored, but all given ids are returned. Requires a manager of the
    /// project or an admin; for admins, an unknown project has no tasks.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission.
    pub async fn delete(
        self,
        caller: &Caller,
        project_id: Uuid,
        ids: &IdList,
    ) -> Result<Vec<Uuid>> {
        self.core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        let ids = ids.given()?;
        let which = list_filters::has_id_in(&TASK, &ids);
        self.remove_tasks(caller, project_id, which).await?;
        Ok(ids)
    }

    /// Deletes all tasks of one type in a project with their dependent rows.
    /// Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist.
    pub async fn delete_of_type(
        self,
        admin: Admin<'_>,
        project_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<()> {
        let caller = admin.caller();
        self.core.require_existing(project_id).await?;
        let which = lists::of_type(task_type_id);
        self.remove_tasks(caller, project_id, which).await
    }

    async fn remove_tasks(self, caller: &Caller, project_id: Uuid, which: Filter) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let which = which.and(list_filters::of_project(&TASK, project_id));
        locks::entities_of_tasks(&mut transaction, which.clone()).await?;
        let gone = removal::lock_tasks(&mut transaction, which).await?;
        let entities = self
            .core
            .cascade()
            .remove_locked_tasks(&mut transaction, caller, project_id, &gone)
            .await?;
        self.core
            .cascade()
            .show_others(&mut transaction, caller, entities)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
