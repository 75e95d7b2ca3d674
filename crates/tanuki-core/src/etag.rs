//! Editions of answers: what a client names to be sent an answer again only
//! if it has become another one since.

use sha2::{Digest as _, Sha256};
use tanuki_store::Connection;
use tanuki_store::query::fingerprint::{self, CastingScope};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::fields::hyphenated_id;
use crate::resource::{Parameters, first};
use crate::{Caller, Core, Result};

/// The ETags of the versions of a response that a client has.
pub struct ClientEtags(Option<HasVersion>);

/// Whether the client has the version with an ETag.
type HasVersion = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// An answer to a client that may have it.
#[derive(Debug)]
pub enum Conditional<T> {
    /// It is the edition that the client has.
    NotModified(String),
    /// The answer, and its edition where it has one.
    Modified(T, Option<String>),
}

/// An answer to somebody of a production's entities and tasks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EtagInputs<'a> {
    pub project_id: Uuid,
    pub access: ProjectAccess,
    /// Which answer it is.
    pub name: &'static str,
    pub parameters: &'a Parameters,
}

impl ClientEtags {
    /// The client has nothing.
    pub fn none() -> Self {
        Self(None)
    }

    /// The client has the versions whose ETag satisfies a predicate.
    pub fn new(has: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(has)))
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn matches(&self, edition: &str) -> bool {
        self.0.as_ref().is_some_and(|has| has(edition))
    }
}

impl std::fmt::Debug for ClientEtags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

impl Core {
    /// What `read` answers, unless the client has it.
    ///
    /// An edition must not be newer than the answer that it is told with: a
    /// change in between would be missed for as long as the client holds it.
    pub(crate) async fn unless_matched<T>(
        &self,
        caller: &Caller,
        edited: EtagInputs<'_>,
        if_none_match: &ClientEtags,
        read: impl Future<Output = Result<T>>,
    ) -> Result<Conditional<T>> {
        let database = self.database();
        if if_none_match.is_empty() {
            // Both are read at once, the edition as of a moment before.
            let mut before = database.begin_reading().await?;
            let edition = async move { edited.etag(&mut before, caller.id).await };
            let (edition, answer) = futures_util::future::try_join(edition, read).await?;
            return Ok(Conditional::Modified(answer, Some(edition)));
        }
        let edition = edited.etag(database, caller.id).await?;
        if if_none_match.matches(&edition) {
            return Ok(Conditional::NotModified(edition));
        }
        Ok(Conditional::Modified(read.await?, Some(edition)))
    }
}

impl EtagInputs<'_> {
    async fn etag(&self, connection: impl Connection, viewer: Uuid) -> Result<String> {
        // Assets alone tell what they are cast in.
        let castings = (self.name == "asset").then(|| CastingScope {
            in_entity: first(self.parameters, "episode_id").and_then(hyphenated_id),
        });
        let signals =
            fingerprint::board_fingerprint(connection, self.project_id, viewer, castings).await?;
        let (role, name, parameters) = (self.access.role(), self.name, self.parameters);
        let inputs = format!("{signals:?} {viewer} {role:?} {name} {parameters:?}");
        Ok(hex(&Sha256::digest(inputs)))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
