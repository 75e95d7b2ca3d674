//! Notices by mail: to those who want them and may read what they are about, in
//! their language, with nothing of what people write taken for markup.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::mail::MailServer;
use crate::on_both;

on_both! {
    people_get_mail_about_what_happens_on_their_tasks
    nobody_gets_mail_about_what_they_may_not_read
}

/// Task, production and people of `communication.sql`.
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
const OTHER_TASK: &str = "dddddddd-0000-4000-8000-000000000002";
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const ARTIST: &str = "aaaaaaaa-0000-4000-8000-000000000007";

fn started(mails: &MailServer, backend: Backend) -> Option<Server> {
    let server = mails.setup(backend).start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    Some(server)
}

fn post(server: &Server, token: &str, path: &str, body: &Value) -> Value {
    let answer = server.send(&Request::post(path).bearer(token).json(body));
    assert!(answer.status < 300, "{path}: {}", answer.text());
    answer.json()
}

fn comment(server: &Server, token: &str, text: &str) -> Value {
    let answer = server.send(&Request::get(&format!("/data/tasks/{TASK}")).bearer(token));
    let status = &answer.json()["task_status_id"];
    let body = json!({"task_status_id": status, "comment": text});
    post(
        server,
        token,
        &format!("/actions/tasks/{TASK}/comment"),
        &body,
    )
}

fn want_mail(server: &Server, email: &str, locale: &str) {
    server
        .sql(&format!(
            "UPDATE person SET notifications_enabled = true, locale = '{locale}' \
             WHERE email = '{email}'"
        ))
        .unwrap();
}

/// Waits until no job is left to do.
fn done(server: &Server, token: &str) {
    for state in ["waiting", "running"] {
        let path = format!("/tanuki/jobs?state={state}");
        let left = || {
            let answer = server.send(&Request::get(&path).bearer(token));
            !answer.json().as_array().unwrap().is_empty()
        };
        while left() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

fn people_get_mail_about_what_happens_on_their_tasks(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = started(&mails, backend) else {
        return;
    };
    let admin = server.admin_token();
    comment(&server, &admin, "nobody wants mail yet");
    done(&server, &admin);
    want_mail(&server, "artist@comm.test", "fr_FR");
    let first = comment(&server, &admin, "<b>bold</b> & more\nfor you");
    let mail = mails.next();
    assert!(mail.contains("To: artist@comm.test"), "{mail}");
    assert!(mail.contains("Content-Language: fr"), "{mail}");
    assert!(mail.contains("Bonjour Artist,"), "{mail}");
    assert!(mail.contains("> <b>bold</b> & more\n> for you"), "{mail}");
    assert!(
        mail.contains("&lt;b&gt;bold&lt;/b&gt; &amp; more<br>for you"),
        "{mail}"
    );
    let link = format!("https://kitsu.studio.com/productions/{PROJECT}/");
    assert!(mail.contains(&link), "{mail}");
    assert!(mail.contains(&format!("/tasks/{TASK}")), "{mail}");

    want_mail(&server, "artist@comm.test", "en_US");
    comment(&server, &admin, "");
    let mail = mails.next();
    assert!(
        mail.contains("Super Admin set the status of Commune / "),
        "{mail}"
    );

    let id = first["id"].as_str().unwrap();
    let path = format!("/data/tasks/{TASK}/comments/{id}/reply");
    post(&server, &admin, &path, &json!({"text": "a reply"}));
    let mail = mails.next();
    assert!(
        mail.contains("Subject: Super Admin replied on Commune / "),
        "{mail}"
    );
    assert!(mail.contains("> a reply"), "{mail}");

    let assigned = Request::put(&format!("/actions/persons/{ARTIST}/assign"))
        .bearer(&admin)
        .json(&json!({"task_ids": [OTHER_TASK]}));
    assert_eq!(server.send(&assigned).status, 200);
    let mail = mails.next();
    assert!(
        mail.contains("Subject: You were assigned to Commune / "),
        "{mail}"
    );

    comment(&server, &admin, "@Artist In look");
    let about = [mails.next(), mails.next()];
    let count = |text: &str| about.iter().filter(|mail| mail.contains(text)).count();
    assert_eq!(count("mentioned you in a comment on"), 1, "{about:?}");
    assert_eq!(count("commented on"), 1, "{about:?}");

    // Their own comment.
    let artist = server.log_in("artist@comm.test", "mypassword");
    comment(&server, &artist, "my own");
    done(&server, &admin);
    assert!(mails.next_within(0).is_none(), "a mail too many");
}

fn nobody_gets_mail_about_what_they_may_not_read(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = started(&mails, backend) else {
        return;
    };
    let admin = server.admin_token();
    // A client who is assigned reads only what is for clients.
    want_mail(&server, "client@comm.test", "en_US");
    server
        .sql(&format!(
            "INSERT INTO task_person_link (task_id, person_id) SELECT '{TASK}', id FROM person \
             WHERE email = 'client@comm.test'"
        ))
        .unwrap();
    comment(&server, &admin, "between us");
    done(&server, &admin);
    let jobs = server
        .send(&Request::get("/tanuki/jobs").bearer(&admin))
        .json();
    let notice = &jobs[0];
    assert_eq!(notice["kind"], "mail-notice", "{jobs}");
    assert_eq!(notice["reason"], "the person may not read what it is about");

    // Somebody who has left the team meanwhile, or the studio.
    want_mail(&server, "artist@comm.test", "en_US");
    server
        .sql(
            "DELETE FROM project_person_link WHERE person_id IN \
              (SELECT id FROM person WHERE email = 'artist@comm.test')",
        )
        .unwrap();
    comment(&server, &admin, "behind their back");
    server
        .sql("UPDATE person SET active = false WHERE email = 'artist@comm.test'")
        .unwrap();
    comment(&server, &admin, "and again");
    done(&server, &admin);
    assert!(mails.next_within(1).is_none(), "a mail went out");
}
