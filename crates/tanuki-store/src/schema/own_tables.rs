//! Descriptions of Tanuki's own tables (see [`crate::tables`]).

use super::types::*;

/// Versions of Tanuki's own tables, each with the time of its migration.
pub static TANUKI_MIGRATION: Table = Table {
    name: "tanuki_migration",
    columns: &[
        integer("version").required(),
        timestamp("applied_at").required(),
    ],
    primary_key: &["version"],
    ..TABLE
};

/// Ids (`jti`) of revoked tokens that have not expired yet.
pub static TANUKI_REVOKED_TOKEN: Table = Table {
    name: "tanuki_revoked_token",
    columns: &[
        varchar("jti", 255).required(),
        timestamp("expires_at").required().indexed(),
    ],
    primary_key: &["jti"],
    ..TABLE
};

/// Secrets that can be used once before they expire: password resets, login
/// codes of desktop applications, the first admin's set-up link. Only a digest
/// of the secret is stored.
pub static TANUKI_ONE_TIME_SECRET: Table = Table {
    name: "tanuki_one_time_secret",
    columns: &[
        varchar("purpose", 40).required(),
        // The owner of the secret: an e-mail address, or the digest itself.
        varchar("subject", 255).required(),
        bytes("digest").required(),
        json("payload"),
        timestamp("expires_at").required().indexed(),
    ],
    primary_key: &["purpose", "subject"],
    ..TABLE
};

/// Browser sessions of the console, with the digest of their cookie as key.
pub static TANUKI_CONSOLE_SESSION: Table = Table {
    name: "tanuki_console_session",
    columns: &[
        varchar("digest", 64).required(),
        uuid("person_id").required().indexed(),
        timestamp("created_at").required(),
        timestamp("expires_at").required().indexed(),
    ],
    primary_key: &["digest"],
    ..TABLE
};

/// The generation of session tokens that a person's account accepts. A new
/// password or a deactivation increments it; a person without a row has
/// generation 0.
pub static TANUKI_TOKEN_GENERATION: Table = Table {
    name: "tanuki_token_generation",
    columns: &[
        uuid("person_id").required(),
        integer("generation").required(),
        timestamp("started_at").required(),
        // The session that changed the password, which stays valid.
        varchar("kept_session", 255),
    ],
    primary_key: &["person_id"],
    ..TABLE
};

/// What a job is doing; see [`TANUKI_JOB`].
pub static JOB_STATES: [&str; 5] = ["waiting", "running", "done", "failed", "cancelled"];

/// The job queue: work that is done after a change is committed, by any server
/// that uses this database.
pub static TANUKI_JOB: Table = Table {
    name: "tanuki_job",
    object: "Job",
    columns: &[
        ID,
        varchar("kind", 40).required(),
        json_object("arguments").required(),
        varchar("state", 10).required().one_of(&JOB_STATES),
        // How many times a worker has taken it.
        integer("tries").required(),
        // When a worker may take it: a waiting job not before this time, a
        // running one once its lease has run out; null once it has ended.
        timestamp("due_at").indexed(),
        // The run that holds the lease.
        uuid("lease"),
        // Percent, of kinds that report it.
        integer("progress"),
        // Why the last try failed, or nothing had to be done.
        text("reason"),
        timestamp("created_at").required().indexed(),
        timestamp("started_at"),
        timestamp("ended_at").indexed(),
    ],
    ..TABLE
};

/// Uploads that continue after an interruption. Their bytes are in a file,
/// whose length is how far they have come.
pub static TANUKI_UPLOAD: Table = Table {
    name: "tanuki_upload",
    object: "Upload",
    columns: &[
        ID,
        uuid("person_id").required().indexed(),
        // Of the whole file, in bytes.
        bigint("length").required(),
        // What the client says about the file, as it sent it.
        text("metadata").required(),
        timestamp("created_at").required(),
        // When bytes last arrived.
        timestamp("changed_at").required().indexed(),
    ],
    ..TABLE
};

/// What a person's second factors need besides the columns of Zou: which codes
/// were used, and the code that was mailed.
pub static TANUKI_SECOND_FACTOR: Table = Table {
    name: "tanuki_second_factor",
    columns: &[
        uuid("person_id").required(),
        // The latest step (30 seconds) of which a code was accepted.
        bigint("totp_step"),
        // When the mailed code was last asked for; null once it was used.
        timestamp("mail_asked_at"),
        // The signature of the mailed code.
        varchar("mailed_code", 64),
        timestamp("mailed_code_ends"),
        // How often the mailed code was compared.
        integer("mailed_code_tries"),
    ],
    primary_key: &["person_id"],
    ..TABLE
};

/// The metadata of the identity provider (SAML) that were last fetched, for a
/// server that starts while they cannot be had.
pub static TANUKI_SAML_METADATA: Table = Table {
    name: "tanuki_saml_metadata",
    columns: &[
        // SHA-256 of the address that they are from, in base64.
        varchar("address", 43).required(),
        text("document").required(),
        timestamp("fetched_at").required(),
    ],
    primary_key: &["address"],
    ..TABLE
};

/// Passkeys: keys with which people log in without a password. Security keys that
/// are second factors are in `person.fido_credentials`, where Zou has them.
pub static TANUKI_PASSKEY: Table = Table {
    name: "tanuki_passkey",
    object: "Passkey",
    columns: &[
        ID,
        uuid("person_id").required().indexed(),
        // What the authenticator calls it, 1023 bytes at most, in base64url.
        varchar("credential_id", 1400).required().indexed_unique(),
        // A COSE key.
        bytes("public_key").required(),
        varchar("name", 60).required(),
        // How often it has signed, if the authenticator counts.
        bigint("sign_count").required(),
        // Whether its owner has it on other devices too.
        boolean("is_synced").required(),
        timestamp("created_at").required(),
        timestamp("last_used_at"),
    ],
    ..TABLE
};

/// What is burnt into the films that a link shares. A link without a row shares
/// films as they are.
pub static TANUKI_BURN_IN: Table = Table {
    name: "tanuki_burn_in",
    columns: &[
        uuid("link_id").required(),
        // What, separated by commas.
        varchar("parts", 80).required(),
    ],
    primary_key: &["link_id"],
    ..TABLE
};

/// Copies of films for those who watch them by a link, with texts burnt in.
pub static TANUKI_SHARED_FILM: Table = Table {
    name: "tanuki_shared_film",
    object: "SharedFilm",
    columns: &[
        ID,
        uuid("link_id").required(),
        uuid("preview_file_id").required().indexed(),
        // Whom it names: a guest; the link itself if it names nobody.
        uuid("viewer_id").required(),
        // `processing`, `ready` or `broken`.
        varchar("status", 20).required(),
        // Why it is broken.
        text("reason"),
        timestamp("created_at").required(),
        timestamp("updated_at").required(),
    ],
    uniques: &[Unique {
        name: "tanuki_shared_film_uc",
        columns: &["link_id", "preview_file_id", "viewer_id"],
    }],
    ..TABLE
};

/// Sessions of the API, under the id of their refresh token, so that people see
/// where they are logged in. A session that began before this table has no row.
pub static TANUKI_SESSION: Table = Table {
    name: "tanuki_session",
    object: "Session",
    columns: &[
        ID,
        uuid("person_id").required().indexed(),
        // How it began.
        varchar("method", 30).required(),
        varchar("ip_address", 45),
        varchar("user_agent", 255),
        timestamp("created_at").required(),
        // When it last got a new access token.
        timestamp("renewed_at"),
        timestamp("expires_at").required().indexed(),
    ],
    ..TABLE
};
