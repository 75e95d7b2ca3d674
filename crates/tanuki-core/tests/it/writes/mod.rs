//! Who may change what: every function of core that writes is called by a
//! person of each role. What a handler would have to refuse instead of core
//! fails here.

mod arguments;
mod callers;
mod reads;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tanuki_core::{Caller, Core, Error, IdList, Result};

use reads::READS;
use table::writes;

use crate::studio::{Id, Ids, PEOPLE, Studio, open};

/// Functions that leave out what the caller may not change, instead of refusing.
const SKIPPING: &[&str] = &[
    "comments.comment_many",
    "tasks.assign_many",
    "tasks.unassign",
    "tasks.set_priority",
];

/// Functions that find nothing to change for some of those who may call them:
/// nothing is attached, other projects have none of the fields, no mail is sent,
/// nobody has or prepared a second factor or a passkey, nobody has logged in, nobody in the directory has a photo, and there are no jobs and no films.
const WITHOUT_EFFECT: &[&str] = &[
    "people.invite",
    "auth.end_session",
    "directory.sync_photos",
    "auth.enable_totp",
    "auth.disable_totp",
    "auth.enable_email_otp",
    "auth.disable_email_otp",
    "auth.enable_fido",
    "auth.remove_fido",
    "auth.add_passkey",
    "auth.remove_passkey",
    "auth.renew_recovery_codes",
    "comments.recount_tasks",
    "people.disable_two_factor",
    "jobs.retry",
    "jobs.retry_failed",
    "jobs.cancel",
    "files.extract_tile",
    "files.encode_again",
    "files.probe_films",
    "files.make_missing_tiles",
    "files.make_missing_thumbnails",
    "files.probe_pictures",
    "comments.add_attachments",
    "comments.copy_client_comments",
    "projects.create_descriptor_everywhere",
    "projects.update_descriptor_everywhere",
    "projects.delete_descriptor_everywhere",
    "projects.order_descriptors_everywhere",
];

/// A function of core, called by somebody.
struct Write {
    /// The function's area and name.
    name: &'static str,
    /// Who may call it; everybody else is refused.
    allowed: &'static [&'static str],
    call: for<'a> fn(&'a Attempt) -> BoxFuture<'a, Result<()>>,
}

/// What a call is made with.
struct Attempt {
    core: Core,
    caller: Caller,
    ids: Ids,
}

impl Attempt {
    /// Returns the id of a row of the studio, in the type that is asked for.
    fn id<'a, T: From<&'a Id>>(&'a self, name: &str) -> T {
        T::from(&self.ids[name])
    }

    fn list(&self, names: &[&str]) -> IdList {
        let ids = names.iter().map(|name| Value::from(&self.ids[*name]));
        IdList(ids.collect())
    }
}

/// Calls a function by somebody.
async fn attempt(studio: &Studio, core: &Core, write: &Write, name: &str) -> Result<()> {
    let attempt = Attempt {
        core: core.clone(),
        caller: studio.caller(name),
        ids: studio.ids.clone(),
    };
    (write.call)(&attempt).await
}

/// Returns a number that changes when another connection commits a change.
fn data_version(connection: &rusqlite::Connection) -> i64 {
    let version = connection.query_row("PRAGMA data_version", [], |row| row.get(0));
    version.unwrap()
}

/// Calls a function by those who may not, in a database that they share.
async fn not_refused(studio: &Studio, number: usize, write: &Write) -> Vec<String> {
    let mut wrong = Vec::new();
    let database = studio.copy(&format!("{number}-refused"));
    let core = open(&database).await;
    let watching = rusqlite::Connection::open(&database).unwrap();
    for (name, ..) in PEOPLE {
        if write.allowed.contains(&name) {
            continue;
        }
        let before = data_version(&watching);
        match attempt(studio, &core, write, name).await {
            Err(Error::Denied | Error::DeniedBecause(_)) => {}
            Ok(()) if SKIPPING.contains(&write.name) => {}
            Ok(()) => wrong.push(format!("{name} is not refused")),
            Err(error) => wrong.push(format!("{name} gets {error:?}")),
        }
        if data_version(&watching) != before {
            wrong.push(format!("{name} changes something"));
        }
    }
    core.database().close().await;
    wrong
}

/// Calls a function by those who may, each in a database of their own.
async fn not_allowed(studio: &Studio, number: usize, write: &Write) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in write.allowed {
        let database = studio.copy(&format!("{number}-{name}"));
        let core = open(&database).await;
        let watching = rusqlite::Connection::open(&database).unwrap();
        let before = data_version(&watching);
        if let Err(error) = attempt(studio, &core, write, name).await {
            wrong.push(format!("{name} should be allowed, but gets {error:?}"));
        } else if data_version(&watching) == before && !WITHOUT_EFFECT.contains(&write.name) {
            wrong.push(format!("{name} should be allowed, but changes nothing"));
        }
        core.background().close();
        core.background().wait().await;
        core.database().close().await;
    }
    wrong
}

#[tokio::test]
async fn core_refuses_whom_http_refuses() {
    let studio = Studio::new().await;
    let mut wrong = Vec::new();
    for (number, write) in writes().enumerate() {
        let found = [
            not_refused(&studio, number, write).await,
            not_allowed(&studio, number, write).await,
        ];
        let found = found.into_iter().flatten();
        wrong.extend(found.map(|fault| format!("{}: {fault}", write.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the names of the public functions of core that take a caller, or the
/// proof of a check of one.
fn functions_with_a_caller() -> BTreeSet<String> {
    let proofs = [
        ": &Caller",
        ": &'a Caller",
        ": Admin<",
        ": Manager<",
        ": ManagedProject<",
        ": Budget<",
        ": Entry<",
        ": Version<",
        ": ManagedShot",
        ": ReplyTarget",
        ": EstimatedTasks",
    ];
    let mut found = BTreeSet::new();
    for path in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = std::fs::read_to_string(path).unwrap();
        for block in text.split("\nimpl ").skip(1) {
            let (header, block) = block.split_once(" {\n").unwrap();
            let area = match header.split_once("<'_>") {
                None if header == "Core" => "core".to_owned(),
                Some((handle, "")) => handle.to_lowercase(),
                _ => continue,
            };
            let block = block.split("\n}\n").next().unwrap();
            for function in format!("\n{block}").split("\n    pub async fn ").skip(1) {
                let (name, rest) = function.split_once(['(', '<']).unwrap();
                let signature = rest.split(" {\n").next().unwrap();
                if proofs.iter().any(|proof| signature.contains(proof)) {
                    found.insert(format!("{area}.{name}"));
                }
            }
        }
    }
    assert!(found.len() > 100, "{found:?}");
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_function_that_writes_is_called() {
    let known: BTreeSet<String> = functions_with_a_caller();
    let listed: BTreeSet<&str> = writes().map(|write| write.name).collect();
    let listed: BTreeSet<String> = listed
        .into_iter()
        .chain(READS.iter().copied())
        .map(str::to_owned)
        .collect();
    let missing: Vec<&String> = known.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "functions of core that are in neither the table of writes nor READS: {missing:?}"
    );
    let gone: Vec<&String> = listed.difference(&known).collect();
    assert!(
        gone.is_empty(),
        "listed, but no functions of core: {gone:?}"
    );
}
