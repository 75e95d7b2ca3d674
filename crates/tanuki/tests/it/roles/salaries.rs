//! Salaries and phone numbers.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Response;

use super::Studio;
use crate::on_both;

on_both! { what_people_earn_shows_in_no_answer_about_something_else }

fn what_people_earn_shows_in_no_answer_about_something_else(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let everybody = [
        "userasmanager",
        "supervisor",
        "artist",
        "vendor",
        "clientasartist",
        "client",
    ];
    let reads = [
        "/data/tasks/{task}/full",
        "/data/tasks/{task}/comments",
        "/data/comments/{internal}",
        "/data/projects/{project}/team",
        "/data/user/context",
        "/data/persons",
        "/data/persons/{manager}",
        "/data/entities/{shot}/news",
    ];
    let leaks = |name: &str, what: &str, answer: &Response| {
        let text = answer.text();
        assert!(answer.status < 500, "{what}: {text}");
        let phones = text.split("phone-of-").skip(1);
        let others = phones.filter(|rest| !rest.starts_with(&format!("{name}\"")));
        assert_eq!(others.count(), 0, "{name} reads a phone in {what}: {text}");
    };
    for name in everybody {
        for path in reads {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            leaks(name, path, &answer);
            let text = answer.text();
            let own = usize::from(text.contains(&format!("phone-of-{name}\"")));
            assert!(
                text.matches("98765").count() <= own,
                "{name} reads a salary in {path}: {text}"
            );
        }
        let body = json!({
            "task_status_id": "{todo}", "comment": "as somebody", "person_id": "{manager}",
        });
        let path = "/actions/tasks/{task}/comment";
        leaks(
            name,
            path,
            &studio.send(&studio.tokens[name], "POST", path, Some(&body)),
        );
    }
    let full = studio.send(
        &studio.tokens["manager"],
        "GET",
        "/data/projects/{project}/team",
        None,
    );
    assert!(
        full.text().contains("phone-of-artist"),
        "a studio's manager knows everybody"
    );
    assert!(full.text().contains("98765"));
}
