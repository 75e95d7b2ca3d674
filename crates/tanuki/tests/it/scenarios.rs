//! What the reference answered, answered again.

use std::path::Path;

use tanuki_testkit::{Backend, scenario};

use crate::on_both;

macro_rules! scenarios {
    ($($name:ident)*) => {
        on_both! { $($name)* }
        $(fn $name(backend: Backend) {
            replay(stringify!($name), backend);
        })*
    };
}
scenarios! {
    asset_instances assets attachments auth batch_deletion bots budgets casting comment_batches
    comment_lists comment_status commenting communication descriptors edits entity_changes
    entity_deletion entity_links entity_news events files graph main_preview own_work paths
    planning productions project_settings project_team quotas revalidation schedules seeds
    settings sharing shots task_actions task_creation task_lists task_visibility task_reading tasks templates
    time_spent with_tasks
}

fn replay(name: &str, backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let path = folder.join(name).with_extension("jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let shared = text.lines().find_map(|line| line.strip_prefix("# rows: "));
    let fixture = folder.join(shared.unwrap_or(name)).with_extension("sql");
    match std::fs::read_to_string(&fixture) {
        Ok(rows) => server.load_fixture(&rows).unwrap(),
        Err(error) => assert!(shared.is_none(), "{}: {error}", fixture.display()),
    }
    let answers = scenario::play_on(&server.url, &text, Some(&|sql| server.sql(sql))).unwrap();
    let expected = scenario::expected(&path).unwrap();
    let recorded = scenario::recorded(&path).unwrap();
    let mut orders = scenario::key_orders(&recorded, &answers).unwrap();
    if backend == Backend::Sqlite {
        orders.retain(|line| !is_of_json_column(line));
    }
    let mut differences = scenario::differences(&expected, &answers).unwrap();
    differences.extend(orders);
    assert!(
        differences.is_empty(),
        "{} answers differ from the reference's:\n{}",
        differences.len(),
        differences.join("\n")
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
