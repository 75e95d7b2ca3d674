use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

/// Returns the IP address of a request's client: what a proxy says in
/// `X-Real-IP`, or else the other end of the connection. A header that holds
/// anything but an address is ignored.
pub fn client_address(headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let forwarded = headers.get("x-real-ip").and_then(|value| {
        let text = value.to_str().ok()?;
        text.trim().parse().ok()
    });
    let connected = || {
        let ConnectInfo(address) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(address.ip())
    };
    forwarded.or_else(connected)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_proxy_is_believed_where_it_names_an_address() {
        let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
        let mut extensions = Extensions::new();
        let address = |sent: &'static str, extensions: &Extensions| {
            let mut headers = HeaderMap::new();
            headers.insert("x-real-ip", HeaderValue::from_static(sent));
            client_address(&headers, extensions).map(|address| address.to_string())
        };
        assert_eq!(address("", &extensions), None);
        extensions.insert(ConnectInfo(peer));
        for (sent, expected) in [
            ("198.51.100.4", "198.51.100.4"),
            (" 2001:db8::1 ", "2001:db8::1"),
            ("unknown", "192.0.2.7"),
            ("<script>", "192.0.2.7"),
        ] {
            assert_eq!(address(sent, &extensions).as_deref(), Some(expected));
        }
    }
}
