//! The job queue: what is committed is done once, whatever happens to servers
//! and mail servers.

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Server};

use crate::console_bots::Console;
use crate::mail::{MailServer, sending_to};
use crate::on_both;

on_both! {
    a_mail_is_sent_once_after_the_server_was_killed
    a_job_is_taken_up_when_its_worker_was_killed
    two_servers_share_the_queue
    a_job_that_fails_for_good_is_listed_with_its_reason
    a_mail_server_that_hangs_holds_nothing_up
    a_cancelled_job_is_not_done
}

/// Asks for a link to reset the admin's password, which is a job.
fn ask_for_link(server: &Server) {
    ask_for_link_of(server, ADMIN_EMAIL);
}

fn ask_for_link_of(server: &Server, email: &str) {
    let body = json!({"email": email});
    let answer = server.send(&Request::post("/auth/reset-password").json(&body));
    assert_eq!(answer.json(), json!({"success": "Reset token sent"}));
}

/// Returns the jobs that the query string names, newest first.
fn jobs(server: &Server, token: &str, query: &str) -> Vec<Value> {
    let answer = server.send(&Request::get(&format!("/tanuki/jobs?{query}")).bearer(token));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

/// Waits until a condition holds.
fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the one job has been tried in vain.
fn wait_for_failure(server: &Server, token: &str) {
    wait_for("the first try", || {
        let waiting = jobs(server, token, "state=waiting");
        waiting.first().is_some_and(|job| job["tries"] == 1)
    });
}

/// A port that nobody listens on, as long as the listener is not dropped.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Kills a server without warning.
pub(crate) fn kill(server: &mut Server) {
    let id = server.process_id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &id])
        .status();
    assert!(killed.unwrap().success());
    server.wait().unwrap();
}

fn a_mail_is_sent_once_after_the_server_was_killed(backend: Backend) {
    let port = closed_port();
    let Some(mut server) = sending_to(port, backend).start() else {
        return;
    };
    let token = server.admin_token();
    ask_for_link(&server);
    wait_for_failure(&server, &token);
    let job = &jobs(&server, &token, "kind=account-mail")[0];
    let reason = job["reason"].as_str().unwrap();
    assert!(reason.contains("refused"), "{job}");
    kill(&mut server);
    let mails = MailServer::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    server.start_again().unwrap();
    let mail = mails.next();
    assert!(mail.contains("choose a new password"), "{mail}");
    wait_for("the end of the job", || {
        jobs(&server, &token, "state=done").len() == 1
    });
    assert!(mails.next_within(2).is_none(), "it came twice");
}

fn a_job_is_taken_up_when_its_worker_was_killed(backend: Backend) {
    // Connections are opened, but nobody answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let Some(mut server) = sending_to(port, backend).start() else {
        return;
    };
    let token = server.admin_token();
    ask_for_link(&server);
    wait_for("a worker", || {
        jobs(&server, &token, "state=running").len() == 1
    });
    kill(&mut server);
    // The lease has run out.
    server
        .sql("UPDATE tanuki_job SET due_at = created_at")
        .unwrap();
    let mails = MailServer::on(listener);
    server.start_again().unwrap();
    mails.next();
    wait_for("the end of the job", || {
        jobs(&server, &token, "state=done").len() == 1
    });
    assert_eq!(jobs(&server, &token, "")[0]["tries"], 2);
    assert!(mails.next_within(2).is_none(), "it came twice");
}

fn two_servers_share_the_queue(backend: Backend) {
    const MAILS: usize = 30;
    let mails = MailServer::start();
    let Some(one) = mails.setup(backend).start() else {
        return;
    };
    let other = mails.setup(backend).database(&one.database_url);
    let other = other.start().unwrap();
    let token = one.admin_token();
    for number in 0..MAILS {
        // Nobody gets more than a few of these mails.
        let email = format!("artist{number}@animfilms.com");
        let person = json!({"first_name": "Artist", "last_name": "One", "email": email});
        let person = Request::post("/data/persons").bearer(&token).json(&person);
        assert_eq!(one.send(&person).status, 201);
        ask_for_link_of(if number % 2 == 0 { &one } else { &other }, &email);
    }
    for _ in 0..MAILS {
        mails.next();
    }
    wait_for("the end of all jobs", || {
        jobs(&other, &token, "state=done").len() == MAILS
    });
    let again = |job: &Value| job["tries"] != 1;
    assert!(
        !jobs(&one, &token, "").iter().any(again),
        "one was taken twice"
    );
    assert!(mails.next_within(1).is_none(), "one came twice");
}

fn a_job_that_fails_for_good_is_listed_with_its_reason(backend: Backend) {
    let mails = MailServer::start();
    mails.refuses.store(true, Ordering::Relaxed);
    let Some(server) = mails.setup(backend).start() else {
        return;
    };
    let token = server.admin_token();
    ask_for_link(&server);
    wait_for("the refusal", || {
        jobs(&server, &token, "state=failed").len() == 1
    });
    let job = &jobs(&server, &token, "limit=1&page=1")[0];
    assert!(
        job["reason"]
            .as_str()
            .unwrap()
            .contains("nobody of that name"),
        "{job}"
    );
    assert_eq!(job["arguments"]["mail"], "password_reset");
    assert_eq!(job["due_at"], Value::Null);
    assert!(!job.as_object().unwrap().contains_key("lease"));
    assert_eq!(jobs(&server, &token, "page=2"), [Value::Null; 0]);
    let refused = |query: &str, text: &str| {
        let path = format!("/tanuki/jobs?{query}");
        let answer = server.send(&Request::get(&path).bearer(&token));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(text), "{}", answer.text());
    };
    refused("state=lost", "waiting, running, done, failed, cancelled");
    refused("limit=0", "limit must be 1 or more");
    refused("page=-1", "page must be 1 or more");
    refused("page=x", "page");
    assert_eq!(
        jobs(&server, &token, "page=9223372036854775807"),
        [Value::Null; 0]
    );

    let listed = server
        .command()
        .args(["jobs", "list", "--state", "failed"])
        .output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    assert!(listed.contains("nobody of that name"), "{listed}");
    mails.refuses.store(false, Ordering::Relaxed);
    let retried = server.command().args(["jobs", "retry"]).output().unwrap();
    assert!(retried.status.success());
    mails.next();
    wait_for("the end of the job", || {
        jobs(&server, &token, "state=done").len() == 1
    });
    let id = job["id"].as_str().unwrap();
    let post = |path: &str| server.send(&Request::post(path).bearer(&token)).status;
    assert_eq!(post(&format!("/tanuki/jobs/{id}/retry")), 400);
    assert_eq!(post(&format!("/tanuki/jobs/{id}/cancel")), 400);
    assert_eq!(
        post("/tanuki/jobs/00000000-0000-4000-8000-000000000000/retry"),
        404
    );
    assert_eq!(post("/tanuki/jobs/nonsense/cancel"), 404);
    let anonymous = server.send(&Request::get("/tanuki/jobs"));
    assert_eq!(anonymous.status, 401);
}

fn a_mail_server_that_hangs_holds_nothing_up(backend: Backend) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let setup = sending_to(port, backend).variable("MAIL_TIMEOUT", "1");
    let Some(server) = setup.start() else {
        return;
    };
    let token = server.admin_token();
    let begun = Instant::now();
    for _ in 0..5 {
        ask_for_link(&server);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "requests wait");
    wait_for("the time-out", || {
        let waiting = jobs(&server, &token, "state=waiting");
        let late = |job: &Value| {
            let reason = job["reason"].as_str().unwrap_or_default();
            reason.contains("within 1 seconds")
        };
        waiting.iter().any(late)
    });

    // A server that is stopped puts back what hangs.
    let Some(mut server) = sending_to(port, backend).start() else {
        return;
    };
    let token = server.admin_token();
    ask_for_link(&server);
    wait_for("a worker", || {
        jobs(&server, &token, "state=running").len() == 1
    });
    let begun = Instant::now();
    assert_eq!(server.stop().unwrap(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "it does not stop"
    );
    let mails = MailServer::on(listener);
    server.start_again().unwrap();
    mails.next();
    wait_for("the end of the job", || {
        jobs(&server, &token, "state=done").len() == 1
    });
    assert_eq!(jobs(&server, &token, "")[0]["tries"], 1);
}

fn a_cancelled_job_is_not_done(backend: Backend) {
    let port = closed_port();
    let Some(server) = sending_to(port, backend).start() else {
        return;
    };
    let token = server.admin_token();
    ask_for_link(&server);
    wait_for_failure(&server, &token);
    let job = jobs(&server, &token, "")[0].clone();
    let id = job["id"].as_str().unwrap();
    let post = |what: &str| {
        let path = format!("/tanuki/jobs/{id}/{what}");
        server.send(&Request::post(&path).bearer(&token))
    };
    assert_eq!(post("cancel").json(), json!({"success": true}));
    assert_eq!(jobs(&server, &token, "state=cancelled").len(), 1);
    let mails = MailServer::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    assert!(mails.next_within(8).is_none(), "a cancelled mail was sent");
    let console = Console::open(&server);
    let page = console.get("/console/jobs");
    assert!(page.contains("There are 1 cancelled."), "{page}");
    assert!(page.contains("Connection refused"), "{page}");
    let again = console.send(&page, &format!("/console/jobs/{id}/retry"), &[]);
    assert_eq!(again.status, 303, "{}", again.text());
    mails.next();
    let refused = server.send(&Request::get("/console/jobs"));
    assert_ne!(refused.status, 200, "the page is for admins");
}
