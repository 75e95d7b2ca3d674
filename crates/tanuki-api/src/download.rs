//! Responses with stored files: whole, a byte range, or 304 if the client has
//! the file in its cache.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, IF_MODIFIED_SINCE, IF_RANGE, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tanuki_core::files::{Disposition, Download};
use tanuki_core::playlists::PlaylistArchive;
use tanuki_files::Files;
use tanuki_http::IfNoneMatch;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Failure, HandlerResult, not_found};

/// Media types that a browser may display inline. Anything else is sent as an
/// attachment: uploads must not run as a page of the studio's origin.
const SHOWN: [&str; 6] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/bmp",
    "image/avif",
];

/// Characters that are not percent-encoded in `filename*` (RFC 8187).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'^')
    .remove(b'`')
    .remove(b'|');

/// Responds with an attached file, honouring the range and cache headers of the
/// request. `max_age` is in seconds.
///
/// # Errors
///
/// 404 if the range is not satisfiable or malformed, as in Zou.
pub(crate) async fn answer(download: Download, head: &HeaderMap, max_age: u64) -> HandlerResult {
    match within_range(download, head, max_age).await? {
        Some(response) => Ok(response),
        None => Err(not_found()),
    }
}

/// Like [`answer`], with a file of a preview or a picture.
///
/// # Errors
///
/// 416 if the range is not satisfiable or malformed, or if there are several.
pub(crate) async fn answer_media(
    download: Download,
    head: &HeaderMap,
    max_age: u64,
) -> HandlerResult {
    let size = download.kept.size;
    if let Some(response) = within_range(download, head, max_age).await? {
        return Ok(response);
    }
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    let mut response = Failure::new(status, NO_SUCH_RANGE).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_RANGE, value(&format!("bytes */{size}")));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(response)
}

/// Zou's words.
const NO_SUCH_RANGE: &str = "The server cannot provide the requested range.";

/// Returns the response; `None` if the request has a range that is not there.
async fn within_range(
    download: Download,
    head: &HeaderMap,
    max_age: u64,
) -> HandlerResult<Option<Response>> {
    let changed_at = SystemTime::from(download.changed_at.and_utc());
    let tag = tag(&download);
    let mut headers = described(&download, (&tag, changed_at), max_age);
    let size = download.kept.size;
    let asked = head.get(RANGE).and_then(|value| value.to_str().ok());
    let Some(asked) = asked.filter(|_| size > 0 && is_still(head, &tag, changed_at)) else {
        if head.get(RANGE).is_none() && is_known(head, &tag, changed_at) {
            headers.remove(CONTENT_TYPE);
            return Ok(Some((StatusCode::NOT_MODIFIED, headers).into_response()));
        }
        return send(download, 0..size, (StatusCode::OK, headers))
            .await
            .map(Some);
    };
    let Some(range) = range(asked, size) else {
        return Ok(None);
    };
    let place = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    headers.insert(CONTENT_RANGE, value(&place));
    send(download, range, (StatusCode::PARTIAL_CONTENT, headers))
        .await
        .map(Some)
}

/// Responds with an archive, which is written while it is sent.
pub(crate) fn archive(packed: PlaylistArchive, storage: Files) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_LENGTH, packed.archive.size().to_string()),
        (CONTENT_DISPOSITION, disposition(&packed.name, false)),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    let body = Body::from_stream(packed.archive.read(storage));
    (headers, body).into_response()
}

/// Responds with a text that was made for the request, as an attached file.
pub(crate) fn text(name: &str, media_type: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition(name, false)),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, text).into_response()
}

async fn send(
    download: Download,
    range: Range<u64>,
    (status, mut headers): (StatusCode, HeaderMap),
) -> HandlerResult {
    headers.insert(CONTENT_LENGTH, (range.end - range.start).into());
    let bytes = download.kept.read(range).await;
    let bytes =
        bytes.map_err(|error| Failure::internal(&format!("a file cannot be read: {error}")))?;
    let answer: Response = (status, headers, Body::from_stream(bytes)).into_response();
    Ok(answer)
}

/// Returns the headers that are the same for the whole file and any range.
fn described(
    download: &Download,
    (tag, changed_at): (&str, SystemTime),
    max_age: u64,
) -> HeaderMap {
    let mimetype = &download.mimetype;
    let shown = match download.disposition {
        Disposition::ByType => SHOWN.contains(&mimetype.as_str()),
        Disposition::Inline => true,
        Disposition::Attachment => false,
    };
    [
        (CONTENT_TYPE, content_type(mimetype)),
        (CONTENT_DISPOSITION, disposition(&download.name, shown)),
        (LAST_MODIFIED, httpdate::fmt_http_date(changed_at)),
        // Private: a shared cache must not serve it to other users.
        (CACHE_CONTROL, format!("private, max-age={max_age}")),
        (ETAG, tag.to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ]
    .into_iter()
    .map(|(name, text): (HeaderName, String)| (name, value(&text)))
    .collect()
}

/// Converts to a header value. A string with invalid characters can only be a
/// media type that a client made up.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
}

/// Adds the charset to the media types of text, which is UTF-8, as in Zou.
fn content_type(mimetype: &str) -> String {
    let is_text = mimetype.starts_with("text/")
        || mimetype.ends_with("+xml")
        || matches!(
            mimetype,
            "application/xml" | "application/javascript" | "application/ecmascript"
        );
    if is_text {
        format!("{mimetype}; charset=utf-8")
    } else {
        mimetype.to_owned()
    }
}

/// Returns the `Content-Disposition`: the file's name in ASCII, and exactly, in
/// `filename*`, if it has other characters.
fn disposition(name: &str, shown: bool) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    let simple: String = name
        .nfkd()
        .filter(|letter| matches!(letter, ' '..='~' | '\t'))
        .collect();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let quoted = if !simple.is_empty() && simple.bytes().all(is_token) {
        simple
    } else {
        let escaped = simple.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    };
    if name.is_ascii() {
        return format!("{kind}; filename={quoted}");
    }
    let encoded = utf8_percent_encode(name, PLAIN);
    format!("{kind}; filename={quoted}; filename*=UTF-8''{encoded}")
}

/// Returns the ETag, from the file's modification time and size.
fn tag(download: &Download) -> String {
    let written = download.kept.written.duration_since(UNIX_EPOCH);
    let written = written.unwrap_or_default().as_micros();
    format!("\"{written:x}-{:x}\"", download.kept.size)
}

/// Whether the client's cached copy of the file is current.
fn is_known(head: &HeaderMap, tag: &str, changed_at: SystemTime) -> bool {
    let text = |name| head.get(name).and_then(|value| value.to_str().ok());
    let if_none_match = IfNoneMatch::of(head);
    if if_none_match.is_present() {
        return if_none_match.matches(tag);
    }
    text(IF_MODIFIED_SINCE).is_some_and(|date| is_not_after(changed_at, date))
}

/// Whether the `If-Range` precondition holds, so that a range may be sent.
fn is_still(head: &HeaderMap, tag: &str, changed_at: SystemTime) -> bool {
    match head.get(IF_RANGE).map(HeaderValue::to_str) {
        None => true,
        Some(Ok(known)) => known == tag || is_not_after(changed_at, known),
        Some(Err(_)) => false,
    }
}

/// Compares with a date in an HTTP header, which has whole seconds.
fn is_not_after(changed_at: SystemTime, date: &str) -> bool {
    httpdate::parse_http_date(date).is_ok_and(|date| changed_at < date + Duration::from_secs(1))
}

/// Parses a `Range` with a single byte range; `None` if it is malformed or not
/// satisfiable.
fn range(text: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let last = last.trim();
    if first.is_empty() {
        let length: u64 = last.parse().ok()?;
        return (1..=size).contains(&length).then(|| size - length..size);
    }
    let first: u64 = first.parse().ok()?;
    let last = match last {
        "" => size - 1,
        last => last.parse::<u64>().ok()?.min(size - 1),
    };
    (first <= last).then_some(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_what_is_there_is_sent() {
        for (text, expected) in [
            ("bytes=2-4", Some(2..5)),
            ("bytes=5-", Some(5..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=0-100", Some(0..10)),
            ("bytes=9-", Some(9..10)),
            ("bytes=10-", None),
            ("bytes=-20", None),
            ("bytes=-0", None),
            ("bytes=4-2", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
            ("junk", None),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn a_name_is_written_for_every_client() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=a.txt"),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("q\"q.txt", "attachment; filename=\"q\\\"q.txt\""),
            ("a/b\\c.txt", "attachment; filename=\"a/b\\\\c.txt\""),
            ("", "attachment; filename=\"\""),
            (
                "é ü.txt",
                "attachment; filename=\"e u.txt\"; filename*=UTF-8''%C3%A9%20%C3%BC.txt",
            ),
        ] {
            assert_eq!(disposition(name, false), expected);
        }
    }
}
