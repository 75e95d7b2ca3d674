//! Previews, working and output files, and what the file stores hold.

use super::ProjectScope;
use super::types::*;
use super::{PREVIEW_STATUSES, VALIDATION_STATUSES};

/// Previews: pictures, movies and other files, numbered by `revision` for each
/// task. `file_size` in bytes, `width` and `height` in pixels, `duration` in
/// seconds.
pub static PREVIEW_FILE: Table = Table {
    name: "preview_file",
    object: "PreviewFile",
    scope: ProjectScope::Through(&["task_id"]),
    columns: &[
        varchar("name", 250),
        varchar("original_name", 250),
        integer("revision").fill(Fill::Int(1)),
        integer("position").fill(Fill::Int(1)),
        varchar("extension", 6),
        text("description"),
        varchar("path", 400),
        varchar("source", 40),
        bigint("file_size").fill(Fill::Int(0)),
        varchar("status", 255)
            .one_of(PREVIEW_STATUSES)
            .required()
            .fill(Fill::Text("processing")),
        varchar("validation_status", 255)
            .one_of(VALIDATION_STATUSES)
            .required()
            .fill(Fill::Text("neutral")),
        json_objects("annotations"),
        integer("width").fill(Fill::Int(0)),
        integer("height").fill(Fill::Int(0)),
        double("duration").fill(Fill::Int(0)),
        uuid("task_id").references("task").indexed(),
        uuid("person_id").references("person").indexed(),
        uuid("source_file_id").references("output_file").indexed(),
        integer("shotgun_id").unique(),
        boolean("is_movie").fill(Fill::Bool(false)),
        varchar("url", 600),
        varchar("uploaded_movie_url", 600),
        varchar("uploaded_movie_name", 150),
        ID,
        CREATED_AT,
        UPDATED_AT,
        json("data"),
        integer("token_in"),
        integer("token_out"),
    ],
    uniques: &[Unique {
        name: "preview_uc",
        columns: &["name", "task_id", "revision"],
    }],
    links: &[Link {
        field: "comments",
        table: "comment_preview_link",
        owner: "preview_file",
        target: "comment",
        of: "comment",
        for_managers: true,
        ..LINK
    }],
    keys: &[
        "name",
        "original_name",
        "revision",
        "position",
        "extension",
        "description",
        "path",
        "source",
        "file_size",
        "status",
        "validation_status",
        "annotations",
        "width",
        "height",
        "duration",
        "data",
        "token_in",
        "token_out",
        "task_id",
        "person_id",
        "source_file_id",
        "shotgun_id",
        "is_movie",
        "url",
        "uploaded_movie_url",
        "uploaded_movie_name",
        "id",
        "created_at",
        "updated_at",
        "comments",
    ],
    ..TABLE
};

/// Where the files of a preview are stored.
pub static PREVIEW_FILE_STORAGE_STATE: Table = Table {
    name: "preview_file_storage_state",
    object: "PreviewFileStorageState",
    scope: ProjectScope::Through(&["preview_file_id"]),
    columns: &[
        ID,
        CREATED_AT,
        UPDATED_AT,
        uuid("preview_file_id")
            .required()
            .references("preview_file")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        varchar("bucket", 20).required(),
        varchar("prefix", 40).required(),
        varchar("state", 255).required(),
    ],
    uniques: &[Unique {
        name: "preview_file_storage_state_uc",
        columns: &["preview_file_id", "bucket", "prefix"],
    }],
    indexes: &[Index {
        name: "ix_preview_file_storage_state_bucket_prefix_state",
        columns: &["bucket", "prefix", "state"],
        unique: false,
        predicate: None,
    }],
    keys: &[
        "preview_file_id",
        "bucket",
        "prefix",
        "state",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Background images for 3D previews; `file_size` in bytes.
pub static PREVIEW_BACKGROUND_FILE: Table = Table {
    name: "preview_background_file",
    object: "PreviewBackgroundFile",
    columns: &[
        varchar("name", 40).required(),
        boolean("archived").fill(Fill::Bool(false)),
        boolean("is_default").fill(Fill::Bool(false)).indexed(),
        varchar("original_name", 250),
        varchar("extension", 6),
        bigint("file_size").fill(Fill::Int(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Registry of the objects in the file stores, and of those to be purged;
/// `size` in bytes.
pub static STORED_FILE: Table = Table {
    name: "stored_file",
    object: "StoredFile",
    columns: &[
        ID,
        CREATED_AT,
        UPDATED_AT,
        varchar("bucket", 20).required(),
        varchar("key", 255).required(),
        varchar("prefix", 40).required(),
        varchar("file_id", 200).required().indexed(),
        bigint("size"),
        timestamp("deleted_at"),
        boolean("purge_forced")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        timestamp("purged_at"),
        integer("purge_attempts")
            .required()
            .default(Literal::Int(0))
            .fill(Fill::Int(0)),
        text("last_error"),
        json("journal")
            .required()
            .default(Literal::EmptyJsonList)
            .fill(Fill::EmptyList),
    ],
    uniques: &[Unique {
        name: "stored_file_uc",
        columns: &["bucket", "key"],
    }],
    indexes: &[Index {
        name: "ix_stored_file_to_purge",
        columns: &["purge_forced", "deleted_at"],
        unique: false,
        predicate: Some("(deleted_at IS NOT NULL) AND (purged_at IS NULL)"),
    }],
    keys: &[
        "bucket",
        "key",
        "prefix",
        "file_id",
        "size",
        "deleted_at",
        "purge_forced",
        "purged_at",
        "purge_attempts",
        "last_error",
        "journal",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Working files: the files that artists work in.
pub static WORKING_FILE: Table = Table {
    name: "working_file",
    object: "WorkingFile",
    scope: ProjectScope::Through(&["task_id", "entity_id"]),
    columns: &[
        integer("shotgun_id").indexed(),
        varchar("name", 250),
        text("description"),
        text("comment"),
        integer("revision"),
        integer("size"),
        integer("checksum"),
        varchar("path", 400),
        json("data"),
        uuid("task_id").references("task").indexed(),
        uuid("entity_id").references("entity").indexed(),
        uuid("person_id").references("person").indexed(),
        uuid("software_id").references("software").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        varchar("validation_status", 255)
            .one_of(VALIDATION_STATUSES)
            .required()
            .default(Literal::Text("neutral"))
            .fill(Fill::Text("neutral")),
    ],
    uniques: &[Unique {
        name: "working_file_uc",
        columns: &["name", "task_id", "entity_id", "revision"],
    }],
    links: &[Link {
        field: "outputs",
        table: "output_file",
        owner: "source_file_id",
        target: "id",
        of: "output_file",
        for_managers: true,
        ..LINK
    }],
    keys: &[
        "shotgun_id",
        "name",
        "description",
        "comment",
        "revision",
        "size",
        "checksum",
        "path",
        "data",
        "validation_status",
        "task_id",
        "entity_id",
        "person_id",
        "software_id",
        "outputs",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Output files: files made from working files.
pub static OUTPUT_FILE: Table = Table {
    name: "output_file",
    object: "OutputFile",
    scope: ProjectScope::Through(&["entity_id", "temporal_entity_id", "asset_instance_id"]),
    columns: &[
        integer("shotgun_id"),
        varchar("name", 250).required(),
        boolean("canceled").required().fill(Fill::Bool(false)),
        integer("size"),
        varchar("checksum", 32),
        text("description"),
        text("comment"),
        varchar("extension", 10),
        integer("revision").required(),
        varchar("representation", 20).indexed(),
        integer("nb_elements").fill(Fill::Int(1)),
        varchar("source", 40),
        varchar("path", 400),
        json("data"),
        uuid("file_status_id")
            .required()
            .references("file_status")
            .indexed(),
        uuid("entity_id").references("entity").indexed(),
        uuid("asset_instance_id")
            .references("asset_instance")
            .indexed(),
        uuid("output_type_id").references("output_type").indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        uuid("person_id").references("person").indexed(),
        uuid("source_file_id").references("working_file").indexed(),
        uuid("temporal_entity_id").references("entity").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        varchar("quality", 255).one_of(&["low", "mid", "high"]),
    ],
    uniques: &[Unique {
        name: "output_file_uc",
        columns: &[
            "name",
            "entity_id",
            "asset_instance_id",
            "output_type_id",
            "task_type_id",
            "temporal_entity_id",
            "representation",
            "revision",
        ],
    }],
    keys: &[
        "shotgun_id",
        "name",
        "canceled",
        "size",
        "checksum",
        "description",
        "comment",
        "extension",
        "revision",
        "representation",
        "nb_elements",
        "source",
        "path",
        "data",
        "quality",
        "file_status_id",
        "entity_id",
        "asset_instance_id",
        "output_type_id",
        "task_type_id",
        "person_id",
        "source_file_id",
        "temporal_entity_id",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Types of output files.
pub static OUTPUT_TYPE: Table = Table {
    name: "output_type",
    object: "OutputType",
    columns: &[
        varchar("name", 40).required().indexed_unique(),
        varchar("short_name", 20).required(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Statuses of output files.
pub static FILE_STATUS: Table = Table {
    name: "file_status",
    object: "FileStatus",
    columns: &[
        varchar("name", 40).required().unique(),
        varchar("color", 7).required(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};
