//! What clients and vendors are not shown of rows that their productions show
//! them: how the studio works, and metadata that is not meant for them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tanuki_store::query::access;
use tanuki_store::query::masking::{self, HiddenField};
use uuid::Uuid;

use crate::fields::id_of;
use crate::tasks::shapes::blank_row;
use crate::{Caller, Core, Result};

type Row = Map<String, Value>;

/// What is hidden from somebody who is a client or a vendor somewhere.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    /// Productions that they are a client of.
    client_of: BTreeSet<Uuid>,
    hidden: BTreeMap<Uuid, Vec<HiddenField>>,
}

impl Core {
    /// What is hidden from the caller; `None` for who is no client and no
    /// vendor of any production.
    pub(crate) async fn mask(&self, caller: &Caller) -> Result<Option<Mask>> {
        if caller.is_admin() {
            return Ok(None);
        }
        let mut mask = Mask::default();
        let mut is_guest = false;
        for (project_id, place) in access::memberships(self.database(), caller.id).await? {
            let standing = caller.standing_as(Some(place));
            is_guest |= standing.is_client() || standing.is_vendor();
            if standing.is_client() {
                mask.client_of.insert(project_id);
            }
        }
        if !is_guest {
            return Ok(None);
        }
        for field in masking::hidden_fields(self.database(), caller.id).await? {
            mask.hidden.entry(field.project_id).or_default().push(field);
        }
        Ok(Some(mask))
    }
}

impl Mask {
    /// Hides values of an entity's `data`; `kind` is what its fields are for,
    /// as `Asset`.
    pub fn entity(&self, project_id: Uuid, kind: &str, entity: &mut Row) {
        if let Some(data) = entity.get_mut("data") {
            self.hide(project_id, data, |field| field.entity_type == kind);
        }
    }

    /// The same of a row of `/data/entities`, which says what it is.
    pub fn entity_row(&self, entity: &mut Row) {
        let kind = entity
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let (Some(project_id), Some(kind)) = (id_of(entity, "project_id"), kind) {
            self.entity(project_id, &kind, entity);
        }
    }

    /// Hides values of a task's `data`, and from a client how the studio works
    /// on it.
    pub fn task_row(&self, task: &mut Row) {
        if let Some(project_id) = id_of(task, "project_id") {
            self.task(project_id, task);
        }
    }

    /// The same of a task that does not say what production it is of.
    pub fn task(&self, project_id: Uuid, task: &mut Row) {
        if self.client_of.contains(&project_id) {
            blank_row(task);
        }
        let task_type_id = id_of(task, "task_type_id");
        if let Some(data) = task.get_mut("data") {
            self.hide(project_id, data, |field| {
                let is_of_type = field.task_type_id.is_none() || field.task_type_id == task_type_id;
                field.entity_type == masking::TASK && is_of_type
            });
        }
    }

    /// Hides values of metadata that stand under another key than `data`.
    pub fn metadata(&self, project_id: Uuid, kind: &str, data: &mut Value) {
        self.hide(project_id, data, |field| field.entity_type == kind);
    }

    fn hide(&self, project_id: Uuid, data: &mut Value, is_of_it: impl Fn(&HiddenField) -> bool) {
        let Some(data) = data.as_object_mut() else {
            return;
        };
        let fields = self.hidden.get(&project_id).into_iter().flatten();
        for field in fields.filter(|field| is_of_it(field)) {
            data.shift_remove(&field.field_name);
        }
    }
}
