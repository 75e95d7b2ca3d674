//! People of the studio's directory (LDAP): accounts follow their entries.

mod matching;
mod photos;
mod plan;

use std::collections::{HashMap, HashSet};

use tanuki_store::query::{directory, uniqueness};
use tanuki_store::schema::PERSON;
use uuid::Uuid;

use crate::people::is_protected;
use crate::settings::DirectorySettings;
use crate::{Admin, Directory, Error, Result};

pub use photos::PhotoReport;
pub use plan::{SyncAction, SyncStep};
pub use tanuki_ldap::DirectoryPerson;

use plan::{Plan, Rules};

/// How accounts follow the directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncOptions {
    /// Nothing is written.
    pub is_dry_run: bool,
    /// More than half of the people may be switched off.
    pub is_forced: bool,
    /// Accounts that are not from the directory become so if their login or
    /// address is in it.
    pub takes_over: bool,
}

/// What a synchronisation did, or would do.
#[derive(Debug)]
pub struct SyncReport {
    /// What changes, and what does not although it should.
    pub steps: Vec<SyncStep>,
    /// How many accounts are as the directory says.
    pub unchanged: usize,
    pub outcome: SyncOutcome,
    /// The active accounts, by the names of their entries.
    accounts: HashMap<String, Uuid>,
}

/// How a synchronisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    Written,
    /// Nothing is written, as asked for.
    DryRun,
    /// Nothing is written: more than half of the people would be switched off,
    /// which is a mistake more often than not.
    HeldBack {
        switched_off: usize,
        of: usize,
    },
}

impl Directory<'_> {
    /// Reads everybody in the directory, or in `LDAP_GROUP`. `progress` gets how
    /// many were read. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the directory cannot be reached or refuses
    /// something, [`Error::Invalid`] if its settings are unusable.
    pub async fn people(
        self,
        _: Admin<'_>,
        progress: impl FnMut(usize) + Send,
    ) -> Result<Vec<DirectoryPerson>> {
        let now = self.core.clock().now().timestamp();
        let read = self.client()?.people(now, progress).await;
        read.map_err(|failure| Error::Unavailable(failure.to_string()))
    }

    /// Creates, changes and switches off accounts so that they are as the people of
    /// the directory, in one transaction. Bots, guests, accounts of previews and
    /// those in `PROTECTED_ACCOUNTS` and `LDAP_EXCLUDED_ACCOUNTS` stay as they
    /// are. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only. What cannot be followed is in the report.
    pub async fn sync(
        self,
        admin: Admin<'_>,
        people: &[DirectoryPerson],
        options: SyncOptions,
    ) -> Result<SyncReport> {
        let mut transaction = self.core.database().begin().await?;
        uniqueness::lock(&mut transaction, &PERSON, None).await?;
        let accounts = directory::accounts(&mut transaction).await?;
        let settings = self.core.settings();
        let excluded = settings.ldap.excluded.iter();
        let rules = Rules {
            excluded: excluded.map(|login| login.to_lowercase()).collect(),
            protected: accounts
                .iter()
                .filter(|account| is_protected(self.core, Some(&account.email)))
                .map(|account| account.id)
                .collect::<HashSet<_>>(),
            takes_over: options.takes_over,
            user_limit: settings.studio.user_limit,
        };
        let plan = plan::plan(people, &accounts, &rules);
        let outcome = match options {
            SyncOptions {
                is_forced: false, ..
            } if plan.switches_off_too_many() => SyncOutcome::HeldBack {
                switched_off: plan.switched_off.len(),
                of: plan.active,
            },
            SyncOptions {
                is_dry_run: true, ..
            } => SyncOutcome::DryRun,
            _ => SyncOutcome::Written,
        };
        if outcome == SyncOutcome::Written {
            let people = self.core.people();
            // First those who make room.
            for written in [&plan.switched_off, &plan.written] {
                people
                    .write_imported(&mut transaction, admin, written)
                    .await?;
            }
            transaction.commit().await?;
        }
        let Plan {
            steps,
            unchanged,
            accounts,
            ..
        } = plan;
        Ok(SyncReport {
            steps,
            unchanged,
            outcome,
            accounts,
        })
    }

    /// Returns a client of the directory, also where it checks no passwords:
    /// people may log in elsewhere, with single sign-on for example.
    fn client(self) -> Result<tanuki_ldap::Directory> {
        let settings: &DirectorySettings = &self.core.settings().ldap.directory;
        tanuki_ldap::Directory::new(settings.clone()).map_err(Error::invalid)
    }
}
