//! The rows of a new studio: the default (3D animation) set of Zou 1.0.97, in
//! the order in which Zou creates them.

use std::collections::HashMap;

use tanuki_domain::Clock;
use uuid::Uuid;

use crate::schema::{
    DEPARTMENT, ENTITY_TYPE, ORGANISATION, PROJECT_STATUS, TASK_STATUS, TASK_TYPE, Table,
};
use crate::write::{Defaults, Values, insert};
use crate::{Result, Transaction};

const PROJECT_STATUSES: &[&str] = &["Open", "Closed"];

const ENTITY_TYPES: &[&str] = &[
    "Shot",
    "Scene",
    "Sequence",
    "Episode",
    "Edit",
    "Concept",
    "ConceptFolder",
    "Character",
    "Prop",
    "Environment",
    "FX",
];

/// Name and colour.
const DEPARTMENTS: &[(&str, &str)] = &[
    ("Modeling", "#78909C"),
    ("Animation", "#009688"),
    ("FX", "#26C6DA"),
    ("Compositing", "#F06292"),
    ("Concept", "#8D6E63"),
    ("Layout", "#7CB342"),
];

/// Name, colour, priority, entity type that it is for, department.
const TASK_TYPES: &[(&str, &str, i32, &str, Option<&str>)] = &[
    ("Concept", "#8D6E63", 1, "Concept", None),
    ("Concept", "#8D6E63", 1, "Asset", Some("Concept")),
    ("Modeling", "#78909C", 2, "Asset", Some("Modeling")),
    ("Shading", "#64B5F6", 3, "Asset", Some("Modeling")),
    ("Rigging", "#9CCC65", 4, "Asset", Some("Animation")),
    ("Storyboard", "#43A047", 1, "Shot", Some("Concept")),
    ("Layout", "#7CB342", 2, "Shot", Some("Layout")),
    ("Animation", "#009688", 3, "Shot", Some("Animation")),
    ("Lighting", "#F9A825", 4, "Shot", Some("Compositing")),
    ("FX", "#26C6DA", 5, "Shot", Some("FX")),
    ("Rendering", "#F06292", 6, "Shot", Some("Compositing")),
    ("Compositing", "#ff5252", 7, "Shot", Some("Compositing")),
    ("Edit", "#9b298c", 8, "Edit", Some("Compositing")),
];

/// Name, short name, colour and the flags that are set.
const TASK_STATUSES: &[(&str, &str, &str, &[&str])] = &[
    ("Todo", "todo", "#f5f5f5", &["is_default"]),
    ("Work In Progress", "wip", "#3273dc", &["is_wip"]),
    (
        "Waiting For Approval",
        "wfa",
        "#ab26ff",
        &["is_feedback_request"],
    ),
    ("Retake", "retake", "#ff3860", &["is_retake"]),
    ("Done", "done", "#22d160", &["is_done"]),
    ("Ready To Start", "ready", "#fbc02d", &[]),
    (
        "Neutral",
        "neutral",
        "#CCCCCC",
        &["is_default", "for_concept"],
    ),
    ("Approved", "approved", "#66BB6A", &["for_concept"]),
    ("Rejected", "rejected", "#E81123", &["for_concept"]),
];

/// Inserts all of these rows.
pub(crate) async fn insert_all(transaction: &mut Transaction, clock: &dyn Clock) -> Result<()> {
    let mut writer = Writer { transaction, clock };
    for name in PROJECT_STATUSES {
        let color = "#000000";
        writer
            .row(
                &PROJECT_STATUS,
                [("name", (*name).into()), ("color", color.into())],
            )
            .await?;
    }
    for name in ENTITY_TYPES {
        writer.row(&ENTITY_TYPE, [("name", (*name).into())]).await?;
    }
    let mut departments = HashMap::new();
    for (name, color) in DEPARTMENTS {
        let id = writer
            .row(
                &DEPARTMENT,
                [("name", (*name).into()), ("color", (*color).into())],
            )
            .await?;
        departments.insert(*name, id);
    }
    for (name, color, priority, for_entity, department) in TASK_TYPES {
        let department = department.and_then(|name| departments.get(name).copied());
        writer
            .row(
                &TASK_TYPE,
                [
                    ("name", (*name).into()),
                    ("short_name", "".into()),
                    ("color", (*color).into()),
                    ("priority", (*priority).into()),
                    ("for_entity", (*for_entity).into()),
                    ("department_id", department.into()),
                ],
            )
            .await?;
    }
    for (name, short_name, color, flags) in TASK_STATUSES {
        let mut values = Values::from([
            ("name", (*name).into()),
            ("short_name", (*short_name).into()),
            ("color", (*color).into()),
        ]);
        values.extend(flags.iter().map(|flag| (*flag, true.into())));
        writer.row(&TASK_STATUS, values).await?;
    }
    writer
        .row(&ORGANISATION, [("name", "Kitsu".into())])
        .await?;
    Ok(())
}

struct Writer<'a> {
    transaction: &'a mut Transaction,
    clock: &'a dyn Clock,
}

impl Writer<'_> {
    async fn row(
        &mut self,
        table: &'static Table,
        values: impl IntoIterator<Item = (&'static str, crate::Value)>,
    ) -> Result<Uuid> {
        let id = Uuid::new_v4();
        let mut values: Values = values.into_iter().collect();
        values.insert("id", id.into());
        // Each row gets a later time, so that lists sorted by creation keep
        // this order.
        let defaults = Defaults {
            now: self.clock.timestamp(),
            timezone: "",
            locale: "",
        };
        insert(self.transaction, table, values, &defaults).await?;
        Ok(id)
    }
}
