//! Which statements a connection to PostgreSQL keeps prepared.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use tanuki_store::database::Options;
use tanuki_store::{Connection as _, Database};
use tanuki_testkit::postgres::Cluster;

/// A query with twice as many parameters.
fn of_pairs(pairs: i64) -> SelectStatement {
    let mut select = Query::select();
    select.expr_as(Expr::val(1).add(2), "sum");
    for value in 1..pairs {
        select.and_where(Expr::val(value).gt(0));
    }
    select
}

/// A board whose values are masked has about 40 parameters, and is planned longer
/// than it is read.
#[tokio::test]
async fn statements_with_dozens_of_parameters_are_prepared_once() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let url = cluster.create_database().unwrap();
    let options = Options::default();
    let database = Database::connect(&url.parse().unwrap(), options)
        .await
        .unwrap();
    let mut transaction = database.begin().await.unwrap();
    for pairs in [24, 24, 240] {
        let select = of_pairs(pairs);
        let sums = transaction.fetch(&select, |row| row.get::<i64>("sum"));
        assert_eq!(sums.await.unwrap(), [3]);
    }
    let mut prepared = Query::select();
    prepared
        .column("statement")
        .from("pg_prepared_statements")
        .and_where(Expr::col("statement").like("SELECT $1 + $2%"));
    let statements = transaction.fetch(&prepared, |row| row.get::<String>("statement"));
    let statements = statements.await.unwrap();
    assert_eq!(statements.len(), 1, "{statements:?}");
    assert!(statements[0].ends_with("$47 > $48"), "{statements:?}");
}
