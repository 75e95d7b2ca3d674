//! The software used for the tasks of a type in a project.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order};
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{access, people, projects::links, rows};
use tanuki_store::schema::{
    PROJECT_TASK_TYPE_LINK, PROJECT_TASK_TYPE_SOFTWARE_LINK, SOFTWARE, TASK_TYPE, Table,
};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::events::Event;
use crate::{Caller, Core, Error, MalformedId, MaybeId, Result};

static LINKS: &Table = &PROJECT_TASK_TYPE_SOFTWARE_LINK;
static LINK: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(LINKS, &["project_id", "task_type_id", "software_id"]));

impl Core {
    /// Lists the links between task types and software in a project. JSON:
    /// [`LINK`]. Requires access to the project; for admins, the list of an
    /// unknown project is empty.
    pub async fn task_type_softwares(
        &self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        self.require_project_unless_admin(caller, project_id)
            .await?;
        Ok(self.rows(&LINK, |select| {
            select
                .and_where(Expr::col((LINKS.name, "project_id")).eq(project_id))
                .order_by((LINKS.name, "task_type_id"), Order::Asc)
                .order_by((LINKS.name, "software_id"), Order::Asc);
        }))
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
        &self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
        software: &MaybeId,
    ) -> Result<Map<String, Value>> {
        self.require_equipping(caller, project_id, task_type)
            .await?;
        let malformed = MalformedId::TaskTypeOrSoftware;
        let task_type_id = task_type.hyphenated(malformed)?;
        let software_id = software.hyphenated(malformed)?;
        let mut transaction = self.database().begin().await?;
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
        let link = Link {
            project_id,
            task_type_id,
            software_id,
        };
        if !access::exists(&mut transaction, LINKS.name, link.condition()).await? {
            let values = Values::from([
                ("project_id", project_id.into()),
                ("task_type_id", task_type_id.into()),
                ("software_id", software_id.into()),
            ]);
            write::insert(&mut transaction, LINKS, values, &self.defaults()).await?;
            let event = Event::named("project:update").in_project(Some(project_id));
            self.record(&mut transaction, event, Some(caller)).await?;
        }
        transaction.commit().await?;
        Ok(link.json())
    }

    /// Removes a link between a software and a task type in a project.
    /// Idempotent. Permissions: see [`require_equipping`](Self::require_equipping).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if an id is malformed.
    pub async fn remove_task_type_software(
        &self,
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
        let link = Link {
            project_id,
            task_type_id,
            software_id,
        };
        let mut transaction = self.database().begin().await?;
        let removed = write::delete_where(&mut transaction, LINKS.name, link.condition()).await?;
        if removed > 0 {
            let event = Event::named("project:update").in_project(Some(project_id));
            self.record(&mut transaction, event, Some(caller)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Requires that the caller may change the software of the task type: managers of the project, supervisors of the task type's
    /// department, and supervisors who are in no department.
    async fn require_equipping(
        &self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
    ) -> Result<()> {
        self.require_existing(project_id).await?;
        let database = self.database();
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
        if rows::existing_in(database, TASK_TYPE.name, &[task_type])
            .await?
            .is_empty()
        {
            return Err(Error::NotFound);
        }
        if caller
            .supervises_task_type(database, access, task_type)
            .await?
        {
            return Ok(());
        }
        Err(Error::Denied)
    }
}

/// A row of [`LINKS`].
struct Link {
    project_id: Uuid,
    task_type_id: Uuid,
    software_id: Uuid,
}

impl Link {
    fn condition(&self) -> sea_query::Condition {
        sea_query::Cond::all()
            .add(Expr::col("project_id").eq(self.project_id))
            .add(Expr::col("task_type_id").eq(self.task_type_id))
            .add(Expr::col("software_id").eq(self.software_id))
    }

    fn json(&self) -> Map<String, Value> {
        [
            ("project_id", self.project_id),
            ("task_type_id", self.task_type_id),
            ("software_id", self.software_id),
        ]
        .into_iter()
        .map(|(key, id)| (key.to_owned(), id.to_string().into()))
        .collect()
    }
}
