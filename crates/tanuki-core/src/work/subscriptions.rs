//! The caller's subscriptions: whoever is subscribed to a task is notified of
//! its comments; whoever is subscribed to a task type of a sequence, of those
//! on the tasks of its shots.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::query::access::TaskRelation;
use tanuki_store::query::{access, subscriptions};
use tanuki_store::schema::{SUBSCRIPTION, TASK_TYPE};
use tanuki_store::write::{self, Values};
use tanuki_store::{Kind, Shape};
use uuid::Uuid;

use crate::access::{ensure, require_row};
use crate::fields::{check_changes, id_of};
use crate::{Caller, Error, JsonRow, MaybeId, Result, Work};

static SUBSCRIPTIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&SUBSCRIPTION, &[]));

/// The shape of a subscription.
pub fn subscription_shape() -> Shape {
    SUBSCRIPTIONS.shape()
}

impl Work<'_> {
    /// Subscribes the caller to tasks; to be subscribed already is no error.
    /// Returns the subscriptions in the order of the tasks. Requires read
    /// access to all of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one of the tasks does not exist,
    /// [`Error::Denied`] for bots and without access to one of them,
    /// [`Error::Invalid`] for too many tasks.
    pub async fn subscribe(self, caller: &Caller, tasks: &[MaybeId]) -> Result<Vec<JsonRow>> {
        caller.require_person()?;
        check_changes("task_ids", tasks)?;
        let tasks: Vec<Uuid> = tasks.iter().map(MaybeId::found).collect::<Result<_>>()?;
        self.require_tasks(caller, &tasks).await?;
        let mut transaction = self.core.database().begin().await?;
        // In id order, so that two transactions cannot deadlock.
        let wanted: BTreeSet<Uuid> = tasks.iter().copied().collect();
        let new = wanted.iter().map(|task_id| {
            Values::from([
                ("id", Uuid::new_v4().into()),
                ("person_id", caller.id.into()),
                ("task_id", (*task_id).into()),
            ])
        });
        let defaults = self.core.defaults();
        write::insert_new(&mut transaction, &SUBSCRIPTION, new.collect(), &defaults).await?;
        let ids: Vec<Uuid> = wanted.into_iter().collect();
        let rows =
            subscriptions::to_tasks(&mut transaction, &SUBSCRIPTIONS, caller.id, &ids).await?;
        transaction.commit().await?;
        let rows: HashMap<Option<Uuid>, JsonRow> = rows
            .into_iter()
            .map(|row| (id_of(&row, "task_id"), row))
            .collect();
        let row = |task_id: &Uuid| rows.get(&Some(*task_id)).cloned();
        Ok(tasks.iter().filter_map(row).collect())
    }

    /// Unsubscribes the caller from tasks. Tasks that they are not subscribed
    /// to, or that do not exist, are skipped.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::Invalid`] for too many tasks.
    pub async fn unsubscribe(self, caller: &Caller, tasks: &[MaybeId]) -> Result<()> {
        caller.require_person()?;
        check_changes("task_ids", tasks)?;
        let tasks: Vec<Uuid> = tasks.iter().filter_map(MaybeId::id).collect();
        let mut transaction = self.core.database().begin().await?;
        subscriptions::remove_from_tasks(&mut transaction, caller.id, &tasks).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns whether the caller is subscribed to a task; `false` if it does
    /// not exist.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn is_subscribed(self, caller: &Caller, task: &MaybeId) -> Result<bool> {
        caller.require_person()?;
        let Some(task_id) = task.id() else {
            return Ok(false);
        };
        let database = self.core.database();
        let found =
            subscriptions::to_tasks(database, &SUBSCRIPTIONS, caller.id, &[task_id]).await?;
        Ok(!found.is_empty())
    }

    /// Subscribes the caller to a task type of a sequence: to the tasks of its
    /// shots, also of those that are created later. Returns the subscription;
    /// to be subscribed already is no error. Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such sequence or task type,
    /// [`Error::Denied`] for bots and without access to the project.
    pub async fn subscribe_to_sequence(
        self,
        caller: &Caller,
        sequence_id: Uuid,
        task_type: &MaybeId,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let sequence = self
            .core
            .load_entity_unchecked(caller, Kind::Sequence, sequence_id)
            .await?;
        ensure(sequence.access.is_granted())?;
        let task_type_id = task_type.found()?;
        let mut transaction = self.core.database().begin().await?;
        require_row(&mut transaction, &TASK_TYPE, task_type_id).await?;
        let new = Values::from([
            ("id", Uuid::new_v4().into()),
            ("person_id", caller.id.into()),
            ("entity_id", sequence_id.into()),
            ("task_type_id", task_type_id.into()),
        ]);
        let defaults = self.core.defaults();
        write::insert_new(&mut transaction, &SUBSCRIPTION, vec![new], &defaults).await?;
        let to = (sequence_id, task_type_id);
        let row =
            subscriptions::to_sequence(&mut transaction, &SUBSCRIPTIONS, caller.id, to).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Unsubscribes the caller from a task type of a sequence; not to be
    /// subscribed is no error.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn unsubscribe_from_sequence(
        self,
        caller: &Caller,
        sequence: &MaybeId,
        task_type: &MaybeId,
    ) -> Result<()> {
        caller.require_person()?;
        let (Some(sequence_id), Some(task_type_id)) = (sequence.id(), task_type.id()) else {
            return Ok(());
        };
        let from = (sequence_id, task_type_id);
        let mut transaction = self.core.database().begin().await?;
        subscriptions::remove_from_sequence(&mut transaction, caller.id, from).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns whether the caller is subscribed to a task type of a sequence;
    /// `false` if one of them does not exist.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn is_subscribed_to_sequence(
        self,
        caller: &Caller,
        sequence: &MaybeId,
        task_type: &MaybeId,
    ) -> Result<bool> {
        caller.require_person()?;
        let (Some(sequence_id), Some(task_type_id)) = (sequence.id(), task_type.id()) else {
            return Ok(false);
        };
        let to = (sequence_id, task_type_id);
        let database = self.core.database();
        let found = subscriptions::to_sequence(database, &SUBSCRIPTIONS, caller.id, to).await?;
        Ok(found.is_some())
    }

    /// Requires read access to each of the tasks, with three statements.
    async fn require_tasks(self, caller: &Caller, tasks: &[Uuid]) -> Result<()> {
        let database = self.core.database();
        let relations = access::task_relations(database, caller.id, tasks).await?;
        let on_tasks: Vec<&TaskRelation> = tasks
            .iter()
            .map(|id| relations.get(id).ok_or(Error::NotFound))
            .collect::<Result<_>>()?;
        let mut as_vendor = Vec::new();
        for task in on_tasks {
            let access = caller.project_access_of(task.membership.clone());
            ensure(access.is_granted())?;
            as_vendor.extend(task.entity_id.filter(|_| access.is_vendor()));
        }
        if as_vendor.is_empty() {
            return Ok(());
        }
        let reached = access::worked_on_entities(database, caller.id).await?;
        ensure(as_vendor.iter().all(|id| reached.contains(id)))
    }
}
