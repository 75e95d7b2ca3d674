//! Searches, page by page.

use std::time::Duration;

use tokio::time::Instant;

use crate::Failure;
use crate::connection::{Connection, refusal};
use crate::message::{Entry, Request, Response, Scope, Search, code};

/// What a search may take in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub entries: usize,
    /// Of all messages, in bytes.
    pub bytes: u64,
    pub time: Duration,
}

impl Bounds {
    /// Of a directory that is read without photos.
    pub const PEOPLE: Self = Self {
        entries: 50_000,
        bytes: 128 * 1024 * 1024,
        time: Duration::from_secs(10 * 60),
    };
}

/// The entries of a search, as they arrive.
pub(crate) struct Results {
    connection: Connection,
    search: Search,
    bounds: Bounds,
    until: Instant,
    found: usize,
    /// How many pages were empty in a row.
    empty: u32,
    is_empty: bool,
    is_done: bool,
}

/// How many empty pages may follow each other.
const MAX_EMPTY: u32 = 100;

impl Results {
    /// Returns the next entry; `None` after the last. Whoever stops before has
    /// not seen the whole answer.
    pub async fn next(&mut self) -> Result<Option<Entry>, Failure> {
        while !self.is_done {
            if Instant::now() > self.until {
                return Err(Failure::new("the search takes too long"));
            }
            let response = self.connection.receive().await?;
            if self.connection.received > self.bounds.bytes {
                return Err(Failure::new("the answer is too long"));
            }
            match response {
                Response::Entry(entry) => {
                    self.found += 1;
                    self.is_empty = false;
                    if self.found > self.bounds.entries {
                        let message =
                            format!("there are more than {} entries", self.bounds.entries);
                        return Err(Failure::new(message));
                    }
                    return Ok(Some(entry));
                }
                Response::Reference => {}
                Response::Done { outcome, cookie } if outcome.code == code::SUCCESS => {
                    self.turn_page(&cookie).await?;
                }
                Response::Done { outcome, .. } if self.is_without_base(outcome.code) => {
                    self.is_done = true;
                }
                Response::Done { outcome, .. } => return Err(refusal("a search", &outcome)),
                _ => return Err(Failure::new("the answer is none to a search")),
            }
        }
        Ok(None)
    }

    /// Whether one entry was looked up by its name and is not there.
    fn is_without_base(&self, code: i32) -> bool {
        code == code::NO_SUCH_OBJECT && self.search.scope == Scope::Entry
    }

    async fn turn_page(&mut self, cookie: &[u8]) -> Result<(), Failure> {
        if cookie.is_empty() {
            self.is_done = true;
            return Ok(());
        }
        self.empty = if self.is_empty { self.empty + 1 } else { 0 };
        self.is_empty = true;
        if self.empty > MAX_EMPTY {
            return Err(Failure::new("the search does not end"));
        }
        let search = &self.search;
        self.connection
            .send(&Request::Page { search, cookie })
            .await
    }

    /// Takes the connection for another search.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

impl Connection {
    /// Begins a search.
    pub async fn search(mut self, search: Search, bounds: Bounds) -> Result<Results, Failure> {
        let first = Request::Page {
            search: &search,
            cookie: &[],
        };
        self.send(&first).await?;
        self.received = 0;
        Ok(Results {
            connection: self,
            search,
            bounds,
            until: Instant::now() + bounds.time,
            found: 0,
            empty: 0,
            is_empty: true,
            is_done: false,
        })
    }

    /// Returns the entries of a search that has few.
    pub async fn search_few(
        self,
        search: Search,
        bounds: Bounds,
    ) -> Result<(Vec<Entry>, Self), Failure> {
        let mut results = self.search(search, bounds).await?;
        let mut found = Vec::new();
        while let Some(entry) = results.next().await? {
            found.push(entry);
        }
        Ok((found, results.into_connection()))
    }
}
