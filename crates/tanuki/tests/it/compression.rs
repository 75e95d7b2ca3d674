//! Long JSON is compressed for clients that ask for it.

use std::fmt::Write as _;
use std::io::Read as _;

use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use crate::on_both;

on_both! { long_lists_are_compressed_with_the_coding_that_is_asked_for }

/// Of `communication.sql`: a production with tasks, and one of its shots.
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";

pub(crate) fn decompressed(response: &Response) -> Vec<u8> {
    let body = &response.body[..];
    let mut plain = Vec::new();
    match response.header("content-encoding") {
        Some("zstd") => {
            plain = zstd::stream::decode_all(body).unwrap();
        }
        Some("br") => {
            let mut decoder = brotli::Decompressor::new(body, 4096);
            decoder.read_to_end(&mut plain).unwrap();
        }
        Some("gzip") => {
            let mut decoder = flate2::read::GzDecoder::new(body);
            decoder.read_to_end(&mut plain).unwrap();
        }
        _ => plain.extend(body),
    }
    plain
}

fn long_lists_are_compressed_with_the_coding_that_is_asked_for(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let mut rows = String::from(
        "INSERT INTO entity (id, name, project_id, entity_type_id, created_at, updated_at, canceled,
           nb_entities_out, is_casting_standby, is_shared, status)
         SELECT column1, column2, shot.project_id, shot.entity_type_id, shot.created_at,
           shot.updated_at, shot.canceled, shot.nb_entities_out, shot.is_casting_standby,
           shot.is_shared, shot.status
         FROM (SELECT task.entity_id FROM task LIMIT 1) AS first
         JOIN entity AS shot ON shot.id = first.entity_id CROSS JOIN (VALUES ",
    );
    for number in 0..2000 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            rows,
            "{comma}('{number:08x}-0000-4000-8000-00000000000f', 'SH{number}')"
        )
        .unwrap();
    }
    rows.push_str(") AS many");
    let rows = match backend {
        Backend::Postgres => rows.replace("SELECT column1", "SELECT column1::uuid"),
        Backend::Sqlite => rows,
    };
    server.sql(&rows).unwrap();
    let admin = server.admin_token();
    let get = |path: &str, headers: &[(&str, &str)]| {
        let request = headers.iter().fold(
            Request::get(path).bearer(&admin),
            |request, (name, value)| request.header(name, value),
        );
        server.send(&request)
    };
    let board = format!("/data/shots/with-tasks?project_id={PROJECT}");
    for path in ["/data/entities", "/openapi.json", &board] {
        let plain = get(path, &[]);
        assert!(plain.body.len() > 10_000, "{path}: {}", plain.body.len());
        assert_eq!(plain.header("vary"), Some("accept-encoding"), "{path}");
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip, deflate, br", "br"),
            ("gzip, deflate", "gzip"),
        ] {
            let sent = get(path, &[("Accept-Encoding", accepted)]);
            assert_eq!(sent.header("content-encoding"), Some(coding), "{path}");
            assert_eq!(sent.header("vary"), Some("accept-encoding"), "{path}");
            assert!(sent.body.len() * 3 < plain.body.len(), "{path}: {accepted}");
            assert_eq!(decompressed(&sent), plain.body, "{path}: {accepted}");
        }
    }
    let sent = get(&board, &[("Accept-Encoding", "gzip")]);
    let etag = sent.header("etag").unwrap();
    assert!(etag.starts_with("W/\""), "{etag}");
    let known = get(
        &board,
        &[("Accept-Encoding", "gzip"), ("If-None-Match", etag)],
    );
    assert_eq!(known.status, 304);
    assert_eq!(known.header("vary"), Some("accept-encoding"));
    let short = get("/data/projects", &[("Accept-Encoding", "gzip")]);
    assert!(short.header("content-encoding").is_none() && short.body.len() < 4096);
}
