//! A Socket.IO client that records the events that it receives.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tanuki_testkit::Server;
use tanuki_testkit::http::Request;

/// Separates the packets of a response.
const SEPARATOR: char = '\u{1e}';

/// A client that listens by long polling.
pub struct Listener(Arc<Mutex<String>>);

impl Listener {
    pub fn start(server: &Server, token: &str) -> Self {
        let heard = Arc::new(Mutex::new(String::new()));
        let path = "/socket.io/?EIO=4&transport=polling";
        let opened = server.send(&Request::get(path).bearer(token)).text();
        let opened: Value = serde_json::from_str(&opened[1..]).unwrap();
        let path = format!("{path}&sid={}", opened["sid"].as_str().unwrap());
        let send = |packet: &str| Request::post(&path).body(packet.as_bytes().to_vec());
        server.send(&send("40/events,"));
        let (poll, pong, url) = (Request::get(&path), send("3"), server.url.clone());
        let into = Arc::clone(&heard);
        std::thread::spawn(move || {
            while let Ok(answer) = poll.send(&url) {
                if answer.status != 200 {
                    return;
                }
                let text = answer.text();
                if text.split(SEPARATOR).any(|packet| packet == "2") && pong.send(&url).is_err() {
                    return;
                }
                let mut into = into.lock().unwrap();
                into.push_str(&text);
                into.push(SEPARATOR);
            }
        });
        let listener = Self(heard);
        listener.wait_for("40/events");
        listener
    }

    pub fn hears(&self, text: &str) -> bool {
        self.0.lock().unwrap().contains(text)
    }

    pub fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.hears(text) {
            assert!(Instant::now() < deadline, "{text} was not heard");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The events so far: name and data.
    pub fn events(&self) -> Vec<(String, Value)> {
        let heard = self.0.lock().unwrap();
        let events = heard.split(SEPARATOR).filter_map(|packet| {
            let event: Value = serde_json::from_str(packet.strip_prefix("42/events,")?).unwrap();
            Some((event[0].as_str()?.to_owned(), event[1].clone()))
        });
        events.collect()
    }
}
