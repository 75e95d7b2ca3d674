//! Roles and departments by groups.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Server};

use super::{provider_and_setup, sign_on, token, who};
use crate::on_both;

on_both! {
    groups_give_roles_and_departments
    the_last_admin_stays_one
}

const MAP: &str = "pipeline=admin; leads=supervisor, department:Crowd; \
                   layout=department:fur; gone=department:No Such";

fn department(server: &Server, name: &str) -> Value {
    let request = Request::post("/data/departments").bearer(&server.admin_token());
    let made = server.send(&request.json(&json!({"name": name, "color": "#000000"})));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].clone()
}

fn groups_give_roles_and_departments(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let Some(server) = setup.variable("OIDC_ROLE_MAP", MAP).start() else {
        return;
    };
    let crowd = department(&server, "Crowd");
    let fur = department(&server, "Fur");
    let by_hand = department(&server, "Stunts");
    let log_in = |groups: Value| {
        provider.change(|says| {
            says.person.insert("groups".into(), groups);
        });
        who(&server, &token(&sign_on(&server, &provider)))
    };
    let ada = log_in(json!(["leads", "gone", 7, "unknown"]));
    assert_eq!(
        (&ada["role"], &ada["departments"]),
        (&json!("supervisor"), &json!([crowd]))
    );
    let path = format!(
        "/actions/persons/{}/departments/add",
        ada["id"].as_str().unwrap()
    );
    let request = Request::post(&path).bearer(&server.admin_token());
    server.send(&request.json(&json!({"department_id": by_hand})));
    let ada = log_in(json!("layout"));
    assert_eq!(ada["role"], "user");
    let mut departments = ada["departments"].as_array().unwrap().clone();
    departments.sort_by_key(Value::to_string);
    let mut expected = vec![fur, by_hand];
    expected.sort_by_key(Value::to_string);
    assert_eq!(departments, expected);
    assert_eq!(log_in(json!(["pipeline", "leads"]))["role"], "admin");
    // Who is not said to be in groups stays as they are.
    assert_eq!(log_in(Value::Null)["role"], "admin");
    assert_eq!(log_in(json!([]))["role"], "user");
    // A role that the map does not name was given by hand.
    let path = format!("/data/persons/{}", ada["id"].as_str().unwrap());
    let request = Request::put(&path).bearer(&server.admin_token());
    server.send(&request.json(&json!({"role": "manager"})));
    assert_eq!(log_in(json!(["pipeline"]))["role"], "manager");
}

fn the_last_admin_stays_one(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let Some(server) = setup.variable("OIDC_ROLE_MAP", MAP).start() else {
        return;
    };
    provider.change(|says| {
        says.person.insert("email".into(), ADMIN_EMAIL.into());
        says.person.insert("groups".into(), json!(["leads"]));
    });
    let log_in = || who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(log_in()["role"], "admin");
    let other =
        json!({"first_name": "A", "last_name": "B", "email": "b@studio.com", "role": "admin"});
    let request = Request::post("/data/persons").bearer(&server.admin_token());
    assert_eq!(server.send(&request.json(&other)).status, 201);
    assert_eq!(log_in()["role"], "supervisor");
}
