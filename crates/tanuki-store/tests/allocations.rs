//! A list is written row by row: what it asks of memory does not grow with
//! its rows. Counted, not timed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

use std::sync::LazyLock;

use sea_query::Expr;
use sea_query::ExprTrait as _;
use tanuki_domain::SystemClock;
use tanuki_store::database::{Options, Target};
use tanuki_store::projection::Projection;
use tanuki_store::schema::DEPARTMENT;
use tanuki_store::write::{Defaults, Values, insert_all};
use tanuki_store::{Database, Value, migrate};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

static SHAPE: LazyLock<Projection> = LazyLock::new(|| Projection::with_links(&DEPARTMENT, &[]));

const MANY: usize = 20_000;

#[test]
fn a_list_takes_as_much_memory_whatever_its_length() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(folder.path().join("studio.sqlite"));
    let database = runtime.block_on(studio(&target));
    // Once before: statements are prepared, caches are filled.
    runtime.block_on(read(&database, MANY));

    let _profiler = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get();
    let few = runtime.block_on(read(&database, 2000));
    let between = dhat::HeapStats::get();
    let many = runtime.block_on(read(&database, MANY));
    let after = dhat::HeapStats::get();

    assert!(few > 2000 * 100 && many > 9 * few, "{few} and {many} bytes");
    let of_few = between.total_blocks - before.total_blocks;
    let of_many = after.total_blocks - between.total_blocks;
    // Chunks of 64 KiB are new each time; rows are not.
    let chunks = (many / 65_536) as u64;
    assert!(
        of_many < of_few + 16 * chunks + 100,
        "{of_few} allocations for 2,000 rows, {of_many} for {MANY}"
    );
    assert!(
        after.max_bytes < before.curr_bytes + 2_000_000,
        "{} bytes at most, of an answer of {many}",
        after.max_bytes
    );
}

async fn studio(target: &Target) -> Database {
    let database = Database::connect(target, Options::default()).await.unwrap();
    migrate::prepare(&database, &SystemClock).await.unwrap();
    let defaults = Defaults {
        now: tanuki_domain::Clock::timestamp(&SystemClock),
        timezone: "Europe/Paris",
        locale: "en_US",
    };
    let row = |number: usize| -> Values {
        Values::from([
            ("id", Uuid::new_v4().into()),
            ("name", Value::from(format!("many {number:06}"))),
            ("color", "#112233".into()),
        ])
    };
    let mut transaction = database.begin().await.unwrap();
    let rows = (0..MANY).map(row).collect();
    insert_all(&mut transaction, &DEPARTMENT, rows, &defaults)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    database
}

/// Reads so many rows as a client would; the length of the answer.
async fn read(database: &Database, rows: usize) -> usize {
    let dialect = database.dialect();
    let mut select = SHAPE.select(dialect);
    let below = format!("many {rows:06}");
    select.and_where(Expr::col(("department", "name")).lt(below));
    let mut chunks = database.stream_json(dialect.build(&select), &SHAPE);
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        bytes += chunk.unwrap().len();
    }
    bytes
}
