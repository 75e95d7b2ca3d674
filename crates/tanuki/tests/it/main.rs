//! The integration suite: the real binary, over HTTP, on both databases.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

mod annotated_frames;
mod annotations;
mod attachments;
mod auth;
mod automations;
mod bots;
mod browser;
mod castings;
mod chats;
mod cli;
mod cli_accounts;
mod cli_housekeeping;
mod compression;
mod concurrency;
mod concurrent_castings;
mod connections;
mod console_bots;
mod console_second_factors;
mod contention;
mod cookies;
mod csv_imports;
mod databases;
mod departures;
mod deploy;
mod described_answers;
mod description;
mod documents;
mod editions;
mod enrolled;
mod event_listener;
mod event_socket;
mod films;
mod fuzzing;
mod gazu;
mod gazu_coverage;
mod guesses;
mod house;
mod interrupted;
mod jobs;
mod ldap;
mod limits;
mod listeners;
mod listeners_under_load;
mod long_lists;
mod mail;
mod malformed_ids;
mod module_order;
mod names;
mod namesakes;
mod notices;
mod oidc;
mod operations;
mod outages;
mod own_account;
mod passkeys;
mod people_at_work;
mod playlist_builds;
mod playlist_edits;
mod playlists;
mod previews;
mod project_isolation;
mod proxies;
mod racing_names;
mod request_log;
mod resumable_uploads;
mod review_rooms;
mod robustness;
mod roles;
mod row_imports;
mod saml;
mod scenarios;
mod search;
mod second_factors;
mod security_keys;
mod seeded;
mod sent_back;
mod sessions;
mod shapes;
mod shares;
mod shotgun_imports;
mod single_sign_on;
mod slow_clients;
mod spans;
mod statements;
mod storage;
mod stored_files;
mod studio;
mod uploads;
mod used_uploads;
mod values;
mod web_client;
mod working_files;
mod wrong_files;
mod years;

use std::time::{Duration, Instant};

use tanuki_testkit::{Backend, Server, Setup};

/// The built binary.
const BINARY: &str = env!("CARGO_BIN_EXE_tanuki");

/// Runs a test on SQLite and, where there is one, on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name(tanuki_testkit::Backend::Sqlite);
            })*
        }
        mod on_postgres {
            $(#[test]
            fn $name() {
                super::$name(tanuki_testkit::Backend::Postgres);
            })*
        }
    };
}
pub(crate) use on_both;

/// Waits until something holds that a server does beside the requests.
fn wait_until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "it does not come to that");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The rows of a scenario, as SQL.
fn rows_of(scenario: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    std::fs::read_to_string(format!("{folder}/{scenario}.sql")).unwrap()
}

/// Like [`server`], with the rows of a scenario.
fn server_with(scenario: &str, backend: Backend) -> Option<Server> {
    let server = server(backend)?;
    server.load_fixture(&rows_of(scenario)).unwrap();
    Some(server)
}

/// A server with an admin; `None` where there is no such database.
fn server(backend: Backend) -> Option<Server> {
    Setup::new(BINARY, backend).start()
}
