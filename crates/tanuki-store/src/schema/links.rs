//! Which settings a production, a template or a task type uses.

use super::ProjectScope;
use super::ROLES;
use super::types::*;

/// Departments that a metadata column is for.
pub static DEPARTMENT_METADATA_DESCRIPTOR_LINK: Table = Table {
    name: "department_metadata_descriptor_link",
    object: "DepartmentMetadataDescriptorLink",
    scope: ProjectScope::Through(&["metadata_descriptor_id"]),
    columns: &[
        uuid("metadata_descriptor_id")
            .required()
            .references("metadata_descriptor")
            .indexed(),
        uuid("department_id")
            .required()
            .references("department")
            .indexed(),
    ],
    primary_key: &["metadata_descriptor_id", "department_id"],
    uniques: &[Unique {
        name: "department_metadata_descriptor_link_uc",
        columns: &["metadata_descriptor_id", "department_id"],
    }],
    ..TABLE
};

/// Asset types of a project.
pub static PROJECT_ASSET_TYPE_LINK: Table = Table {
    name: "project_asset_type_link",
    object: "ProjectAssetTypeLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("asset_type_id")
            .required()
            .references("entity_type")
            .indexed(),
    ],
    primary_key: &["project_id", "asset_type_id"],
    ..TABLE
};

/// The team of a project.
pub static PROJECT_PERSON_LINK: Table = Table {
    name: "project_person_link",
    object: "ProjectPersonLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("person_id").required().references("person").indexed(),
        integer("shotgun_id"),
        varchar("role", 255),
    ],
    primary_key: &["project_id", "person_id"],
    ..TABLE
};

/// Preview backgrounds of a project.
pub static PROJECT_PREVIEW_BACKGROUND_FILE_LINK: Table = Table {
    name: "project_preview_background_file_link",
    object: "ProjectPreviewBackgroundFileLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("preview_background_file_id")
            .required()
            .references("preview_background_file")
            .reference_named("project_preview_background_file_preview_background_file_id_fkey")
            .indexed_as("ix_project_preview_background_file_link_preview_backgro_080b"),
    ],
    primary_key: &["project_id", "preview_background_file_id"],
    ..TABLE
};

/// Status automations of a project.
pub static PROJECT_STATUS_AUTOMATION_LINK: Table = Table {
    name: "project_status_automation_link",
    object: "ProjectStatusAutomationLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("status_automation_id")
            .required()
            .references("status_automation")
            .indexed(),
    ],
    primary_key: &["project_id", "status_automation_id"],
    ..TABLE
};

/// Task statuses of a project.
pub static PROJECT_TASK_STATUS_LINK: Table = Table {
    name: "project_task_status_link",
    object: "ProjectTaskStatusLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("task_status_id")
            .required()
            .references("task_status")
            .indexed(),
        integer("priority"),
        array("roles_for_board", Element::Varchar(Some(255)))
            .one_of(ROLES)
            .fill(Fill::TextList(&[
                "user",
                "admin",
                "supervisor",
                "manager",
                "vendor",
            ])),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("is_client_allowed"),
    ],
    primary_key: &["project_id", "task_status_id", "id"],
    uniques: &[Unique {
        name: "project_taskstatus_uc",
        columns: &["project_id", "task_status_id"],
    }],
    keys: &[
        "project_id",
        "task_status_id",
        "priority",
        "roles_for_board",
        "is_client_allowed",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Task types of a project.
pub static PROJECT_TASK_TYPE_LINK: Table = Table {
    name: "project_task_type_link",
    object: "ProjectTaskTypeLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        uuid("task_type_id")
            .required()
            .references("task_type")
            .indexed(),
        integer("priority"),
        ID,
        CREATED_AT,
        UPDATED_AT,
        integer("hd_bitrate_compression"),
        integer("ld_bitrate_compression"),
        boolean("is_client_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
    ],
    primary_key: &["project_id", "task_type_id", "id"],
    uniques: &[Unique {
        name: "project_tasktype_uc",
        columns: &["project_id", "task_type_id"],
    }],
    keys: &[
        "project_id",
        "task_type_id",
        "priority",
        "hd_bitrate_compression",
        "ld_bitrate_compression",
        "is_client_visible",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Software used in a project for a task type.
pub static PROJECT_TASK_TYPE_SOFTWARE_LINK: Table = Table {
    name: "project_task_type_software_link",
    object: "ProjectTaskTypeSoftwareLink",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        uuid("task_type_id")
            .required()
            .references("task_type")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        uuid("software_id")
            .required()
            .references("software")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["project_id", "task_type_id", "software_id", "id"],
    uniques: &[Unique {
        name: "project_task_type_software_uc",
        columns: &["project_id", "task_type_id", "software_id"],
    }],
    ..TABLE
};

/// Asset types of a project template.
pub static PROJECT_TEMPLATE_ASSET_TYPE_LINK: Table = Table {
    name: "project_template_asset_type_link",
    object: "ProjectTemplateAssetTypeLink",
    columns: &[
        uuid("project_template_id")
            .required()
            .references("project_template")
            .indexed(),
        uuid("asset_type_id")
            .required()
            .references("entity_type")
            .indexed(),
    ],
    primary_key: &["project_template_id", "asset_type_id"],
    ..TABLE
};

/// Preview backgrounds of a project template.
pub static PROJECT_TEMPLATE_PREVIEW_BACKGROUND_FILE_LINK: Table = Table {
    name: "project_template_preview_background_file_link",
    object: "ProjectTemplatePreviewBackgroundFileLink",
    columns: &[
        uuid("project_template_id")
            .required()
            .references("project_template")
            .reference_named("project_template_preview_background_fi_project_template_id_fkey")
            .indexed_as("ix_project_template_preview_background_file_link_projec_ab7b"),
        uuid("preview_background_file_id")
            .required()
            .references("preview_background_file")
            .reference_named("project_template_preview_backgr_preview_background_file_id_fkey")
            .indexed_as("ix_project_template_preview_background_file_link_previe_393c"),
    ],
    primary_key: &["project_template_id", "preview_background_file_id"],
    ..TABLE
};

/// Status automations of a project template.
pub static PROJECT_TEMPLATE_STATUS_AUTOMATION_LINK: Table = Table {
    name: "project_template_status_automation_link",
    object: "ProjectTemplateStatusAutomationLink",
    columns: &[
        uuid("project_template_id")
            .required()
            .references("project_template")
            .reference_named("project_template_status_automation_lin_project_template_id_fkey")
            .indexed(),
        uuid("status_automation_id")
            .required()
            .references("status_automation")
            .reference_named("project_template_status_automation_li_status_automation_id_fkey")
            .indexed(),
    ],
    primary_key: &["project_template_id", "status_automation_id"],
    ..TABLE
};

/// Task statuses of a project template.
pub static PROJECT_TEMPLATE_TASK_STATUS_LINK: Table = Table {
    name: "project_template_task_status_link",
    object: "ProjectTemplateTaskStatusLink",
    columns: &[
        uuid("project_template_id")
            .required()
            .references("project_template")
            .indexed(),
        uuid("task_status_id")
            .required()
            .references("task_status")
            .indexed(),
        integer("priority"),
        array("roles_for_board", Element::Varchar(Some(255)))
            .one_of(ROLES)
            .fill(Fill::TextList(&[
                "user",
                "admin",
                "supervisor",
                "manager",
                "vendor",
            ])),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("is_client_allowed"),
    ],
    primary_key: &["project_template_id", "task_status_id"],
    uniques: &[Unique {
        name: "project_template_taskstatus_uc",
        columns: &["project_template_id", "task_status_id"],
    }],
    keys: &[
        "project_template_id",
        "task_status_id",
        "priority",
        "roles_for_board",
        "is_client_allowed",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Task types of a project template.
pub static PROJECT_TEMPLATE_TASK_TYPE_LINK: Table = Table {
    name: "project_template_task_type_link",
    object: "ProjectTemplateTaskTypeLink",
    columns: &[
        uuid("project_template_id")
            .required()
            .references("project_template")
            .indexed(),
        uuid("task_type_id")
            .required()
            .references("task_type")
            .indexed(),
        integer("priority"),
        ID,
        CREATED_AT,
        UPDATED_AT,
        integer("hd_bitrate_compression"),
        integer("ld_bitrate_compression"),
        boolean("is_client_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
    ],
    primary_key: &["project_template_id", "task_type_id"],
    uniques: &[Unique {
        name: "project_template_tasktype_uc",
        columns: &["project_template_id", "task_type_id"],
    }],
    keys: &[
        "project_template_id",
        "task_type_id",
        "priority",
        "hd_bitrate_compression",
        "ld_bitrate_compression",
        "is_client_visible",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Task types of an asset type.
pub static TASK_TYPE_ASSET_TYPE_LINK: Table = Table {
    name: "task_type_asset_type_link",
    object: "TaskTypeAssetTypeLink",
    columns: &[
        uuid("asset_type_id")
            .required()
            .references("entity_type")
            .indexed(),
        uuid("task_type_id")
            .required()
            .references("task_type")
            .indexed(),
    ],
    primary_key: &["asset_type_id", "task_type_id"],
    uniques: &[Unique {
        name: "task_type_asset_type_link_uc",
        columns: &["asset_type_id", "task_type_id"],
    }],
    ..TABLE
};
