//! Creating comments: on one task, in batches, and copies of clients' comments.

use std::collections::BTreeSet;

use serde_json::Value;
use tanuki_files::{Received, StagedFile};
use tanuki_store::query::{access, comments::threads, comments::write, people, projects};
use tanuki_store::schema::PERSON;
use tanuki_store::write::Values;
use tanuki_store::{Executor, Transaction};
use uuid::Uuid;

use super::draft::{Draft, NewComment, Target, moment};
use super::{access as comment_access, read};
use crate::access::{TaskAccess, ensure, require_row};
use crate::fields::check_length;
use crate::files::{
    AcceptedFile, ProcessingOptions, ReceivedFiles, StagedAttachment, Upload, UploadKind,
};
use crate::{Caller, Comments, Error, Files, JsonRow, MaybeId, Result};

/// One comment of a batch, with its attachments.
#[derive(Debug)]
pub struct BatchComment {
    /// The task; ignored if the whole batch is for one task.
    pub task: Option<MaybeId>,
    pub comment: NewComment,
    /// Attachments.
    pub files: Vec<Upload>,
    /// Files of previews, one for each.
    pub previews: Vec<Upload>,
}

/// A comment on one of many tasks. Items in which the task, status or comment
/// text is missing are skipped.
#[derive(Debug)]
pub struct TaskComment {
    pub task_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    pub text: Option<String>,
    pub links: Vec<String>,
}

/// A comment to write, with the options of its response.
pub(super) struct Order<Attachment = Upload, Content = Received> {
    draft: Draft,
    /// Whether the response includes the departments of the author.
    with_departments: bool,
    files: Vec<Attachment>,
    previews: Vec<AcceptedFile<Content>>,
}

/// A comment whose files are in the storage, so that it can be written in a
/// transaction.
type StagedOrder = Order<StagedAttachment, StagedFile>;

/// A comment that was written.
struct Written {
    answer: JsonRow,
    /// Its new previews, and how their files are processed.
    previews: Vec<(Uuid, UploadKind)>,
}

impl Order {
    /// A comment by the caller, without attachments.
    pub(super) fn plain(draft: Draft) -> Self {
        Self {
            draft,
            with_departments: true,
            files: Vec::new(),
            previews: Vec::new(),
        }
    }

    /// Puts the bytes of its files into the storage.
    async fn stage(self, files: Files<'_>) -> Result<StagedOrder> {
        let mut previews = Vec::with_capacity(self.previews.len());
        for file in self.previews {
            previews.push(file.stage_for(files, Uuid::new_v4()).await?);
        }
        Ok(Order {
            draft: self.draft,
            with_departments: self.with_departments,
            files: files.stage_attachments(self.files).await?,
            previews,
        })
    }
}

impl Comments<'_> {
    /// Creates a comment on a task and returns it as JSON: the comment with its
    /// `task_status` and `person`, and the new `attachment_files` if there are
    /// any. Requires permission to edit the task; somebody who was mentioned on
    /// the task may comment without changing its status. Only managers set
    /// another author, another date or `for_client`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task, status or author does not exist,
    /// [`Error::Denied`] without permission, [`Error::Invalid`] if the task has
    /// reached its maximum of retakes.
    pub async fn comment(
        self,
        caller: &Caller,
        task_id: Uuid,
        sent: NewComment,
        files: Vec<Upload>,
    ) -> Result<JsonRow> {
        let database = self.core.database();
        let place = caller.task_access(database, task_id).await?;
        if !place.can_edit() {
            // Somebody who was mentioned may reply, but not change the status.
            caller.answers_mention(database.into(), &place).await?;
            ensure(sent.task_status_id.id() == place.task.task_status_id)?;
        }
        let order = Order {
            with_departments: sent.person_id.is_some() && place.access.is_manager(),
            draft: self.draft(caller, &place, sent).await?,
            files,
            previews: Vec::new(),
        };
        let answers = self.write_comments(caller, vec![order]).await?;
        answers.into_iter().next().ok_or(Error::NotFound)
    }

    /// Checks the permission to comment on a task, so that a request is refused
    /// before its body is received.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without permission to edit the task or a mention on it.
    pub async fn may_comment(self, caller: &Caller, task_id: Uuid) -> Result<()> {
        let database = self.core.database();
        let place = caller.task_access(database, task_id).await?;
        if !place.can_edit() {
            caller.answers_mention(database.into(), &place).await?;
        }
        Ok(())
    }

    /// Checks the permission to edit each task of a batch. Unlike
    /// [`may_comment`](Self::may_comment), a mention is not sufficient.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if one of the tasks does not exist,
    /// [`Error::Denied`] without permission on one of them.
    pub async fn may_comment_in_batch(self, caller: &Caller, tasks: &[&MaybeId]) -> Result<()> {
        let tasks: BTreeSet<&MaybeId> = tasks.iter().copied().collect();
        for task in tasks {
            let place = caller
                .task_access(self.core.database(), task.found()?)
                .await?;
            ensure(place.can_edit())?;
        }
        Ok(())
    }

    /// Requires that the caller is an admin or a member of any team: others
    /// cannot upload files to any task.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] otherwise.
    pub async fn may_upload_anywhere(self, caller: &Caller) -> Result<()> {
        if caller.is_admin() {
            return Ok(());
        }
        ensure(access::is_in_any_team(self.core.database(), caller.id).await?)
    }

    /// Creates a batch of comments, all or none, either on `task` or on the
    /// task that each item names. Requires permission to edit every task.
    /// Files of previews that are not accepted are left out. Returns the
    /// comments as JSON, as [`comment`](Self::comment) does, each with its
    /// `preview_files`.
    ///
    /// # Errors
    ///
    /// Those of [`comment`](Self::comment), and [`Error::Invalid`] for more
    /// than 1000 comments.
    pub async fn comment_batch(
        self,
        caller: &Caller,
        task: Option<&MaybeId>,
        batch: Vec<BatchComment>,
    ) -> Result<Vec<JsonRow>> {
        check_length("comments", &batch, MAX_COMMENTS)?;
        let mut orders = Vec::with_capacity(batch.len());
        if let Some(task) = task {
            let place = caller
                .task_access(self.core.database(), task.found()?)
                .await?;
            ensure(place.can_edit())?;
        }
        for BatchComment {
            task: own,
            comment,
            files,
            previews,
        } in batch
        {
            let of = task.or(own.as_ref()).ok_or(Error::NotFound)?;
            let place = caller
                .task_access(self.core.database(), of.found()?)
                .await?;
            ensure(place.can_edit() && (previews.is_empty() || place.can_publish()))?;
            orders.push(Order {
                with_departments: comment.person_id.is_some() && place.access.is_manager(),
                draft: self.draft(caller, &place, comment).await?,
                files,
                previews: self.accepted_previews(previews).await?,
            });
        }
        let mut answers = Vec::with_capacity(orders.len());
        for mut written in self.write_orders(caller, orders).await? {
            let mut previews: Vec<Value> = Vec::with_capacity(written.previews.len());
            for (id, kind) in written.previews {
                let files = self.core.files();
                let preview = files.processed_preview(id, kind, PROCESSING).await?;
                previews.push(preview.into());
            }
            let previews = previews.into();
            written.answer.insert("preview_files".into(), previews);
            answers.push(written.answer);
        }
        Ok(answers)
    }

    /// Returns those files of previews that are accepted.
    async fn accepted_previews(self, uploads: Vec<Upload>) -> Result<Vec<AcceptedFile>> {
        let mut accepted = Vec::with_capacity(uploads.len());
        for upload in uploads {
            match self.core.files().accepted(upload).await {
                Ok(file) => accepted.extend(file),
                Err(Error::Invalid { message, .. }) => {
                    tracing::info!(message, "the file of a preview is left out");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(accepted)
    }

    /// Creates comments on tasks of a project, all or none. Managers of the
    /// project comment on all its tasks; others only on tasks of their
    /// departments (supervisors) or assigned to them. Items without permission
    /// are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project or a task does not exist,
    /// [`Error::Denied`] if the caller's role may not set one of the statuses,
    /// [`Error::Invalid`] for more than 1000 comments.
    pub async fn comment_many(
        self,
        caller: &Caller,
        project: &MaybeId,
        batch: Vec<TaskComment>,
    ) -> Result<Vec<JsonRow>> {
        check_length("The list", &batch, MAX_COMMENTS)?;
        let project_id = project.id();
        if !caller.is_admin() {
            self.project_is_there(project_id).await?;
        }
        let mut orders = Vec::with_capacity(batch.len());
        for comment in batch {
            let (Some(task_id), Some(status_id), Some(text)) =
                (comment.task_id, comment.task_status_id, comment.text)
            else {
                continue;
            };
            let place = caller.task_access(self.core.database(), task_id).await?;
            let (task, access) = (&place.task, place.access);
            let manages =
                access.is_manager() && (caller.is_admin() || task.project_id == project_id);
            let is_own = access.is_granted() && task.is_assigned;
            if !(manages || is_own || (access.is_supervisor() && task.is_of_department)) {
                continue;
            }
            comment_access::may_set_status(
                self.core.database(),
                access,
                status_id,
                task.project_id,
            )
            .await?;
            let draft = Draft {
                links: comment.links.into_iter().map(Value::from).collect(),
                ..Draft::plain(Target::of(&place), status_id, caller.id, text)
            };
            orders.push(Order::plain(draft));
        }
        self.write_comments(caller, orders).await
    }

    /// Copies the last comment of a client on each of the tasks, in the
    /// caller's name, for those who cannot read comments of clients. `prefix`
    /// is put in front as a paragraph of its own. Requires a manager of the
    /// project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] for more than 1000 tasks.
    pub async fn copy_client_comments(
        self,
        caller: &Caller,
        project_id: Uuid,
        tasks: &[Uuid],
        prefix: &str,
    ) -> Result<Vec<JsonRow>> {
        if !caller.is_admin() {
            self.project_is_there(Some(project_id)).await?;
        }
        caller
            .project_access(self.core.database(), Some(project_id))
            .await?
            .require_manager()?;
        check_length("task_ids", tasks, MAX_COMMENTS)?;
        let last = threads::last_of_clients(self.core.database(), project_id, tasks).await?;
        let mut orders = Vec::with_capacity(last.len());
        for (task_id, text) in last {
            let place = caller.task_access(self.core.database(), task_id).await?;
            let status_id = place.task.task_status_id.ok_or(Error::NotFound)?;
            let text = if prefix.is_empty() {
                text
            } else {
                format!("{prefix}\n\n{text}")
            };
            let draft = Draft::plain(Target::of(&place), status_id, caller.id, text);
            orders.push(Order::plain(draft));
        }
        self.write_comments(caller, orders).await
    }

    /// Writes comments in one transaction and returns their JSON in order.
    pub(super) async fn write_comments(
        self,
        caller: &Caller,
        orders: Vec<Order>,
    ) -> Result<Vec<JsonRow>> {
        let written = self.write_orders(caller, orders).await?;
        Ok(written.into_iter().map(|written| written.answer).collect())
    }

    /// Like [`write_comments`](Self::write_comments), and returns their new
    /// previews as well.
    async fn write_orders(self, caller: &Caller, orders: Vec<Order>) -> Result<Vec<Written>> {
        let mut staged = Vec::with_capacity(orders.len());
        for order in orders {
            staged.push(order.stage(self.core.files()).await?);
        }
        let mut transaction = self.core.database().begin().await?;
        lock_entities_of_tasks(&mut transaction, &staged).await?;
        let mut all = Vec::with_capacity(staged.len());
        let mut arrivals = ReceivedFiles::default();
        for Order {
            draft,
            with_departments,
            files,
            previews: accepted,
        } in staged
        {
            let target = draft.target;
            let id = self.write_comment(&mut transaction, caller, draft).await?;
            let mut answer = read::written(&mut transaction, caller, id, with_departments).await?;
            if !files.is_empty() {
                let owner = Values::from([("comment_id", id.into())]);
                let attached = self
                    .attach(&mut transaction, &mut arrivals, &owner, files)
                    .await?;
                answer.insert("attachment_files".into(), attached.into());
            }
            let mut previews = Vec::with_capacity(accepted.len());
            for file in accepted {
                let comment = (&target, id);
                let preview_id = file.preview_id();
                self.attach_preview(&mut transaction, caller, comment, (preview_id, None))
                    .await?;
                previews.push((preview_id, file.kind()));
                let place = (&mut transaction, &mut arrivals);
                self.core
                    .files()
                    .receive_preview(place, caller, file, PROCESSING)
                    .await?;
            }
            all.push(Written { answer, previews });
        }
        self.core.files().commit_with(transaction, arrivals).await?;
        Ok(all)
    }

    /// Builds the comment to write. Checks that the caller may set the status;
    /// author, date and `for_client` of the request are ignored unless the
    /// caller is a manager of the project.
    async fn draft(self, caller: &Caller, place: &TaskAccess, sent: NewComment) -> Result<Draft> {
        let database = self.core.database();
        let manages = place.access.is_manager();
        let status_id = sent.task_status_id.found()?;
        comment_access::may_set_status(database, place.access, status_id, place.task.project_id)
            .await?;
        let author_id = match sent.person_id.filter(|_| manages) {
            Some(person) => {
                let person_id = person.found()?;
                require_row(database, &PERSON, person_id).await?;
                person_id
            }
            None => caller.id,
        };
        Ok(Draft {
            checklist: sent.checklist,
            links: sent.links,
            created_at: moment(&sent.created_at).filter(|_| manages),
            for_client: sent.for_client && manages,
            ..Draft::plain(Target::of(place), status_id, author_id, sent.text)
        })
    }

    async fn project_is_there(self, id: Option<Uuid>) -> Result<()> {
        let id = id.ok_or(Error::NotFound)?;
        if projects::exists(self.core.database(), id).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}

/// How previews are processed that come with comments.
const PROCESSING: ProcessingOptions = ProcessingOptions {
    normalize: true,
    waits: false,
};

/// Maximum number of comments per request, as each has its own consequences.
const MAX_COMMENTS: usize = 1000;

/// Locks the entities of several tasks up front, in id order to avoid deadlocks
/// between requests that list the tasks in another order.
async fn lock_entities_of_tasks(
    transaction: &mut Transaction,
    orders: &[StagedOrder],
) -> Result<()> {
    let entities: Vec<Uuid> = orders
        .iter()
        .filter_map(|order| order.draft.target.entity_id)
        .collect();
    if orders.len() > 1 {
        write::lock_entities_for_automations(transaction, &entities).await?;
    }
    Ok(())
}

impl Caller {
    /// Requires that the caller or one of their departments was mentioned on
    /// the task, in a comment or a reply. Always refuses vendors, and people
    /// who are not in the team.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] otherwise.
    pub(super) async fn answers_mention(
        &self,
        mut connection: Executor<'_>,
        place: &TaskAccess,
    ) -> Result<()> {
        ensure(place.access.is_member() && !place.access.is_vendor())?;
        let departments = people::departments(connection.reborrow(), self.id).await?;
        if threads::mentions(connection.reborrow(), place.id, self.id, &departments).await? {
            return Ok(());
        }
        let ids: Vec<Uuid> = departments.iter().copied().chain([self.id]).collect();
        let replies = threads::replies_naming(connection, place.id, &ids).await?;
        let names = |reply: &Value| {
            let holds = |key: &str, id: Uuid| {
                let ids = reply.get(key).and_then(Value::as_array);
                ids.is_some_and(|ids| ids.contains(&id.to_string().into()))
            };
            holds("mentions", self.id)
                || departments
                    .iter()
                    .any(|id| holds("department_mentions", *id))
        };
        ensure(replies.iter().any(names))
    }
}
