use axum::http::HeaderMap;
use headers::{ETag, HeaderMapExt as _};

/// The `If-None-Match` header of a request: which versions of a response the
/// client has.
///
/// Tags are compared weakly (RFC 9110, section 13.1.2): a proxy that
/// compresses makes `W/"x"` of `"x"`, and the client sends that back.
#[derive(Debug)]
pub struct IfNoneMatch(Option<headers::IfNoneMatch>);

impl IfNoneMatch {
    /// Parses the header. A missing or malformed header matches nothing.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.typed_get())
    }

    /// Whether the request has the header.
    pub fn is_present(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the client has the version with this ETag, which is a quoted
    /// string.
    pub fn matches(&self, etag: &str) -> bool {
        let (Some(tags), Ok(etag)) = (&self.0, etag.parse::<ETag>()) else {
            return false;
        };
        !tags.precondition_passes(&etag)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::IF_NONE_MATCH;

    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for (sent, matches) in [
            ("\"x\"", true),
            ("W/\"x\"", true),
            ("\"a,b\", W/\"x\"", true),
            ("*", true),
            ("\"xy\"", false),
            ("\"x-gzip\"", false),
            ("x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(sent));
            assert_eq!(
                IfNoneMatch::of(&headers).matches("\"x\""),
                matches,
                "{sent}"
            );
        }
        assert!(!IfNoneMatch::of(&HeaderMap::new()).matches("\"x\""));
    }
}
