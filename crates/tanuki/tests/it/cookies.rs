//! The cookies of browsers: off plain HTTP where the studio has HTTPS, and of
//! no use to other sites.

use serde_json::json;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! {
    cookies_are_secure_under_https
    pages_of_other_sites_change_nothing_with_a_cookie
    pages_of_other_sites_do_not_listen_with_a_cookie
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
const ALLOWED: &str = "https://kitsu.studio.example";

fn log_in(server: &Server, headers: &[(&str, &str)]) -> Response {
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let request = Request::post("/auth/login")
        .json(&body)
        .header("User-Agent", FIREFOX);
    let answer = server.send(&with(request, headers));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

fn cookies(answer: &Response) -> Vec<&str> {
    let is_cookie =
        |(name, value): &'_ &(String, String)| name == "set-cookie" && !value.is_empty();
    let found = answer.headers.iter().filter(is_cookie);
    found.map(|(_, value)| value.as_str()).collect()
}

fn secure(answer: &Response) -> bool {
    let cookies = cookies(answer);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    let secure = cookies
        .iter()
        .filter(|cookie| cookie.contains("; Secure"))
        .count();
    assert!(secure == 0 || secure == 2, "{cookies:?}");
    secure == 2
}

fn cookies_are_secure_under_https(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    assert!(!secure(&log_in(&server, &[])));
    let proxied = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "kitsu.example"),
    ];
    let session = log_in(&server, &proxied);
    assert!(secure(&session));
    let tokens = session.json();
    let cookie = |name: &str, key: &str| format!("{name}={}", tokens[key].as_str().unwrap());
    for (path, cookie) in [
        (
            "/auth/refresh-token",
            cookie("refresh_token_cookie", "refresh_token"),
        ),
        (
            "/auth/logout",
            cookie("access_token_cookie", "access_token"),
        ),
    ] {
        let request = Request::get(path)
            .header("User-Agent", FIREFOX)
            .header("Cookie", &cookie);
        let answer = server.send(&with(request, &proxied));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(secure(&answer), "{path}");
    }
    let setup = Setup::new(BINARY, backend)
        .variable("DOMAIN_PROTOCOL", "https")
        .variable("DOMAIN_NAME", "kitsu.example");
    let Some(server) = setup.start() else {
        return;
    };
    assert!(secure(&log_in(&server, &[])));
    assert!(secure(&log_in(&server, &[("Host", "kitsu.example")])));
    assert!(!secure(&log_in(&server, &[("X-Forwarded-Proto", "http")])));
    assert!(cookies(&log_in(&server, &[("Origin", "https://evil.example")])).is_empty());
}

/// What browsers say of a page of another site, and of the studio's own.
const ELSEWHERE: [&[(&str, &str)]; 5] = [
    &[("Origin", "https://evil.example")],
    &[("Origin", "null")],
    &[("Sec-Fetch-Site", "cross-site")],
    &[("Sec-Fetch-Site", "same-site")],
    &[
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "https://evil.example"),
    ],
];
const OWN: [&[(&str, &str)]; 5] = [
    &[],
    &[("Sec-Fetch-Site", "same-origin")],
    &[("Sec-Fetch-Site", "none")],
    &[("Sec-Fetch-Site", "cross-site"), ("Origin", ALLOWED)],
    &[
        ("X-Forwarded-Host", "kitsu.lan"),
        ("Origin", "http://kitsu.lan"),
    ],
];

fn pages_of_other_sites_change_nothing_with_a_cookie(backend: Backend) {
    let setup = Setup::new(BINARY, backend).variable("CORS_ALLOWED_ORIGINS", ALLOWED);
    let Some(server) = setup.start() else {
        return;
    };
    let session = log_in(&server, &[]).json();
    let token = session["access_token"].as_str().unwrap();
    let cookie = format!("access_token_cookie={token}");
    let refresh = session["refresh_token"].as_str().unwrap();
    let refresh = format!("refresh_token_cookie={refresh}");
    let id = session["user"]["id"].as_str().unwrap();
    let name = json!({"name": "Forged", "color": "#000000"});
    let writes = [
        (Request::post("/data/departments").json(&name), &cookie),
        (
            Request::put(&format!("/data/persons/{id}")).json(&json!({"phone": "1"})),
            &cookie,
        ),
        (Request::delete(&format!("/data/projects/{id}")), &cookie),
        (
            Request::post("/auth/change-password").json(&json!({})),
            &cookie,
        ),
        (
            Request::post("/data/departments")
                .header("Content-Type", "text/plain")
                .body(name.to_string().into_bytes()),
            &cookie,
        ),
        (Request::get("/auth/refresh-token"), &refresh),
        (Request::get("/auth/logout"), &cookie),
        (Request::get("/api/auth/logout/"), &cookie),
    ];
    for (write, cookie) in &writes {
        for headers in ELSEWHERE {
            let forged = with(write.clone().header("Cookie", cookie), headers);
            let answer = server.send(&forged);
            assert_eq!(answer.status, 403, "{forged:?}: {}", answer.text());
        }
    }
    let departments = Request::get("/data/departments").bearer(token);
    assert!(
        !server.send(&departments).text().contains("Forged"),
        "nothing was written"
    );
    for headers in ELSEWHERE {
        let read = Request::get("/data/departments").header("Cookie", &cookie);
        assert_eq!(
            server.send(&with(read, headers)).status,
            200,
            "reading is CORS's business"
        );
        let bearer = Request::put(&format!("/data/persons/{id}"))
            .bearer(token)
            .json(&json!({"phone": "2"}));
        assert_eq!(server.send(&with(bearer, headers)).status, 200);
    }
    for headers in OWN {
        let write = Request::put(&format!("/data/persons/{id}"))
            .header("Cookie", &cookie)
            .json(&json!({"phone": "3"}));
        assert_eq!(
            server.send(&with(write, headers)).status,
            200,
            "{headers:?}"
        );
    }
    let logout = Request::get("/auth/logout").header("Cookie", &cookie);
    assert_eq!(server.send(&with(logout, OWN[1])).status, 200);
}

fn pages_of_other_sites_do_not_listen_with_a_cookie(backend: Backend) {
    let setup = Setup::new(BINARY, backend).variable("CORS_ALLOWED_ORIGINS", ALLOWED);
    let Some(server) = setup.start() else {
        return;
    };
    let token = server.admin_token();
    let cookie = format!("access_token_cookie={token}");
    let listens = |headers: &[(&str, &str)]| {
        let opened = Request::get("/socket.io/?EIO=4&transport=polling");
        let opened = server.send(&with(opened, headers)).text();
        let sid = opened
            .split("\"sid\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        let connect = Request::post(&path).body(b"40/events,".to_vec());
        assert_eq!(server.send(&with(connect, headers)).status, 200);
        // A packet of the transport itself may come first.
        let mut packets = (0..5).map(|_| server.send(&with(Request::get(&path), headers)).text());
        let answer = packets.find(|packets| packets.contains("/events,"));
        let answer = answer.unwrap_or_else(|| panic!("{headers:?}: no answer"));
        answer.contains("40/events,")
    };
    for headers in ELSEWHERE {
        assert!(
            !listens(&[&[("Cookie", cookie.as_str())], headers].concat()),
            "{headers:?}"
        );
        let bearer = format!("Bearer {token}");
        assert!(listens(
            &[&[("Authorization", bearer.as_str())], headers].concat()
        ));
    }
    for headers in OWN {
        assert!(
            listens(&[&[("Cookie", cookie.as_str())], headers].concat()),
            "{headers:?}"
        );
    }
}
