//! What can go wrong between the rules and the database.

/// Failure of a query, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
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
    #[error(transparent)]
    Database(sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => {
                    Self::Unavailable(error.to_string())
                }
                other => Self::Database(other),
            };
        };
        let detail = database
            .constraint()
            .unwrap_or_else(|| database.message())
            .to_owned();
        match database.kind() {
            ErrorKind::UniqueViolation => Self::Unique(detail),
            ErrorKind::ForeignKeyViolation => Self::ForeignKey(detail),
            ErrorKind::NotNullViolation => Self::NotNull(database.message().to_owned()),
            ErrorKind::CheckViolation => Self::Check(detail),
            // Class 22 of the SQL standard is "data exception".
            _ if database.code().is_some_and(|code| code.starts_with("22")) => {
                Self::Value(database.message().to_owned())
            }
            _ => Self::Database(error),
        }
    }
}
