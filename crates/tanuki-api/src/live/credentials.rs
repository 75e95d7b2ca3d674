//! What a listener shows: the access token of an account, or the links that a
//! browser without an account has opened.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::REFERER;
use serde_json::Value;
use tanuki_core::shares::{LinkEventVisibility, LinkRequest, ShareError};
use tanuki_core::{Core, Error, EventVisibility};
use tanuki_http::cookies::read;
use tanuki_store::database::EventMessage;
use uuid::Uuid;

use crate::extract::{is_from_elsewhere, link_cookies};

/// The maximum number of links that a connection listens to.
const MAX_LINKS: usize = 4;

/// The shortest token of a link, in characters.
const SHORTEST_TOKEN: usize = 16;

/// What a listener shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Credential {
    /// The access token of an account.
    Account(String),
    /// Links that are in force.
    Links(Vec<OpenLink>),
}

/// A link, with the cookie that was given for its password.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct OpenLink {
    token: String,
    pass: Option<String>,
}

/// The events that a listener may receive.
#[derive(Debug)]
pub(super) enum Visibility {
    Account(EventVisibility),
    Links(Vec<Arc<LinkEventVisibility>>),
}

impl Visibility {
    /// Whether the listener may receive an event.
    pub fn permits(&self, event: &EventMessage) -> bool {
        match self {
            Self::Account(account) => account.permits(event),
            Self::Links(links) => links.iter().any(|link| link.permits(event)),
        }
    }
}

/// What is known of the links while they are checked together, by their ids.
pub(super) type KnownLinks = HashMap<Uuid, Arc<LinkEventVisibility>>;

/// Opens the links that a handshake shows: that of `{"shared_link": …,
/// "password": …}`, those of the browser's cookies, and the one that the
/// browser's page is of. Returns those that are in force, with the id of the
/// first; `None` if there is none.
pub(super) async fn links_of(
    core: &Core,
    headers: &HeaderMap,
    sent: Option<&Value>,
    address: Option<IpAddr>,
) -> Option<(Credential, Uuid)> {
    let text = |key: &str| sent?.get(key)?.as_str().map(str::to_owned);
    let mut shown: Vec<String> = text("shared_link").into_iter().collect();
    let is_own_page = !is_from_elsewhere(headers, core);
    if is_own_page {
        shown.extend(link_cookies::tokens(headers));
    }
    shown.extend(token_of_page(headers));
    let mut tokens: Vec<String> = Vec::new();
    for token in shown {
        if !tokens.contains(&token) && tokens.len() < MAX_LINKS {
            tokens.push(token);
        }
    }
    let password = text("password");
    let mut opened = Vec::new();
    let mut first = None;
    for token in tokens {
        let cookie = link_cookies::pass(&token).filter(|_| is_own_page);
        let pass = cookie.and_then(|name| read(headers, &name));
        let asked = LinkRequest {
            token: &token,
            password: password.as_deref(),
            pass: pass.as_deref(),
            address,
        };
        let Ok(link) = core.shares().open(asked).await else {
            continue;
        };
        first.get_or_insert(link.link.id());
        let pass = link.pass.map(|pass| pass.value).or(pass);
        opened.push(OpenLink { token, pass });
    }
    Some((Credential::Links(opened), first?))
}

/// The last part of the path of the browser's page, if it may be the token of a
/// link: links without a password need no cookie.
fn token_of_page(headers: &HeaderMap) -> Option<String> {
    let page = headers.get(REFERER)?.to_str().ok()?;
    let path = page.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_long = last.len() >= SHORTEST_TOKEN;
    (is_long && last.bytes().all(is_token)).then(|| last.to_owned())
}

/// Returns the events that links show now, or the reason for refusing all of
/// them.
///
/// # Errors
/// If a query failed.
pub(super) async fn check_links(
    core: &Core,
    links: &[OpenLink],
    known: &mut KnownLinks,
) -> Result<Result<Visibility, String>, Error> {
    let mut shown = Vec::new();
    for link in links {
        let asked = LinkRequest {
            token: &link.token,
            password: None,
            pass: link.pass.as_deref(),
            address: None,
        };
        let link = match core.shares().open(asked).await {
            Ok(opened) => opened.link,
            Err(ShareError::Failed(Error::NotFound)) => continue,
            Err(ShareError::Failed(error)) => return Err(error),
            Err(_) => continue,
        };
        let visibility = match known.get(&link.id()) {
            Some(visibility) => Arc::clone(visibility),
            None => Arc::new(core.shares().event_visibility(&link).await?),
        };
        known.insert(link.id(), Arc::clone(&visibility));
        shown.push(visibility);
    }
    if shown.is_empty() {
        return Ok(Err("The shared link is no longer valid.".to_owned()));
    }
    Ok(Ok(Visibility::Links(shown)))
}
