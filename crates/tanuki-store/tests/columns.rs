//! Rows are read by the names of their columns, on both databases.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

use sea_query::{Expr, Query};
use tanuki_store::database::{Options, Target};
use tanuki_store::{Connection, Database};
use tanuki_testkit::postgres::Cluster;

#[tokio::test]
async fn columns_are_read_by_name_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    columns_are_read_by_name(&Target::Sqlite(folder.path().join("studio.sqlite"))).await;
}

#[tokio::test]
async fn columns_are_read_by_name_on_postgres() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let url = cluster.create_database().unwrap();
    columns_are_read_by_name(&url.parse().unwrap()).await;
}

async fn columns_are_read_by_name(target: &Target) {
    let database = Database::connect(target, Options::default()).await.unwrap();
    let mut select = Query::select();
    select
        .expr_as(Expr::val("dog"), "name")
        .expr_as(Expr::val(3), "legs")
        .expr_as(Expr::val(Option::<String>::None), "owner")
        .expr_as(Expr::val("left"), "ear")
        .expr_as(Expr::val("right"), "ear");
    let found = database
        .fetch(&select, |row| {
            assert!(row.is_null("owner")?);
            Ok((row.get::<String>("name")?, row.get::<i64>("legs")?))
        })
        .await
        .unwrap();
    assert_eq!(found, [("dog".to_owned(), 3)]);
    for (column, reason) in [
        ("tail", "no column has that name"),
        ("ear", "more than one column has that name"),
        ("EAR", "no column has that name"),
    ] {
        let read = database.fetch_one(&select, |row| row.get::<Option<String>>(column));
        let error = read.await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("column {column} of `SELECT")),
            "{error}"
        );
        assert!(error.contains(reason), "{error}");
        let read = database.fetch_one(&select, |row| row.is_null(column));
        assert_eq!(read.await.unwrap_err().to_string(), error);
    }
}
