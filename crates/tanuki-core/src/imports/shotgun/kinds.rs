//! What is imported from ShotGrid: for each kind of row, which keys are stored
//! in which columns, and which stored row it is.

use tanuki_store::schema::{
    COMMENT, ENTITY, PREVIEW_FILE, PROJECT, TASK, TASK_STATUS, TASK_TYPE, Table,
};
use tanuki_store::view::people::FULL_UNLINKED;
use tanuki_store::{Kind, Shape, view};

use super::complete::{self, Complete, Settle};
use super::fields::{Field, Otherwise, Read, plain, reference};
use super::keys::Of;
use super::known::{Also, AlsoColumn};
use super::names::Creates;
use crate::comments::COMMENTS;
use crate::files::PREVIEW_FILES;
use crate::imports::rows::plain as unlinked;
use crate::imports::rows::{Linking, RowImport, events};
use crate::projects::PROJECTS;
use crate::studio::{TASK_STATUSES, TASK_TYPES};
use crate::tasks::TASKS;

/// How rows of one kind are imported from ShotGrid.
#[derive(Debug)]
pub struct ShotgunImport {
    /// The last part of the path: `/import/shotgun/NAME`.
    pub name: &'static str,
    pub(super) what: What,
}

/// What the rows are.
#[derive(Debug)]
pub(super) enum What {
    Rows(&'static RowsOf),
    People,
    /// Members of teams.
    Members,
}

impl ShotgunImport {
    /// The shape of the response: the rows as they are stored, without links.
    pub fn shape(&self) -> Shape {
        match self.what {
            What::Rows(rows) => rows.import.shape(),
            What::People => FULL_UNLINKED.shape().list(),
            What::Members => unlinked(&PROJECTS).shape().list(),
        }
    }
}

/// How the rows of a table are imported.
#[derive(Debug)]
pub(super) struct RowsOf {
    /// How they are written.
    pub import: RowImport,
    /// The kind, if they are entities.
    pub entities: Option<Kind>,
    pub fields: &'static [Field],
    /// What is created by name where it is missing.
    pub creates: Option<Creates>,
    pub complete: Complete,
    pub also: Option<Also>,
    pub settle: Settle,
}

impl RowsOf {
    const fn new(name: &'static str, table: &'static Table) -> Self {
        Self {
            import: RowImport {
                sets_updated_at: true,
                ..RowImport::new(name, table)
            },
            entities: None,
            fields: &[],
            creates: None,
            complete: complete::as_it_is,
            also: None,
            settle: complete::by_id_or_same,
        }
    }

    const fn entities(name: &'static str, kind: Kind) -> Self {
        let rows = Self::new(name, &ENTITY);
        Self {
            import: RowImport {
                projection: || &view::entities::PLAIN,
                keys: &[
                    ("name", "code"),
                    ("project_id", "project"),
                    ("entity_type_id", "sg_asset_type"),
                    ("parent_id", "sg_sequence"),
                    ("source_id", "sg_scene"),
                    ("entities_out", "assets"),
                ],
                event: events::of_entity,
                ..rows.import
            },
            entities: Some(kind),
            ..rows
        }
    }
}

/// A project that rows without one do not need.
const PROJECT_OR_LEFT_OUT: Field = reference("project", "project_id", Read::One(Of::ProjectNamed))
    .required()
    .null(Otherwise::LeaveOut)
    .unknown(Otherwise::LeaveOut);

/// A project that rows have to have.
const PROJECT_NAMED: Field = reference("project", "project_id", Read::One(Of::ProjectNamed))
    .required()
    .null(Otherwise::Refuse)
    .unknown(Otherwise::Refuse);

static PROJECT_ROWS: RowsOf = {
    let rows = RowsOf::new("projects", &PROJECT);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&PROJECTS),
            keys: &[("project_status_id", "sg_status")],
            event: events::of_project,
            ..rows.import
        },
        fields: &[
            plain("name", "name"),
            reference(
                "sg_status",
                "project_status_id",
                Read::One(Of::ProjectStatus),
            )
            .required(),
        ],
        creates: Some(Creates {
            of: Of::ProjectStatus,
            key: "sg_status",
        }),
        complete: complete::project,
        ..rows
    }
};

static EPISODES: RowsOf = RowsOf {
    fields: &[
        plain("code", "name"),
        plain("description", "description"),
        PROJECT_OR_LEFT_OUT,
    ],
    ..RowsOf::entities("episodes", Kind::Episode)
};

static SEQUENCES: RowsOf = {
    let rows = RowsOf::entities("sequences", Kind::Sequence);
    RowsOf {
        import: RowImport {
            keys: &[
                ("name", "code"),
                ("project_id", "project"),
                ("parent_id", "episode"),
            ],
            ..rows.import
        },
        fields: &[
            plain("code", "name"),
            plain("description", "description"),
            PROJECT_OR_LEFT_OUT,
            reference("episode", "parent_id", Read::One(Of::Entity(Kind::Episode))),
        ],
        also: Some(Also {
            column: AlsoColumn::Id("project_id"),
            same: &["name", "parent_id", "project_id"],
            unique: &[],
        }),
        settle: complete::sequence,
        ..rows
    }
};

static ASSETS: RowsOf = RowsOf {
    fields: &[
        plain("code", "name"),
        plain("description", "description"),
        reference("sg_asset_type", "entity_type_id", Read::One(Of::AssetType))
            .required()
            .null(Otherwise::LeaveOut),
        reference("project", "project_id", Read::One(Of::Project))
            .required()
            .null(Otherwise::Refuse)
            .unknown(Otherwise::LeaveOut),
    ],
    creates: Some(Creates {
        of: Of::AssetType,
        key: "sg_asset_type",
    }),
    ..RowsOf::entities("assets", Kind::Asset)
};

static SCENES: RowsOf = {
    const SEQUENCE: &str = "sequence_sg_scenes_1_sequences";
    let rows = RowsOf::entities("scenes", Kind::Scene);
    RowsOf {
        import: RowImport {
            keys: &[
                ("name", "code"),
                ("project_id", "project"),
                ("parent_id", SEQUENCE),
            ],
            ..rows.import
        },
        fields: &[
            plain("code", "name"),
            PROJECT_NAMED,
            reference(
                SEQUENCE,
                "parent_id",
                Read::First(Of::Entity(Kind::Sequence)),
            ),
        ],
        ..rows
    }
};

static SHOTS: RowsOf = {
    let rows = RowsOf::entities("shots", Kind::Shot);
    RowsOf {
        import: RowImport {
            links: &[("entities_out", Linking::Replace)],
            ..rows.import
        },
        fields: &[
            plain("code", "name"),
            PROJECT_NAMED,
            reference(
                "sg_sequence",
                "parent_id",
                Read::One(Of::Entity(Kind::Sequence)),
            ),
            reference("sg_scene", "source_id", Read::One(Of::Entity(Kind::Scene))),
            reference("assets", "entities_out", Read::All(Of::Entity(Kind::Asset))),
        ],
        complete: complete::shot,
        ..rows
    }
};

static STEPS: RowsOf = {
    let rows = RowsOf::new("steps", &TASK_TYPE);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&TASK_TYPES),
            keys: &[("name", "code"), ("for_entity", "entity_type")],
            ..rows.import
        },
        fields: &[
            plain("code", "name").null(Otherwise::Refuse),
            Field {
                read: Read::Or(""),
                ..plain("short_name", "short_name")
            },
            Field {
                read: Read::Or("Asset"),
                ..plain("entity_type", "for_entity")
            },
        ],
        creates: Some(Creates {
            of: Of::Department,
            key: "code",
        }),
        complete: complete::step,
        also: Some(Also {
            column: AlsoColumn::TextInAnyCase("name"),
            same: &["name", "for_entity"],
            unique: &["name", "for_entity", "department_id"],
        }),
        settle: complete::task_type,
        ..rows
    }
};

static STATUSES: RowsOf = {
    let rows = RowsOf::new("status", &TASK_STATUS);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&TASK_STATUSES),
            keys: &[("short_name", "code"), ("color", "bg_color")],
            ..rows.import
        },
        fields: &[plain("name", "name"), plain("code", "short_name")],
        complete: complete::status,
        also: Some(Also {
            column: AlsoColumn::Text("short_name"),
            same: &["short_name"],
            unique: &[],
        }),
        ..rows
    }
};

static TASK_ROWS: RowsOf = {
    let rows = RowsOf::new("tasks", &TASK);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&TASKS),
            keys: &[
                ("name", "cached_display_name"),
                ("sort_order", "sg_sort_order"),
                ("task_type_id", "step"),
                ("task_status_id", "sg_status_list"),
                ("project_id", "project"),
                ("entity_id", "entity"),
                ("assigner_id", "created_by"),
                ("assignees", "task_assignees"),
            ],
            links: &[("assignees", Linking::Replace)],
            ..rows.import
        },
        fields: &[
            reference("step", "task_type_id", Read::One(Of::TaskType))
                .required()
                .null(Otherwise::LeaveOut),
            reference("project", "project_id", Read::One(Of::Project))
                .required()
                .null(Otherwise::LeaveOut)
                .unknown(Otherwise::Refuse),
            plain("cached_display_name", "name"),
            plain("start_date", "start_date"),
            plain("due_date", "due_date"),
            plain("sg_sort_order", "sort_order"),
            plain("duration", "duration"),
            reference(
                "sg_status_list",
                "task_status_id",
                Read::One(Of::TaskStatus),
            )
            .required(),
            reference("entity", "entity_id", Read::One(Of::AnyEntity)).required(),
            reference("created_by", "assigner_id", Read::One(Of::Person)).required(),
            reference("task_assignees", "assignees", Read::All(Of::Person)).required(),
        ],
        also: Some(Also {
            column: AlsoColumn::Id("entity_id"),
            same: &["name", "project_id", "task_type_id", "entity_id"],
            unique: &[],
        }),
        settle: complete::task,
        ..rows
    }
};

static VERSIONS: RowsOf = {
    let rows = RowsOf::new("versions", &PREVIEW_FILE);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&PREVIEW_FILES),
            keys: &[
                ("name", "code"),
                ("task_id", "sg_task"),
                ("person_id", "user"),
                ("uploaded_movie_url", "sg_uploaded_movie"),
                ("uploaded_movie_name", "sg_uploaded_movie"),
            ],
            ..rows.import
        },
        fields: &[
            reference("sg_task", "task_id", Read::One(Of::Task))
                .required()
                .null(Otherwise::LeaveOut)
                .unknown(Otherwise::LeaveOut),
            plain("code", "name"),
            plain("description", "description"),
            Field {
                missing: Otherwise::Keep,
                ..reference("user", "person_id", Read::One(Of::Person)).null(Otherwise::Keep)
            },
        ],
        complete: complete::version,
        also: Some(Also {
            column: AlsoColumn::Id("task_id"),
            same: &["name", "task_id"],
            unique: &[],
        }),
        ..rows
    }
};

static NOTES: RowsOf = {
    let rows = RowsOf::new("notes", &COMMENT);
    RowsOf {
        import: RowImport {
            projection: || unlinked(&COMMENTS),
            keys: &[
                ("text", "content"),
                ("object_id", "tasks"),
                ("person_id", "user"),
            ],
            event: events::of_comment,
            ..rows.import
        },
        fields: &[
            reference("tasks", "object_id", Read::First(Of::Task))
                .required()
                .null(Otherwise::LeaveOut)
                .unknown(Otherwise::LeaveOut),
            plain("content", "text"),
            reference("user", "person_id", Read::One(Of::Person))
                .required()
                .null(Otherwise::Refuse)
                .unknown(Otherwise::Refuse),
        ],
        complete: complete::note,
        ..rows
    }
};

const fn rows(rows: &'static RowsOf) -> ShotgunImport {
    ShotgunImport {
        name: rows.import.name,
        what: What::Rows(rows),
    }
}

const fn members(name: &'static str) -> ShotgunImport {
    ShotgunImport {
        name,
        what: What::Members,
    }
}

/// What is imported from ShotGrid, in the order in which rows refer to others.
pub static SHOTGUN_IMPORTS: &[ShotgunImport] = &[
    rows(&PROJECT_ROWS),
    ShotgunImport {
        name: "persons",
        what: What::People,
    },
    members("project-connections"),
    members("projectconnections"),
    rows(&EPISODES),
    rows(&SEQUENCES),
    rows(&ASSETS),
    rows(&SCENES),
    rows(&SHOTS),
    rows(&STEPS),
    rows(&STATUSES),
    rows(&TASK_ROWS),
    rows(&VERSIONS),
    rows(&NOTES),
];
