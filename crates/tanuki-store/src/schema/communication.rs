//! Comments, notifications, chats and playlists.

use super::NOTIFICATION_TYPES;
use super::ProjectScope;
use super::types::*;

/// Comments on tasks. `object_id` is the task; `replies` and `checklist` are
/// JSON arrays of objects.
pub static COMMENT: Table = Table {
    name: "comment",
    object: "Comment",
    scope: ProjectScope::Through(&["object_id"]),
    columns: &[
        integer("shotgun_id"),
        uuid("object_id").required().points_at("task").indexed(),
        varchar("object_type", 80).required().indexed(),
        text("text"),
        json("data"),
        json_objects("replies").fill(Fill::EmptyList),
        json_objects("checklist").fill(Fill::EmptyList),
        boolean("pinned"),
        array("links", Element::Varchar(None)),
        uuid("task_status_id").references("task_status").indexed(),
        uuid("person_id").required().references("person").indexed(),
        uuid("editor_id").references("person").indexed(),
        uuid("preview_file_id").references("preview_file").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("for_client")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
    ],
    links: &[
        Link {
            field: "previews",
            table: "comment_preview_link",
            owner: "comment",
            target: "preview_file",
            of: "preview_file",
            for_managers: true,
            ..LINK
        },
        Link {
            field: "mentions",
            table: "comment_mentions",
            owner: "comment",
            target: "person",
            of: "person",
            ..LINK
        },
        Link {
            field: "department_mentions",
            table: "comment_department_mentions",
            owner: "comment",
            target: "department",
            of: "department",
            ..LINK
        },
        Link {
            field: "acknowledgements",
            table: "comment_acknoledgments",
            owner: "comment",
            target: "person",
            of: "person",
            for_managers: true,
            ..LINK
        },
        Link {
            field: "attachment_files",
            table: "attachment_file",
            owner: "comment_id",
            target: "id",
            of: "attachment_file",
            for_managers: true,
            ..LINK
        },
    ],
    keys: &[
        "shotgun_id",
        "object_id",
        "object_type",
        "text",
        "data",
        "replies",
        "checklist",
        "pinned",
        "for_client",
        "links",
        "task_status_id",
        "person_id",
        "editor_id",
        "preview_file_id",
        "previews",
        "mentions",
        "department_mentions",
        "acknowledgements",
        "attachment_files",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// People mentioned in a comment.
pub static COMMENT_MENTIONS: Table = Table {
    name: "comment_mentions",
    object: "CommentMentions",
    scope: ProjectScope::Through(&["comment"]),
    columns: &[
        uuid("comment").required().references("comment"),
        uuid("person").required().references("person"),
    ],
    primary_key: &["comment", "person"],
    ..TABLE
};

/// Departments mentioned in a comment.
pub static COMMENT_DEPARTMENT_MENTIONS: Table = Table {
    name: "comment_department_mentions",
    object: "CommentDepartmentMentions",
    scope: ProjectScope::Through(&["comment"]),
    columns: &[
        uuid("comment").required().references("comment"),
        uuid("department").required().references("department"),
    ],
    primary_key: &["comment", "department"],
    ..TABLE
};

/// People who acknowledged a comment.
pub static COMMENT_ACKNOLEDGMENTS: Table = Table {
    name: "comment_acknoledgments",
    object: "CommentAcknoledgments",
    scope: ProjectScope::Through(&["comment"]),
    columns: &[
        uuid("comment").required().references("comment"),
        uuid("person").required().references("person"),
    ],
    primary_key: &["comment", "person"],
    ..TABLE
};

/// Previews attached to a comment.
pub static COMMENT_PREVIEW_LINK: Table = Table {
    name: "comment_preview_link",
    object: "CommentPreviewLink",
    scope: ProjectScope::Through(&["comment"]),
    columns: &[
        uuid("comment").required().references("comment").indexed(),
        uuid("preview_file")
            .required()
            .references("preview_file")
            .indexed(),
    ],
    primary_key: &["comment", "preview_file"],
    ..TABLE
};

/// Files attached to a comment, a reply or a chat message; `size` in bytes.
pub static ATTACHMENT_FILE: Table = Table {
    name: "attachment_file",
    object: "AttachmentFile",
    scope: ProjectScope::Through(&["comment_id", "chat_message_id"]),
    columns: &[
        varchar("name", 250),
        bigint("size").fill(Fill::Int(1)),
        varchar("extension", 6),
        varchar("mimetype", 255),
        uuid("comment_id").references("comment").indexed(),
        uuid("reply_id"),
        uuid("chat_message_id").references("chat_message").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// The news feed of a project: comments and changes of task statuses.
pub static NEWS: Table = Table {
    name: "news",
    object: "News",
    scope: ProjectScope::Through(&["task_id"]),
    columns: &[
        boolean("change").required().fill(Fill::Bool(false)),
        uuid("author_id").required().references("person").indexed(),
        uuid("comment_id").references("comment").indexed(),
        uuid("task_id").required().references("task").indexed(),
        uuid("preview_file_id").references("preview_file").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Notifications of a person about a comment, mention, reply, assignment or
/// playlist.
pub static NOTIFICATION: Table = Table {
    name: "notification",
    object: "Notification",
    scope: ProjectScope::Through(&["task_id", "comment_id", "playlist_id"]),
    columns: &[
        boolean("read").required().fill(Fill::Bool(false)),
        boolean("change").required().fill(Fill::Bool(false)),
        varchar("type", 255).one_of(NOTIFICATION_TYPES).required(),
        uuid("person_id").required().references("person").indexed(),
        uuid("author_id").required().references("person").indexed(),
        uuid("comment_id").references("comment").indexed(),
        uuid("task_id").references("task").indexed(),
        uuid("playlist_id").references("playlist").indexed(),
        uuid("reply_id").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "notification_uc",
        columns: &[
            "person_id",
            "author_id",
            "comment_id",
            "reply_id",
            "playlist_id",
            "type",
        ],
    }],
    ..TABLE
};

/// The chat of an entity.
pub static CHAT: Table = Table {
    name: "chat",
    object: "Chat",
    scope: ProjectScope::Through(&["object_id"]),
    columns: &[
        uuid("object_id").required().points_at("entity").indexed(),
        varchar("object_type", 80)
            .required()
            .fill(Fill::Text("entity"))
            .indexed(),
        timestamp("last_message"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    links: &[Link {
        field: "participants",
        table: "chat_participant",
        owner: "chat_id",
        target: "person_id",
        of: "person",
        ..LINK
    }],
    keys: &[
        "object_id",
        "object_type",
        "last_message",
        "participants",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Messages of a chat.
pub static CHAT_MESSAGE: Table = Table {
    name: "chat_message",
    object: "ChatMessage",
    scope: ProjectScope::Through(&["chat_id"]),
    columns: &[
        uuid("chat_id").required().references("chat").indexed(),
        uuid("person_id").required().references("person").indexed(),
        text("text"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    links: &[Link {
        field: "attachment_files",
        table: "attachment_file",
        owner: "chat_message_id",
        target: "id",
        of: "attachment_file",
        ..LINK
    }],
    keys: &[
        "chat_id",
        "person_id",
        "text",
        "attachment_files",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// People who take part in a chat.
pub static CHAT_PARTICIPANT: Table = Table {
    name: "chat_participant",
    object: "ChatParticipant",
    scope: ProjectScope::Through(&["chat_id"]),
    columns: &[
        uuid("chat_id").required().references("chat"),
        uuid("person_id").required().references("person"),
    ],
    primary_key: &["chat_id", "person_id"],
    ..TABLE
};

/// Playlists: previews in order, for a review. `shots` is a JSON array of
/// objects.
pub static PLAYLIST: Table = Table {
    name: "playlist",
    object: "Playlist",
    scope: ProjectScope::Column,
    columns: &[
        varchar("name", 80).required(),
        json_objects("shots"),
        uuid("project_id").references("project").indexed(),
        uuid("episode_id")
            .references("entity")
            .across_projects()
            .indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        boolean("for_client").fill(Fill::Bool(false)).indexed(),
        varchar("for_entity", 10).fill(Fill::Text("shot")).indexed(),
        boolean("is_for_all").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
        uuid("created_by").references("person").indexed(),
    ],
    uniques: &[Unique {
        name: "playlist_uc",
        columns: &["name", "project_id", "episode_id"],
    }],
    links: &[Link {
        field: "build_jobs",
        table: "build_job",
        owner: "playlist_id",
        target: "id",
        of: "build_job",
        for_managers: true,
        ..LINK
    }],
    keys: &[
        "name",
        "shots",
        "project_id",
        "episode_id",
        "task_type_id",
        "for_client",
        "for_entity",
        "is_for_all",
        "build_jobs",
        "created_by",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Links that share a playlist with people without an account.
pub static PLAYLIST_SHARE_LINK: Table = Table {
    name: "playlist_share_link",
    object: "PlaylistShareLink",
    scope: ProjectScope::Through(&["playlist_id"]),
    columns: &[
        varchar("token", 64).required().indexed_unique(),
        uuid("playlist_id")
            .required()
            .references("playlist")
            .indexed(),
        uuid("created_by").required().references("person").indexed(),
        timestamp("expiration_date"),
        boolean("is_active").required().fill(Fill::Bool(true)),
        boolean("can_comment").required().fill(Fill::Bool(true)),
        varchar("password", 255),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    indexes: &[Index {
        name: "ix_playlist_share_link_playlist_active",
        columns: &["playlist_id", "is_active"],
        unique: false,
        predicate: None,
    }],
    ..TABLE
};

/// Jobs that build a file from a playlist, such as a movie.
pub static BUILD_JOB: Table = Table {
    name: "build_job",
    object: "BuildJob",
    scope: ProjectScope::Through(&["playlist_id"]),
    columns: &[
        varchar("status", 255)
            .one_of(&["running", "failed", "succeeded"])
            .required()
            .fill(Fill::Text("running")),
        varchar("job_type", 255)
            .one_of(&["archive", "movie"])
            .required()
            .fill(Fill::Text("movie")),
        timestamp("ended_at"),
        uuid("playlist_id")
            .required()
            .references("playlist")
            .indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        text("message"),
    ],
    keys: &[
        "status",
        "job_type",
        "ended_at",
        "message",
        "playlist_id",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};
