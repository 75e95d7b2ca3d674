//! Detection of browsers.
//!
//! Zou determines the browser's family with ua-parser, and counts ten of them
//! as browsers. Only these get session cookies, so scripts never do.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;

/// Substrings in the user agents of other families that also claim to be
/// Chrome, Firefox or Safari.
const OTHERS: &[&str] = &[
    "HeadlessChrome",
    "Chromium/",
    "Electron/",
    "SamsungBrowser/",
    "YaBrowser/",
    "UCBrowser/",
    "EdgA/",
    "EdgiOS/",
    "FxiOS/",
    "OPT/",
    "OPiOS/",
    "DuckDuckGo/",
    "Silk/",
    "MiuiBrowser/",
    "QtWebEngine/",
    "Seamonkey/",
    "SeaMonkey/",
    "PaleMoon/",
    "Thunderbird/",
    "Waterfox/",
    "PhantomJS/",
    "GSA/",
    "FBAN/",
    "FBAV/",
    "Instagram",
    "; wv)",
    "bot",
    "Bot",
    "spider",
    "crawler",
];

/// Whether the `User-Agent` is that of a browser.
pub(crate) fn is_browser(headers: &HeaderMap) -> bool {
    headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_browser_agent)
}

fn is_browser_agent(agent: &str) -> bool {
    if OTHERS.iter().any(|mark| agent.contains(mark)) {
        return false;
    }
    let has = |mark: &str| agent.contains(mark);
    if has("Firefox/") {
        // Firefox on a phone is a family of its own.
        return !has("Mobile;") && !has("Tablet;");
    }
    // Edge, Opera, Vivaldi and Brave also claim to be Chrome.
    has("Chrome/")
        || has("CriOS/")
        || has("Edge/")
        || has("Edg/")
        || has("OPR/")
        || has("Opera/")
        || (has("Safari/") && has("Version/"))
}

#[cfg(test)]
mod tests {
    use super::is_browser_agent;

    #[test]
    fn it_knows_the_browsers_of_the_reference() {
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1",
        ] {
            assert!(is_browser_agent(agent), "{agent}");
        }
    }

    #[test]
    fn it_takes_no_script_for_a_browser() {
        for agent in [
            "",
            "curl/8.4.0",
            "python-requests/2.31.0",
            "CGWire Gazu 1.3.1",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
        ] {
            assert!(!is_browser_agent(agent), "{agent}");
        }
    }
}
