//! How soon those who listen hear of a change.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::client::{Connection, Request};
use crate::servers::Server;
use crate::studio::Facts;

pub const LISTENERS: usize = 100;
const CHANGES: usize = 50;
const PATIENCE: Duration = Duration::from_secs(10);

/// From sending a change to the moment when the last of a hundred listeners
/// has heard of it: the median of fifty changes.
pub async fn measure(server: &Server, its: &Facts) -> Result<Duration> {
    let heard = Arc::new((AtomicUsize::new(0), Notify::new()));
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        let heard = Arc::clone(&heard);
        let count = move |message: &str| {
            if message.contains("\"shot:update\"") {
                heard.0.fetch_add(1, Ordering::SeqCst);
                heard.1.notify_one();
            }
        };
        listeners.push(listen(server.events, &server.token, count).await?);
    }
    let mut connection = Connection::open(server.address()).await?;
    let mut times = Vec::with_capacity(CHANGES);
    for number in 0..CHANGES {
        heard.0.store(0, Ordering::SeqCst);
        let path = format!("/data/entities/{}", its.shot);
        let body = json!({"description": format!("Told {number}")});
        let begun = Instant::now();
        let answer = connection
            .send(&Request::new("PUT", &path, &server.token, Some(&body)))
            .await?;
        if answer.status != 200 {
            bail!("a change was answered {}", answer.status);
        }
        let all = async {
            while heard.0.load(Ordering::SeqCst) < LISTENERS {
                heard.1.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, all)
            .await
            .context("not everybody hears of a change")?;
        times.push(begun.elapsed());
    }
    listeners.iter().for_each(tokio::task::JoinHandle::abort);
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Connects a listener to `/events`, who gives each message to `heard` until the
/// server closes the connection.
pub async fn listen(
    address: SocketAddr,
    token: &str,
    heard: impl Fn(&str) + Send + 'static,
) -> Result<tokio::task::JoinHandle<()>> {
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let mut request = url.into_client_request()?;
    request
        .headers_mut()
        .insert("Authorization", format!("Bearer {token}").parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    // `0{…}` opens the transport, `40/events,` joins the namespace.
    while let Some(message) = socket.next().await {
        match message?.to_text()? {
            text if text.starts_with('0') => {
                socket.send(Message::text("40/events,")).await?;
            }
            text if text.starts_with("40/events") => break,
            text if text.starts_with('4') => bail!("a listener was told {text}"),
            _ => {}
        }
    }
    Ok(tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            let Ok(text) = message.to_text() else {
                continue;
            };
            if text == "2" {
                let _closed = socket.send(Message::text("3")).await;
            } else {
                heard(text);
            }
        }
    }))
}
