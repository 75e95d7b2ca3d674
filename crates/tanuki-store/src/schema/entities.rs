//! Assets, shots, sequences, episodes, scenes and what is cast in what.

use super::ENTITY_STATUSES;
use super::ProjectScope;
use super::types::*;

/// Entities: assets, shots, sequences, episodes, scenes, edits and concepts,
/// distinguished by `entity_type_id`. `nb_frames` is a length in frames.
pub static ENTITY: Table = Table {
    name: "entity",
    object: "Entity",
    scope: ProjectScope::Column,
    columns: &[
        ID,
        varchar("name", 160).required(),
        varchar("code", 160),
        text("description"),
        integer("shotgun_id"),
        boolean("canceled").fill(Fill::Bool(false)),
        integer("nb_frames"),
        integer("nb_entities_out").fill(Fill::Int(0)),
        boolean("is_casting_standby").fill(Fill::Bool(false)),
        boolean("is_shared")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        varchar("status", 255)
            .one_of(ENTITY_STATUSES)
            .required()
            .fill(Fill::Text("running"))
            .indexed(),
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("entity_type_id")
            .required()
            .references("entity_type")
            .indexed(),
        uuid("parent_id").references("entity").indexed(),
        uuid("source_id").references("entity").indexed(),
        uuid("preview_file_id")
            .references("preview_file")
            .reference_named("fk_main_preview"),
        json_object("data"),
        uuid("ready_for")
            .references("task_type")
            .reference_named("fk_ready_for"),
        uuid("created_by").references("person").indexed(),
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "entity_uc",
        columns: &["name", "project_id", "entity_type_id", "parent_id"],
    }],
    indexes: &[
        Index {
            name: "ix_entity_entity_type_parent",
            columns: &["entity_type_id", "parent_id"],
            unique: false,
            predicate: None,
        },
        Index {
            name: "ix_entity_entity_type_project",
            columns: &["entity_type_id", "project_id"],
            unique: false,
            predicate: None,
        },
        Index {
            name: "ix_entity_project_type_status",
            columns: &["project_id", "entity_type_id", "status"],
            unique: false,
            predicate: None,
        },
    ],
    links: &[
        Link {
            field: "entities_out",
            table: "entity_link",
            owner: "entity_in_id",
            target: "entity_out_id",
            of: "entity",
            across_projects: true,
            ..LINK
        },
        Link {
            field: "entity_concept_links",
            table: "entity_concept_link",
            owner: "entity_in_id",
            target: "entity_out_id",
            of: "entity",
            across_projects: true,
            ..LINK
        },
        Link {
            field: "instance_casting",
            table: "asset_instance_link",
            owner: "entity_id",
            target: "asset_instance_id",
            of: "asset_instance",
            across_projects: true,
            ..LINK
        },
        Link {
            field: "entities_in",
            table: "entity_link",
            owner: "entity_out_id",
            target: "entity_in_id",
            of: "entity",
            ..LINK
        },
    ],
    keys: &[
        "id",
        "name",
        "code",
        "description",
        "shotgun_id",
        "canceled",
        "nb_frames",
        "nb_entities_out",
        "is_casting_standby",
        "is_shared",
        "status",
        "project_id",
        "entity_type_id",
        "parent_id",
        "source_id",
        "preview_file_id",
        "data",
        "ready_for",
        "created_by",
        "entities_out",
        "entity_concept_links",
        "instance_casting",
        "created_at",
        "updated_at",
        "entities_in",
    ],
    ..TABLE
};

/// Types of entities: shot, sequence, episode and so on, and the asset types.
pub static ENTITY_TYPE: Table = Table {
    name: "entity_type",
    object: "EntityType",
    columns: &[
        varchar("name", 30).required().indexed_unique(),
        varchar("short_name", 20),
        text("description"),
        boolean("archived").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    links: &[Link {
        field: "task_types",
        table: "task_type_asset_type_link",
        owner: "asset_type_id",
        target: "task_type_id",
        of: "task_type",
        ..LINK
    }],
    keys: &[
        "name",
        "short_name",
        "description",
        "task_types",
        "archived",
        "id",
        "created_at",
        "updated_at",
    ],
    is_small: true,
    ..TABLE
};

/// Castings: `entity_out_id` is cast in `entity_in_id`, `nb_occurences` times.
pub static ENTITY_LINK: Table = Table {
    name: "entity_link",
    object: "EntityLink",
    scope: ProjectScope::Through(&["entity_in_id"]),
    columns: &[
        uuid("entity_in_id")
            .required()
            .references("entity")
            .indexed(),
        uuid("entity_out_id")
            .required()
            .references("entity")
            .across_projects()
            .indexed(),
        json("data"),
        integer("nb_occurences").fill(Fill::Int(1)),
        varchar("label", 80).fill(Fill::Text("")),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["entity_in_id", "entity_out_id", "id"],
    uniques: &[Unique {
        name: "entity_link_uc",
        columns: &["entity_in_id", "entity_out_id"],
    }],
    ..TABLE
};

/// Entities (`entity_out_id`) that a concept (`entity_in_id`) is for.
pub static ENTITY_CONCEPT_LINK: Table = Table {
    name: "entity_concept_link",
    object: "EntityConceptLink",
    scope: ProjectScope::Through(&["entity_in_id"]),
    columns: &[
        uuid("entity_in_id").required().references("entity"),
        uuid("entity_out_id")
            .required()
            .references("entity")
            .across_projects(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["entity_in_id", "entity_out_id", "id"],
    ..TABLE
};

/// Earlier versions of the `data` of an entity.
pub static ENTITY_VERSION: Table = Table {
    name: "entity_version",
    object: "EntityVersion",
    scope: ProjectScope::Through(&["entity_id"]),
    columns: &[
        varchar("name", 160).required(),
        json("data"),
        uuid("entity_id").references("entity").indexed(),
        uuid("person_id").references("person").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Asset instances: single uses of an asset in a scene or another asset.
pub static ASSET_INSTANCE: Table = Table {
    name: "asset_instance",
    object: "AssetInstance",
    scope: ProjectScope::Through(&["scene_id", "target_asset_id", "asset_id"]),
    columns: &[
        uuid("asset_id")
            .required()
            .references("entity")
            .across_projects()
            .indexed(),
        varchar("name", 80),
        integer("number"),
        varchar("description", 200),
        boolean("active").fill(Fill::Bool(true)),
        json("data"),
        uuid("scene_id").references("entity").indexed(),
        uuid("target_asset_id").references("entity").indexed(),
        uuid("entity_id").references("entity").indexed(),
        uuid("entity_type_id").references("entity_type").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "asset_instance_uc",
        columns: &["asset_id", "target_asset_id", "scene_id", "number"],
    }],
    links: &[Link {
        field: "shots",
        table: "asset_instance_link",
        owner: "asset_instance_id",
        target: "entity_id",
        of: "entity",
        for_managers: true,
        ..LINK
    }],
    keys: &[
        "asset_id",
        "name",
        "number",
        "description",
        "active",
        "data",
        "scene_id",
        "target_asset_id",
        "entity_id",
        "entity_type_id",
        "id",
        "created_at",
        "updated_at",
        "shots",
    ],
    ..TABLE
};

/// Asset instances of a shot.
pub static ASSET_INSTANCE_LINK: Table = Table {
    name: "asset_instance_link",
    object: "AssetInstanceLink",
    scope: ProjectScope::Through(&["entity_id"]),
    columns: &[
        uuid("entity_id").required().references("entity"),
        uuid("asset_instance_id")
            .required()
            .references("asset_instance"),
    ],
    primary_key: &["entity_id", "asset_instance_id"],
    ..TABLE
};
