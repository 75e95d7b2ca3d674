//! The forms in which clients write a path.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The path as the client sent it.
#[derive(Debug, Clone)]
pub struct OriginalPath(pub String);

/// Brings a request's path into the one form that routes have: without the
/// `/api` in front (the API answers with and without), without a slash at the
/// end, and with one slash in front.
pub fn normalize(mut request: Request) -> Request {
    let original = request.uri().path().to_owned();
    let mut path = original.as_str();
    while let Some(rest) = path.strip_prefix("//") {
        path = &path[path.len() - rest.len() - 1..];
    }
    path = match path.strip_prefix("/api") {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    if path.len() > 1 {
        path = path.strip_suffix('/').unwrap_or(path);
    }
    if path != original {
        let target = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let mut parts = request.uri().clone().into_parts();
        if let Ok(target) = target.parse::<PathAndQuery>() {
            parts.path_and_query = Some(target);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request.extensions_mut().insert(OriginalPath(original));
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn it_reads_every_form_of_a_path() {
        for (sent, path) in [
            ("/", "/"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api/data/persons", "/data/persons"),
            ("/data/persons/", "/data/persons"),
            ("//data/persons", "/data/persons"),
            ("/apixyz", "/apixyz"),
            ("/api/data/persons/?page=1", "/data/persons?page=1"),
        ] {
            let request = Request::builder().uri(sent).body(Body::empty()).unwrap();
            assert_eq!(normalize(request).uri().to_string(), path, "{sent}");
        }
    }
}
