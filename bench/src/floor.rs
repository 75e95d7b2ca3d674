//! What the machine could do: an HTTP server that does next to nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use tokio_postgres::{Client, NoTls, Statement};

/// As many connections as clients: each query has one to itself.
const CONNECTIONS: usize = 16;

#[derive(Clone)]
struct Floor(Arc<Vec<(Client, Statement)>>, Arc<AtomicUsize>);

/// A route that answers a fixed text, and one that makes one prepared query.
pub async fn serve(address: SocketAddr, database_url: &str) -> Result<()> {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let (client, connection) = tokio_postgres::connect(database_url, NoTls).await?;
        tokio::spawn(connection);
        let sql = "SELECT first_name FROM person WHERE email = $1";
        let statement = client.prepare(sql).await?;
        connections.push((client, statement));
    }
    let floor = Floor(Arc::new(connections), Arc::default());
    let app = Router::new()
        .route("/", get(async || Json("bare")))
        .route("/query", get(one_query))
        .with_state(floor);
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}

async fn one_query(State(floor): State<Floor>) -> Json<Option<String>> {
    let turn = floor.1.fetch_add(1, Ordering::Relaxed);
    let (client, statement) = &floor.0[turn % CONNECTIONS];
    let found = client
        .query_opt(statement, &[&"person40@studio.test"])
        .await;
    Json(found.ok().flatten().and_then(|row| row.try_get(0).ok()))
}
