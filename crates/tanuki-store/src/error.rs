//! What can go wrong between the rules and the database.

/// Failure of a query, sorted by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A unique key is taken. Holds the constraint's name where the database
    /// tells it (PostgreSQL) or the columns (SQLite).
    #[error("a row with the same unique values exists ({0})")]
    Unique(String),
    /// A row points at one that is not there, or is itself pointed at.
    #[error("the change conflicts with a reference between rows ({0})")]
    ForeignKey(String),
    #[error("a required column is missing ({0})")]
    NotNull(String),
    #[error("a value is outside of what its column allows ({0})")]
    Check(String),
    /// The database refused a value as malformed or too long for its column.
    #[error("a value does not fit its column ({0})")]
    Value(String),
    /// The database cannot be reached, or refuses the login.
    #[error("{0}")]
    Unavailable(String),
    /// The database is not one that this version may work on.
    #[error("{0}")]
    Refused(String),
    /// What the database says of anything else.
    #[error("{0}")]
    Database(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

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
            // Class 22 of the SQL standard is "data exception".
            _ if code.code().starts_with("22") => Self::Value(message),
            _ => Self::Database(message),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        let text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        let code = error.sqlite_error().map(|error| error.extended_code);
        match code {
            Some(
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID,
            ) => Self::Unique(text),
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::ForeignKey(text),
            Some(ffi::SQLITE_CONSTRAINT_NOTNULL) => Self::NotNull(text),
            Some(ffi::SQLITE_CONSTRAINT_CHECK) => Self::Check(text),
            _ => Self::Database(text),
        }
    }
}
