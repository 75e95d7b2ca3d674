//! Editions of answers: what a client names to be sent an answer again only
//! if it has become another one since.

use sha2::{Digest as _, Sha256};
use tanuki_store::query::editions;
use uuid::Uuid;

use crate::access::Standing;
use crate::resource::Parameters;
use crate::{Caller, Core, Result};

/// The editions that a client has.
#[derive(Debug, Default)]
pub struct Held {
    /// Whatever the edition is, the client has it.
    pub any: bool,
    pub editions: Vec<String>,
}

/// An answer to a client that may have it.
#[derive(Debug)]
pub enum Renewed<T> {
    /// It is the edition that the client has.
    AsHeld(String),
    /// The answer, and its edition where it has one.
    Anew(T, Option<String>),
}

impl Held {
    pub(crate) fn has(&self, edition: &str) -> bool {
        self.any || self.editions.iter().any(|held| held == edition)
    }
}

impl Core {
    /// The edition of what is answered to somebody of a production's entities
    /// and tasks. It has to be known before the answer is asked for: what
    /// changes in between makes the next edition.
    pub(crate) async fn edition(
        &self,
        caller: &Caller,
        (project_id, standing): (Uuid, Standing),
        name: &str,
        parameters: &Parameters,
    ) -> Result<String> {
        // Assets alone tell what they are cast in.
        let with_castings = name == "asset";
        let signals =
            editions::signals(self.database(), project_id, caller.id, with_castings).await?;
        let role = standing.role();
        let inputs = format!("{signals:?} {} {role:?} {name} {parameters:?}", caller.id);
        Ok(hex(&Sha256::digest(inputs)))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
