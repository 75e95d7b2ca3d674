//! The software used for the tasks of a type in a project.

use std::sync::LazyLock;

use serde_json::Value;
use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::projects::links::{self, SoftwareLink};
use tanuki_store::query::{list_filters, people, rows};
use tanuki_store::schema::{
    PROJECT_TASK_TYPE_LINK, PROJECT_TASK_TYPE_SOFTWARE_LINK, SOFTWARE, TASK_TYPE, Table,
};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::access::require_row;
use crate::events::Event;
use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Projects, Result};

static LINKS: &Table = &PROJECT_TASK_TYPE_SOFTWARE_LINK;
pub(super) static LINK: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(LINKS, &["project_id", "task_type_id", "software_id"]));

impl Projects<'_> {
    /// Lists the links between task types and software in a project. JSON:
    /// [`LINK`]. Requires access to the project; for admins, the list of an
    /// unknown project is empty.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`]
    /// without access to it; admins pass.
    pub async fn task_type_softwares(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        self.core
            .require_project_unless_admin(caller, project_id)
            .await?;
        let links = ListQuery::new(&LINK)
            .filter(list_filters::of_project(LINKS, project_id))
            .ascending("task_type_id")
            .ascending("software_id");
        Ok(self.core.database().stream_list(links))
    }

    /// Links a software to a task type in a project. Idempotent. Returns the
    /// link's JSON. Permissions: see [`require_equipping`](Self::require_equipping).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project or software does not exist,
    /// [`Error::Denied`] without permission, [`Error::Invalid`] if an id is
    /// malformed, the project does not use the task type, or the software is
    /// archived.
    pub async fn add_task_type_software(
        self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
        software: &MaybeId,
    ) -> Result<JsonRow> {
        self.require_equipping(caller, project_id, task_type)
            .await?;
        let malformed = MalformedId::TaskTypeOrSoftware;
        let task_type_id = task_type.hyphenated(malformed)?;
        let software_id = software.hyphenated(malformed)?;
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, "project", project_id).await?;
        let uses = (project_id, "task_type_id", task_type_id);
        if !links::exists(&mut transaction, &PROJECT_TASK_TYPE_LINK, uses).await? {
            return Err(Error::invalid(
                "The task type is not a task type of the project.",
            ));
        }
        static ARCHIVED: LazyLock<Projection> =
            LazyLock::new(|| Projection::only(&SOFTWARE, &["archived"]));
        let software = rows::by_id(&mut transaction, &ARCHIVED, software_id)
            .await?
            .ok_or(Error::NotFound)?;
        if software.get("archived") == Some(&Value::Bool(true)) {
            return Err(Error::invalid("The software is archived."));
        }
        let link = SoftwareLink {
            project_id,
            task_type_id,
            software_id,
        };
        if !links::has_software(&mut transaction, &link).await? {
            let values = Values::from([
                ("project_id", project_id.into()),
                ("task_type_id", task_type_id.into()),
                ("software_id", software_id.into()),
            ]);
            write::insert(&mut transaction, LINKS, values, &self.core.defaults()).await?;
            let event = Event::named("project:update").in_project(Some(project_id));
            self.core
                .record(&mut transaction, event, Some(caller))
                .await?;
        }
        transaction.commit().await?;
        Ok(json(&link))
    }

    /// Removes a link between a software and a task type in a project.
    /// Idempotent. Permissions: see [`require_equipping`](Self::require_equipping).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if an id is malformed.
    pub async fn remove_task_type_software(
        self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
        software: &MaybeId,
    ) -> Result<()> {
        self.require_equipping(caller, project_id, task_type)
            .await?;
        let malformed = MalformedId::TaskTypeOrSoftware;
        let task_type_id = task_type.hyphenated(malformed)?;
        let software_id = software.hyphenated(malformed)?;
        let link = SoftwareLink {
            project_id,
            task_type_id,
            software_id,
        };
        let mut transaction = self.core.database().begin().await?;
        let removed = links::remove_software(&mut transaction, &link).await?;
        if removed > 0 {
            let event = Event::named("project:update").in_project(Some(project_id));
            self.core
                .record(&mut transaction, event, Some(caller))
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Requires that the caller may change the software of the task type: managers of the project, supervisors of the task type's
    /// department, and supervisors who are in no department.
    async fn require_equipping(
        self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
    ) -> Result<()> {
        self.core.require_existing(project_id).await?;
        let database = self.core.database();
        let access = caller.project_access(database, Some(project_id)).await?;
        if access.is_manager() {
            return Ok(());
        }
        if !access.is_supervisor() {
            return Err(Error::Denied);
        }
        if people::departments(database, caller.id).await?.is_empty() {
            return Ok(());
        }
        let task_type = task_type.found()?;
        require_row(database, &TASK_TYPE, task_type).await?;
        if caller
            .supervises_task_type(database, access, task_type)
            .await?
        {
            return Ok(());
        }
        Err(Error::Denied)
    }
}

fn json(link: &SoftwareLink) -> JsonRow {
    [
        ("project_id", link.project_id),
        ("task_type_id", link.task_type_id),
        ("software_id", link.software_id),
    ]
    .into_iter()
    .map(|(key, id)| (key.to_owned(), id.to_string().into()))
    .collect()
}
