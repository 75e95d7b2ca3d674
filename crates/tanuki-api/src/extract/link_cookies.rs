//! The names of the two cookies of a shared link.

use axum::http::HeaderMap;
use tanuki_http::cookies::names;

/// The beginnings of the names.
const PASS: &str = "shared_playlist_";
const GUEST: &str = "shared_playlist_guest_";

/// Returns the name of the cookie that replaces the password of a link; `None`
/// for a token that cannot be in a name.
pub(crate) fn pass(token: &str) -> Option<String> {
    name(PASS, token)
}

/// Returns the name of the cookie with the secret of a guest; `None` for a
/// token that cannot be in a name.
pub(crate) fn guest(token: &str) -> Option<String> {
    name(GUEST, token)
}

fn name(kind: &str, token: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    token
        .bytes()
        .all(is_plain)
        .then(|| format!("{kind}{token}"))
}

/// Returns the tokens of the links that a request has cookies of.
pub(crate) fn tokens(headers: &HeaderMap) -> Vec<String> {
    let token = |name: String| {
        let token = name.strip_prefix(GUEST).or_else(|| name.strip_prefix(PASS));
        token.map(str::to_owned)
    };
    names(headers).into_iter().filter_map(token).collect()
}
