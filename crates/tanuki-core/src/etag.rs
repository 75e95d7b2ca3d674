//! Conditional requests: ETags of a project's boards, for `If-None-Match` and
//! 304.
//!
//! An ETag is a hash of a fingerprint of the rows that a response is made of,
//! the viewer, their role and the query string. It is computed without reading
//! the rows themselves.

use sha2::{Digest as _, Sha256};
use tanuki_store::Connection;
use tanuki_store::query::fingerprint::{self, CastingScope};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::fields::hyphenated_id;
use crate::parameters::{Parameters, first};
use crate::{Caller, Core, Result};

/// The ETags of `If-None-Match`: the versions of a response that the HTTP
/// client has.
pub struct ClientEtags(Option<HasVersion>);

/// Whether an ETag matches `If-None-Match`.
type HasVersion = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The response to a conditional request.
#[derive(Debug)]
pub enum Conditional<T> {
    /// 304: the HTTP client has the current version, with this ETag.
    NotModified(String),
    /// The response, and its ETag if it has one.
    Modified(T, Option<String>),
}

/// What a response about a project's entities and tasks depends on, besides the
/// rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EtagInputs<'a> {
    pub project_id: Uuid,
    pub access: ProjectAccess,
    /// The name of the endpoint's response, so that two of them never share an
    /// ETag.
    pub name: &'static str,
    pub parameters: &'a Parameters,
}

impl ClientEtags {
    /// A request without `If-None-Match`.
    pub fn none() -> Self {
        Self(None)
    }

    /// A request whose `If-None-Match` matches the ETags for which `has` is
    /// true.
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
    /// Runs `read`, unless the HTTP client already has the current version.
    ///
    /// The ETag must not be newer than the response that it is sent with: a
    /// change in between would be missed for as long as the client keeps the
    /// response. So the fingerprint is read first, or in a transaction that
    /// began first.
    pub(crate) async fn unless_matched<T>(
        &self,
        caller: &Caller,
        edited: EtagInputs<'_>,
        if_none_match: &ClientEtags,
        read: impl Future<Output = Result<T>>,
    ) -> Result<Conditional<T>> {
        let database = self.database();
        if if_none_match.is_empty() {
            // Both run concurrently; the ETag in a transaction that began
            // before.
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
        // Only responses with assets have castings.
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
