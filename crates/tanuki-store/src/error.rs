//! Errors of the database layer.

/// An error of a query, classified by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A unique constraint is violated. Holds the name of the constraint
    /// (PostgreSQL) or the columns (SQLite).
    #[error("a row with the same unique values exists ({0})")]
    Unique(String),
    /// A foreign key is violated: a row refers to one that does not exist, or a
    /// deleted row is still referred to.
    #[error("the change conflicts with a reference between rows ({0})")]
    ForeignKey(String),
    #[error("a required column is missing ({0})")]
    NotNull(String),
    #[error("a value is outside of what its column allows ({0})")]
    Check(String),
    /// A value does not fit its column: malformed, too long or out of range.
    /// The fault of the HTTP client.
    #[error("a value does not fit its column ({0})")]
    Value(String),
    /// A deadlock, a serialization failure or a busy database. The transaction
    /// may succeed if it is retried from its beginning.
    #[error("the database is contended ({0})")]
    Contention(String),
    /// A stored value cannot be read as its column's type. Never the fault of
    /// the HTTP client: it is logged.
    #[error("{place} cannot be read: {reason}")]
    Unreadable {
        /// `table.column`, or the index of the column and the statement.
        place: String,
        reason: String,
    },
    /// The database cannot be used at the moment, through no fault of the
    /// caller: it is down, a time-out has expired, a lock is held by another
    /// transaction, or the connection pool is exhausted.
    #[error("{0}")]
    Unavailable(String),
    /// PostgreSQL refuses the login, or the database does not exist. Retrying
    /// does not help until the settings are corrected.
    #[error("{0}")]
    AccessDenied(String),
    /// The database is not one that this version can use, or its URL is wrong.
    #[error("{0}")]
    Refused(String),
    /// Any other error of the database.
    #[error("{0}")]
    Database(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A stored value that cannot be read; [`at`](Self::at) adds where it is.
    pub(crate) fn unreadable(reason: impl std::fmt::Display) -> Self {
        Self::Unreadable {
            place: String::new(),
            reason: reason.to_string(),
        }
    }

    /// Adds the location of an unreadable value, if it has none yet.
    pub(crate) fn at(self, name: impl FnOnce() -> String) -> Self {
        match self {
            Self::Unreadable { place, reason } if place.is_empty() => Self::Unreadable {
                place: name(),
                reason,
            },
            other => other,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let Some(database) = error.as_db_error() else {
            let text = match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            let unreachable = error.is_closed()
                || std::error::Error::source(&error)
                    .is_some_and(|source| source.is::<std::io::Error>());
            return if unreachable {
                Self::Unavailable(text)
            } else {
                Self::Database(text)
            };
        };
        let message = database.message().to_owned();
        let detail = database.constraint().map_or(message.clone(), str::to_owned);
        let code = database.code();
        match *code {
            SqlState::UNIQUE_VIOLATION => Self::Unique(detail),
            SqlState::FOREIGN_KEY_VIOLATION => Self::ForeignKey(detail),
            SqlState::NOT_NULL_VIOLATION => Self::NotNull(message),
            SqlState::CHECK_VIOLATION => Self::Check(detail),
            SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => {
                Self::Contention(message)
            }
            // Class 22 of the SQL standard is "data exception"; 54 is "program
            // limit exceeded", such as a string too long for an index.
            _ if code.code().starts_with("22") || code.code().starts_with("54") => {
                Self::Value(message)
            }
            // Invalid login, or no such database.
            _ if code.code().starts_with("28") || code.code().starts_with("3D") => {
                Self::AccessDenied(message)
            }
            _ if is_unavailable(code.code()) => Self::Unavailable(message),
            _ => Self::Database(message),
        }
    }
}

/// Returns whether an SQLSTATE of PostgreSQL means that the server is
/// unavailable.
fn is_unavailable(code: &str) -> bool {
    // Classes: connection, insufficient resources, operator intervention,
    // system.
    let classes = ["08", "53", "57", "58"];
    // Lock time-out; a standby that cannot write.
    let codes = ["55P03", "25006"];
    codes.contains(&code) || classes.iter().any(|class| code.starts_with(class))
}

impl From<deadpool_postgres::PoolError> for Error {
    /// A connection could not be opened.
    fn from(error: deadpool_postgres::PoolError) -> Self {
        use deadpool_postgres::PoolError;
        match error {
            PoolError::Backend(error) => match Self::from(error) {
                denied @ Self::AccessDenied(_) => denied,
                other => Self::Unavailable(other.to_string()),
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Errors of SQLite about its file: locked by another process, or the disk is
/// full or fails.
const UNAVAILABLE: [i32; 7] = [
    rusqlite::ffi::SQLITE_BUSY,
    rusqlite::ffi::SQLITE_LOCKED,
    rusqlite::ffi::SQLITE_READONLY,
    rusqlite::ffi::SQLITE_IOERR,
    rusqlite::ffi::SQLITE_FULL,
    rusqlite::ffi::SQLITE_CANTOPEN,
    rusqlite::ffi::SQLITE_PROTOCOL,
];

/// Messages of SQLite for statements that exceed its limits, which have no code
/// of their own.
const BEYOND_LIMITS: [&str; 3] = [
    "LIKE or GLOB pattern too complex",
    "too many SQL variables",
    "Expression tree is too large",
];

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        let text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        let code = error.sqlite_error().map(|error| error.extended_code);
        match code {
            // Waiting does not resolve these; on other busy errors the lock
            // time-out has expired already.
            Some(ffi::SQLITE_BUSY_SNAPSHOT | ffi::SQLITE_LOCKED) => Self::Contention(text),
            Some(
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID,
            ) => Self::Unique(text),
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::ForeignKey(text),
            Some(ffi::SQLITE_CONSTRAINT_NOTNULL) => Self::NotNull(text),
            Some(ffi::SQLITE_CONSTRAINT_CHECK) => Self::Check(text),
            // Interrupted by the progress handler, which implements the
            // statement time-out.
            Some(ffi::SQLITE_INTERRUPT) => {
                Self::Unavailable("the statement took longer than DB_STATEMENT_TIMEOUT".into())
            }
            // The lower eight bits are the primary result code.
            Some(code) if UNAVAILABLE.contains(&(code & 0xff)) => Self::Unavailable(text),
            Some(ffi::SQLITE_TOOBIG) => Self::Value(text),
            Some(ffi::SQLITE_ERROR) if BEYOND_LIMITS.iter().any(|limit| text.contains(limit)) => {
                Self::Value(text)
            }
            _ => Self::Database(text),
        }
    }
}
