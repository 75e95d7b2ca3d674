//! What `?name=` finds: letters are letters, and the exact spelling is first.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, escaped};

use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    no_letter_of_a_name_stands_for_others
    the_exact_spelling_of_a_name_comes_first
    names_are_one_whatever_the_script_and_case
}

/// Names that a pattern would take for one another.
const ALIKE: [&str; 4] = ["sh-010", "sh_010", "sh%", r"sh\010"];

fn no_letter_of_a_name_stands_for_others(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("alpha");
    let sequence = studio.entity(&project, "sequences", &json!({"name": "sq"}));
    let asset_type = studio.asset_type("Props");
    for name in ALIKE {
        studio.project(name);
        let body = json!({"name": name, "sequence_id": sequence});
        studio.entity(&project, "shots", &body);
        studio.entity(&project, "scenes", &body);
        studio.entity(&project, "episodes", &json!({"name": name}));
        studio.entity(&project, "sequences", &json!({"name": name}));
        studio.asset(&project, &asset_type, name);
        studio.asset_type(name);
        studio.task_type(name, "Asset");
        studio.post(
            "/data/departments",
            &json!({"name": name, "color": "#000000"}),
        );
        let status = json!({"name": name, "short_name": name, "color": "#000000"});
        studio.post("/data/task-status", &status);
        let playlist = json!({"name": name, "project_id": project});
        studio.post("/data/playlists", &playlist);
    }
    for list in [
        "/data/projects?",
        "/data/projects?page=1&",
        "/data/projects/all?",
        "/data/projects/open?",
        "/data/shots/all?",
        &format!("/data/shots?sequence_id={sequence}&"),
        &format!("/data/sequences/{sequence}/shots?"),
        &format!("/data/scenes/all?parent_id={sequence}&"),
        &format!("/data/episodes?project_id={project}&"),
        &format!("/data/sequences?project_id={project}&"),
        &format!("/data/assets/all?project_id={project}&"),
        &format!("/data/assets?project_id={project}&"),
        &format!("/data/entities?project_id={project}&entity_type_id={asset_type}&"),
        "/data/asset-types?",
        "/data/entity-types?",
        "/data/task-types?",
        "/data/departments?",
        "/data/task-status?",
        "/data/playlists?",
    ] {
        for name in ALIKE {
            let found = studio.get(&format!("{list}name={}", escaped(name)));
            let rows = found.as_array().or_else(|| found["data"].as_array());
            let names: Vec<&str> = rows
                .unwrap()
                .iter()
                .map(|row| row["name"].as_str().unwrap())
                .collect();
            assert_eq!(names, [name], "{list}name={name}");
        }
    }
    // Nothing is called so, whatever would fit a pattern.
    for name in ["%", "______", "sh%0", r"sh-010\", "sh-0__"] {
        let path = format!("/data/shots/all?name={}", escaped(name));
        assert_eq!(studio.get(&path), json!([]), "{name}");
    }
    let type_of_any = json!({"name": "Prop_"});
    studio.post("/data/entity-types", &type_of_any);
}

fn the_exact_spelling_of_a_name_comes_first(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let spellings = ["alpha7", "ALPHA7", "Alpha7"];
    let projects = spellings.map(|name| studio.project(name));
    let project = &projects[0];
    let sequence = studio.entity(project, "sequences", &json!({"name": "sq"}));
    let asset_type = studio.asset_type("Props");
    for name in spellings {
        let body = json!({"name": name, "sequence_id": sequence});
        studio.entity(project, "shots", &body);
        studio.entity(project, "sequences", &json!({"name": name}));
        studio.asset(project, &asset_type, name);
        studio.post(
            "/data/departments",
            &json!({"name": name, "color": "#000000"}),
        );
    }
    for list in [
        "/data/projects?".to_owned(),
        "/data/projects?page=1&".to_owned(),
        "/data/projects/all?".to_owned(),
        format!("/data/shots/all?project_id={project}&"),
        format!("/data/sequences?project_id={project}&"),
        format!("/data/assets/all?project_id={project}&"),
        "/data/departments?".to_owned(),
    ] {
        for name in spellings {
            let found = studio.get(&format!("{list}name={name}"));
            let rows = found.as_array().or_else(|| found["data"].as_array());
            assert_eq!(rows.unwrap()[0]["name"], name, "{list}name={name}");
            if !list.starts_with("/data/projects/all") {
                assert_eq!(rows.unwrap().len(), 3, "{list}name={name}");
            }
        }
    }
    let guess = |name: &str| {
        let body = json!({"project_id": project, "file_path": format!("/m/{name}")});
        let path = "/data/entities/guess-from-path";
        studio.answer(Request::post(path).json(&body))
    };
    // A production without a file tree says so; nothing is looked up.
    assert_eq!(guess("alpha7").status, 400);
}

fn names_are_one_whatever_the_script_and_case(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (made, asked) in [
        ("Élan Vital", "éLAN vITAL"),
        ("ДОРОГА", "дорога"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Straße", "STRAßE"),
    ] {
        let project = studio.project(made);
        let path = format!("/data/projects?name={}", escaped(asked));
        assert_eq!(id(&studio.list(&path)[0]), project, "{asked}");
        let asset_type = studio.asset_type(made);
        let path = format!("/data/entity-types?name={}", escaped(asked));
        assert_eq!(id(&studio.list(&path)[0]), asset_type, "{asked}");
        let again = Request::post("/data/entity-types").json(&json!({"name": asked}));
        assert_eq!(studio.answer(again).status, 400, "{asked}");
        studio.task_type(made, "Asset");
        let body = json!({"name": asked, "for_entity": "Asset", "color": "#112233"});
        let again = Request::post("/data/task-types").json(&body);
        assert_eq!(studio.answer(again).status, 400, "{asked}");
    }
    let found = studio.get(&format!("/data/projects?name={}", escaped("ELAN VITAL")));
    assert_eq!(
        found,
        json!([]),
        "letters with accents are letters of their own"
    );
}
