//! What the reference answered, answered again.

use std::path::{Path, PathBuf};

use tanuki_testkit::scenario::{Failures, Script};
use tanuki_testkit::{Backend, scenario, tools};

use crate::on_both;

macro_rules! scenarios {
    ($($name:ident)*) => {
        on_both! { $($name)* }
        $(fn $name(backend: Backend) {
            replay(stringify!($name), backend);
        })*

        /// The scenarios that are played.
        const PLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}
scenarios! {
    annotated_frames annotations asset_instances assets attachments auth avatars batch_deletion bots budgets casting chats comment_batches
    comment_lists comment_status commenting communication departments descriptors edits
    entity_changes entity_deletion entity_links entity_news events file_paths imports files films graph main_preview news notifications
    output_files own_tasks own_time own_work paths person_credentials person_departments person_presence person_time pictures planning playlist_builds playlist_tables playlist_tasks playlists production_tables
    preview_files
    productions project_settings project_team quota_shots quotas
    revalidation row_imports saved_searches schedules search second_factors seeds
    settings shared_links sharing shotgun_errors shotgun_imports shots single_sign_on status studio_tables subscriptions task_actions task_creation task_lists task_visibility task_reading tasks templates
    time_spent timeline_imports with_tasks working_files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn replay(name: &str, backend: Backend) {
    if matches!(name, "films" | "annotated_frames")
        && tools::or_skip(tools::program("ffmpeg"), name, "ffmpeg").is_none()
    {
        return;
    }
    let Some(server) = crate::server(backend) else {
        return;
    };
    let folder = folder();
    let script = Script::open(&folder.join(name).with_extension("jsonl")).unwrap();
    let shared = script.shared_rows();
    let fixture = folder.join(shared.unwrap_or(name)).with_extension("sql");
    match std::fs::read_to_string(&fixture) {
        Ok(rows) => server.load_fixture(&rows).unwrap(),
        Err(error) => assert!(shared.is_none(), "{}: {error}", fixture.display()),
    }
    let played = scenario::play(&script, &server.url, Some(&|sql| server.sql(sql))).unwrap();
    let expected = script.expected();
    let mut differences = scenario::differences(&expected, &played).unwrap();
    let mut orders = scenario::key_orders(&script.recorded(), &played).unwrap();
    if backend == Backend::Sqlite {
        orders.retain(|difference| !is_of_json_column(&difference.text));
    }
    differences.extend(orders);
    assert!(
        differences.is_empty(),
        "{} differences from the recorded responses of {name}.jsonl\n{}",
        differences.len(),
        Failures {
            played: &played,
            expected: &expected,
            differences: &differences,
        }
    );
}

#[test]
fn every_scenario_is_played() {
    let files = std::fs::read_dir(folder()).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let forgotten: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !PLAYED.contains(&name.as_str()))
        .collect();
    assert!(forgotten.is_empty(), "not played: {forgotten:?}");
}

#[test]
fn the_index_of_scenarios_is_current() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let current = scenario::with_index(&readme, &folder()).unwrap();
    assert!(
        readme == current,
        "run `cargo run -p tanuki-testkit --bin index-scenarios`"
    );
}

/// Whether a line is about the inside of a JSON column. SQLite has its keys as
/// they were loaded by a fixture or written by its own functions; PostgreSQL
/// puts all into one order.
fn is_of_json_column(line: &str) -> bool {
    [".data:", ".metadata_descriptors["]
        .iter()
        .any(|part| line.contains(part))
}
