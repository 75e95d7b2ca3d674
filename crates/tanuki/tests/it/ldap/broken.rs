//! Directories that answer nothing, half of it, or something else.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tanuki_testkit::Backend;

use super::{UNAVAILABLE, account, assert_refused, log_in, started, sync_with};
use crate::cli::refusal;
use crate::on_both;

on_both! {
    a_directory_that_breaks_off_changes_nothing
    logins_at_a_broken_directory_end_in_time
}

/// What a directory does with each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Nothing, with the connection open.
    Silence,
    /// Closes the connection.
    Close,
    /// Answers something that is not LDAP.
    Garbage,
    /// Says that it answers more than there is memory.
    Endless,
    /// Nests values as deep as a message is long.
    Deep,
    /// Lets everybody in, and breaks a search off after an entry.
    Half,
    /// Lets everybody in, and ends no search: page after page is empty.
    Circle,
    /// Answers another request than the one that was sent.
    Another,
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag, 0x84];
    bytes.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend(content);
    bytes
}

fn message(id: u8, more: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &[vec![2, 1, id], more.concat()].concat())
}

/// An answer of success with a tag.
fn success(tag: u8) -> Vec<u8> {
    value(tag, &[0x0a, 1, 0, 4, 0, 4, 0])
}

impl Trouble {
    /// Starts a directory; returns its port.
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || self.serve(stream));
            }
        });
        port.to_string()
    }

    fn serve(self, mut stream: TcpStream) {
        let mut request = [0; 4096];
        for id in 1.. {
            if !matches!(stream.read(&mut request), Ok(1..)) || self == Self::Close {
                return;
            }
            let answer = match self {
                Self::Garbage => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
                Self::Endless => vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
                Self::Deep => (0..100_000_u32)
                    .rev()
                    .flat_map(|inner| [&[0x30, 0x84][..], &(6 * inner).to_be_bytes()[..]].concat())
                    .collect(),
                Self::Another => message(id + 1, &[success(0x61)]),
                Self::Half | Self::Circle if id == 1 => message(id, &[success(0x61)]),
                Self::Half => {
                    let attributes = [value(4, b"uid"), value(0x31, &value(4, b"ada"))].concat();
                    let attributes = value(0x30, &value(0x30, &attributes));
                    let entry = value(0x64, &[value(4, b"uid=ada"), attributes].concat());
                    let _nobody_reads = stream.write_all(&message(id, &[entry]));
                    return;
                }
                Self::Circle => {
                    let cookie = value(0x30, &[2, 1, 0, 4, 1, b'x']);
                    let control = [value(4, b"1.2.840.113556.1.4.319"), value(4, &cookie)].concat();
                    let controls = value(0xa0, &value(0x30, &control));
                    message(id, &[success(0x65), controls])
                }
                Self::Silence | Self::Close => Vec::new(),
            };
            if stream.write_all(&answer).is_err() || id > 250 {
                return;
            }
        }
    }
}

const ALL: [Trouble; 8] = [
    Trouble::Silence,
    Trouble::Close,
    Trouble::Garbage,
    Trouble::Endless,
    Trouble::Deep,
    Trouble::Half,
    Trouble::Circle,
    Trouble::Another,
];

fn a_directory_that_breaks_off_changes_nothing(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    for trouble in ALL {
        let port = trouble.start();
        let variables = [("LDAP_PORT", &*port), ("LDAP_TIMEOUT", "1")];
        let begun = Instant::now();
        let said = refusal(&sync_with(&server, &["--force"], &variables));
        assert!(said.contains("127.0.0.1"), "{trouble:?}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{trouble:?}");
        assert_eq!(account(&server, "ada")["active"], true, "{trouble:?}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port().to_string();
    drop(closed);
    refusal(&sync_with(&server, &["--force"], &[("LDAP_PORT", &port)]));
    assert_eq!(account(&server, "bob")["active"], true);
}

fn logins_at_a_broken_directory_end_in_time(backend: Backend) {
    let Some((directory, _)) = started(backend) else {
        return;
    };
    for trouble in ALL {
        let lets_in = matches!(trouble, Trouble::Half | Trouble::Circle);
        if lets_in {
            continue;
        }
        let port = trouble.start();
        let setup = super::setup(&directory, backend);
        let setup = setup
            .variable("LDAP_PORT", &port)
            .variable("LDAP_TIMEOUT", "1");
        let Some(server) = setup.start() else {
            return;
        };
        let ada = super::create(&server, "ada@studio.com", &serde_json::json!({}));
        server
            .sql(&format!(
                "UPDATE person SET desktop_login = 'ada', is_generated_from_ldap = true
                 WHERE id = '{ada}'"
            ))
            .unwrap();
        let begun = Instant::now();
        // More than may be checked at the same time.
        std::thread::scope(|scope| {
            let logins: Vec<_> = (0..20)
                .map(|_| scope.spawn(|| log_in(&server, "ada", "password of ada")))
                .collect();
            for login in logins {
                let answer = login.join().unwrap();
                let is_locked = answer.json()["too_many_failed_login_attemps"] == true;
                if !is_locked {
                    assert_refused(&answer, UNAVAILABLE);
                }
            }
        });
        assert!(begun.elapsed() < Duration::from_secs(20), "{trouble:?}");
        // Nothing is left of those attempts.
        assert_refused(&log_in(&server, "ada", "password of ada"), UNAVAILABLE);
    }
}
