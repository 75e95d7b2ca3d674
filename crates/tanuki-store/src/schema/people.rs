//! People, their departments and studios, and what is booked for them.

use super::ProjectScope;
use super::types::*;
use super::{POSITIONS, SENIORITIES};

/// Accounts of people and bots.
pub static PERSON: Table = Table {
    name: "person",
    object: "Person",
    columns: &[
        varchar("first_name", 80).required(),
        varchar("last_name", 80).required(),
        varchar("email", 255),
        varchar("phone", 30),
        varchar("contract_type", 255)
            .required()
            .default(Literal::Text("open-ended"))
            .fill(Fill::Text("open-ended")),
        boolean("active").fill(Fill::Bool(true)),
        boolean("archived").fill(Fill::Bool(false)),
        date("last_presence"),
        bytes("password"),
        varchar("desktop_login", 80),
        integer("login_failed_attemps").fill(Fill::Int(0)),
        timestamp("last_login_failed"),
        boolean("totp_enabled").fill(Fill::Bool(false)),
        varchar("totp_secret", 32),
        boolean("email_otp_enabled").fill(Fill::Bool(false)),
        varchar("email_otp_secret", 32),
        boolean("fido_enabled").fill(Fill::Bool(false)),
        array("fido_credentials", Element::Json),
        array("otp_recovery_codes", Element::Bytes),
        varchar("preferred_two_factor_authentication", 255),
        integer("shotgun_id").unique(),
        varchar("timezone", 50).fill(Fill::Timezone),
        locale("locale").fill(Fill::Locale),
        json("data"),
        varchar("role", 255).required().fill(Fill::Text("user")),
        varchar("position", 255)
            .one_of(POSITIONS)
            .fill(Fill::Text("artist")),
        varchar("seniority", 255)
            .one_of(SENIORITIES)
            .fill(Fill::Text("mid")),
        integer("daily_salary").fill(Fill::Int(0)),
        boolean("has_avatar").fill(Fill::Bool(false)),
        boolean("notifications_enabled").fill(Fill::Bool(false)),
        boolean("notifications_slack_enabled").fill(Fill::Bool(false)),
        varchar("notifications_slack_userid", 60).fill(Fill::Text("")),
        boolean("notifications_mattermost_enabled").fill(Fill::Bool(false)),
        varchar("notifications_mattermost_userid", 60).fill(Fill::Text("")),
        boolean("notifications_discord_enabled").fill(Fill::Bool(false)),
        varchar("notifications_discord_userid", 60).fill(Fill::Text("")),
        boolean("is_bot")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        varchar("jti", 60).unique(),
        date("expiration_date"),
        uuid("studio_id").references("studio").indexed(),
        boolean("is_generated_from_ldap").fill(Fill::Bool(false)),
        varchar("ldap_uid", 60).unique(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("is_guest")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        varchar("country", 2),
        boolean("use_12_hour_clock").fill(Fill::Bool(false)),
        varchar("display_date_format", 20).fill(Fill::Text("YYYY-MM-DD")),
        text("oidc_issuer"),
        varchar("oidc_subject", 255),
        text("saml_issuer"),
        varchar("saml_subject", 255),
        uuid("preview_project_id")
            .references("project")
            .indexed_unique(),
        timestamp("preview_opened_at"),
        timestamp("preview_open_until"),
    ],
    uniques: &[
        Unique {
            name: "person_oidc_identity_uc",
            columns: &["oidc_issuer", "oidc_subject"],
        },
        Unique {
            name: "person_saml_identity_uc",
            columns: &["saml_issuer", "saml_subject"],
        },
    ],
    indexes: &[Index {
        name: "only_one_email_by_person",
        columns: &["email", "is_bot"],
        unique: true,
        predicate: Some("is_bot IS NOT TRUE"),
    }],
    links: &[Link {
        field: "departments",
        table: "department_link",
        owner: "person_id",
        target: "department_id",
        of: "department",
        ..LINK
    }],
    keys: &[
        "first_name",
        "last_name",
        "email",
        "phone",
        "country",
        "contract_type",
        "active",
        "archived",
        "last_presence",
        "password",
        "desktop_login",
        "login_failed_attemps",
        "last_login_failed",
        "totp_enabled",
        "totp_secret",
        "email_otp_enabled",
        "email_otp_secret",
        "fido_enabled",
        "fido_credentials",
        "otp_recovery_codes",
        "preferred_two_factor_authentication",
        "shotgun_id",
        "timezone",
        "locale",
        "use_12_hour_clock",
        "display_date_format",
        "data",
        "role",
        "position",
        "seniority",
        "daily_salary",
        "has_avatar",
        "notifications_enabled",
        "notifications_slack_enabled",
        "notifications_slack_userid",
        "notifications_mattermost_enabled",
        "notifications_mattermost_userid",
        "notifications_discord_enabled",
        "notifications_discord_userid",
        "is_bot",
        "is_guest",
        "preview_project_id",
        "preview_opened_at",
        "preview_open_until",
        "jti",
        "expiration_date",
        "is_generated_from_ldap",
        "ldap_uid",
        "oidc_issuer",
        "oidc_subject",
        "saml_issuer",
        "saml_subject",
        "departments",
        "studio_id",
        "full_name",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Departments: groups of people and task types.
pub static DEPARTMENT: Table = Table {
    name: "department",
    object: "Department",
    columns: &[
        varchar("name", 80).required().unique(),
        varchar("color", 7).required(),
        boolean("archived").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Departments of a person.
pub static DEPARTMENT_LINK: Table = Table {
    name: "department_link",
    object: "DepartmentLink",
    columns: &[
        uuid("person_id").required().references("person").indexed(),
        uuid("department_id")
            .required()
            .references("department")
            .indexed(),
    ],
    primary_key: &["person_id", "department_id"],
    uniques: &[Unique {
        name: "department_link_uc",
        columns: &["person_id", "department_id"],
    }],
    ..TABLE
};

/// Studios that people belong to.
pub static STUDIO: Table = Table {
    name: "studio",
    object: "Studio",
    columns: &[
        varchar("name", 80).required().unique(),
        varchar("color", 7).required(),
        boolean("archived").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Salaries by department, position and seniority, for budgets.
pub static SALARY_SCALE: Table = Table {
    name: "salary_scale",
    object: "SalaryScale",
    columns: &[
        uuid("department_id")
            .required()
            .references("department")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        varchar("position", 255)
            .one_of(POSITIONS)
            .fill(Fill::Text("artist")),
        varchar("seniority", 255)
            .one_of(SENIORITIES)
            .fill(Fill::Text("mid")),
        integer("salary").required().fill(Fill::Int(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Days off: from `date` to `end_date`.
pub static DAY_OFF: Table = Table {
    name: "day_off",
    object: "DayOff",
    columns: &[
        date("date").required(),
        date("end_date").required(),
        text("description"),
        uuid("person_id").references("person").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "day_off_uc",
        columns: &["person_id", "date"],
    }],
    checks: &[Check {
        name: "day_off_date_check",
        expression: "date <= end_date",
    }],
    ..TABLE
};

/// Logins from desktop applications.
pub static DESKTOP_LOGIN_LOG: Table = Table {
    name: "desktop_login_log",
    object: "DesktopLoginLog",
    columns: &[
        uuid("person_id").required().references("person").indexed(),
        timestamp("date").required(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Logins.
pub static LOGIN_LOG: Table = Table {
    name: "login_log",
    object: "LoginLog",
    columns: &[
        uuid("person_id").required().references("person").indexed(),
        varchar("ip_address", 50),
        varchar("origin", 255),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Time that a person spent on a task on a day; `duration` in minutes.
pub static TIME_SPENT: Table = Table {
    name: "time_spent",
    object: "TimeSpent",
    scope: ProjectScope::Through(&["task_id"]),
    columns: &[
        double("duration").required(),
        date("date").required(),
        uuid("task_id").references("task").indexed(),
        uuid("person_id").references("person").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "time_spent_uc",
        columns: &["person_id", "task_id", "date"],
    }],
    checks: &[Check {
        name: "check_duration_positive",
        expression: "duration > 0",
    }],
    ..TABLE
};

/// Subscriptions of a person to a task, or to the tasks of one type of an
/// entity.
pub static SUBSCRIPTION: Table = Table {
    name: "subscription",
    object: "Subscription",
    scope: ProjectScope::Through(&["task_id", "entity_id"]),
    columns: &[
        uuid("person_id").required().references("person").indexed(),
        uuid("task_id").references("task").indexed(),
        uuid("entity_id").references("entity").indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[
        Unique {
            name: "subscription_entity_uc",
            columns: &["person_id", "task_type_id", "entity_id"],
        },
        Unique {
            name: "subscription_task_uc",
            columns: &["person_id", "task_id"],
        },
    ],
    ..TABLE
};

/// Hardware of the studio, for budgets.
pub static HARDWARE_ITEM: Table = Table {
    name: "hardware_item",
    object: "HardwareItem",
    columns: &[
        varchar("name", 40).required().unique(),
        varchar("short_name", 20).required(),
        boolean("archived").fill(Fill::Bool(false)),
        integer("monthly_cost").fill(Fill::Int(0)),
        integer("inventory_amount").fill(Fill::Int(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Hardware that a department uses.
pub static HARDWARE_ITEM_DEPARTMENT_LINK: Table = Table {
    name: "hardware_item_department_link",
    object: "HardwareItemDepartmentLink",
    columns: &[
        uuid("department_id")
            .required()
            .references("department")
            .indexed(),
        uuid("hardware_item_id")
            .required()
            .references("hardware_item")
            .indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["department_id", "hardware_item_id", "id"],
    uniques: &[Unique {
        name: "hardware_item_department_link_uc",
        columns: &["hardware_item_id", "department_id"],
    }],
    ..TABLE
};

/// Software of the studio, for budgets and working files.
pub static SOFTWARE: Table = Table {
    name: "software",
    object: "Software",
    columns: &[
        varchar("name", 40).required().unique(),
        varchar("short_name", 20).required(),
        boolean("archived").fill(Fill::Bool(false)),
        varchar("version", 20),
        varchar("file_extension", 20).required(),
        json("secondary_extensions"),
        integer("monthly_cost").fill(Fill::Int(0)),
        integer("inventory_amount").fill(Fill::Int(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Software that a department uses.
pub static SOFTWARE_DEPARTMENT_LINK: Table = Table {
    name: "software_department_link",
    object: "SoftwareDepartmentLink",
    columns: &[
        uuid("department_id")
            .required()
            .references("department")
            .indexed(),
        uuid("software_id")
            .required()
            .references("software")
            .indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["department_id", "software_id", "id"],
    uniques: &[Unique {
        name: "software_department_link_uc",
        columns: &["department_id", "software_id"],
    }],
    ..TABLE
};
