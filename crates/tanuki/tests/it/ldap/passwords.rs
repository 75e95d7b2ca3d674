//! Passwords of the directory are not changed here.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{account, started};
use crate::cli::refusal;
use crate::on_both;

on_both! {
    nobody_changes_a_password_of_the_directory_here
}

const IN_DIRECTORY: &str =
    "The password of this account is in the studio's directory (LDAP), and is changed there.";

fn nobody_changes_a_password_of_the_directory_here(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    let admin = server.admin_token();
    let id = account(&server, "ada")["id"].as_str().unwrap().to_owned();
    let ada = server.log_in("ada", "password of ada");
    let new = json!({
        "old_password": "password of ada", "password": "another one", "password_2": "another one",
    });
    let own = Request::post("/auth/change-password")
        .bearer(&ada)
        .json(&new);
    let by_admin = format!("/actions/persons/{id}/change-password");
    let by_admin = Request::post(&by_admin).bearer(&admin).json(&new);
    let link = format!("/actions/persons/{id}/reset-password-link");
    let link = Request::post(&link).bearer(&admin);
    let invite = Request::get(&format!("/actions/persons/{id}/invite")).bearer(&admin);
    for request in [own, by_admin, link, invite] {
        let answer = server.send(&request);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains(IN_DIRECTORY), "{}", answer.text());
    }
    // Who asks for a link does not hear whether there is one.
    let asked = json!({"email": "ada@studio.com"});
    let asked = server.send(&Request::post("/auth/reset-password").json(&asked));
    assert_eq!(asked.json(), json!({"success": "Reset token sent"}));
    let mut command = server.command();
    let output = command.args(["reset-password", "ada@studio.com"]).output();
    assert!(refusal(&output.unwrap()).contains(IN_DIRECTORY));
    // A link from before the account was the directory's.
    let local = super::create(&server, "carl@studio.com", &json!({}));
    let mut command = server.command();
    let output = command.args(["reset-password", "carl@studio.com"]).output();
    let printed = crate::cli::text(&output.unwrap().stdout);
    let (_, token) = printed.trim().split_once("token=").unwrap();
    server
        .sql(&format!(
            "UPDATE person SET is_generated_from_ldap = true WHERE id = '{local}'"
        ))
        .unwrap();
    let body = json!({
        "email": "carl@studio.com", "token": token,
        "password": "another one", "password2": "another one",
    });
    let answer = server.send(&Request::put("/auth/reset-password").json(&body));
    assert_eq!(
        (answer.status, &answer.json()["message"]),
        (400, &json!(IN_DIRECTORY))
    );
    server.log_in("ada", "password of ada");
}
