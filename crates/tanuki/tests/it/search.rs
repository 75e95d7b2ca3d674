//! The search: what words find, who finds what, and that it is current.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Setup};

use crate::BINARY;
use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    names_are_found_by_prefixes_words_typos_and_without_accents
    descriptions_and_metadata_are_found
    what_changes_is_found_at_once
    shots_are_found_by_their_sequence_and_episode
    pages_follow_each_other
    any_query_is_answered
    only_entities_of_open_projects_are_found
    people_are_found_who_work_here
}

const ALL: [&str; 6] = [
    "assets",
    "shots",
    "sequences",
    "episodes",
    "edits",
    "persons",
];

impl Studio {
    fn search(&self, query: &str) -> Value {
        self.post(
            "/data/search",
            &json!({"query": query, "limit": 20, "index_names": ALL}),
        )
    }

    /// The names of what is found in an index.
    fn found(&self, index: &str, query: &str) -> Vec<String> {
        names(&self.search(query)[index])
    }
}

fn names(hits: &Value) -> Vec<String> {
    let hits = hits.as_array().unwrap().iter();
    hits.map(|hit| hit["name"].as_str().unwrap().to_owned())
        .collect()
}

fn names_are_found_by_prefixes_words_typos_and_without_accents(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("Search");
    let characters = studio.asset_type("Creatures");
    for name in [
        "Dragon",
        "Dragonfly",
        "Red Dragon",
        "red_dragon-02",
        "Snapdragon",
        "Élan Vital",
        "Ночь",
        "進撃の巨人",
        "Environment",
        "SH0010",
        "SH0020",
        "o'Neil (old)",
        "Dragée",
    ] {
        studio.asset(&project, &characters, name);
    }
    let found = |query: &str| studio.found("assets", query);
    assert_eq!(
        found("dragon"),
        [
            "Dragon",
            "Dragonfly",
            "Red Dragon",
            "red_dragon-02",
            "Snapdragon"
        ]
    );
    assert_eq!(found("red dra"), ["Red Dragon", "red_dragon-02"]);
    assert_eq!(
        found("dragon red"),
        [
            "Red Dragon",
            "red_dragon-02",
            "Dragon",
            "Dragonfly",
            "Snapdragon"
        ]
    );
    assert_eq!(found("RED_DRAGON")[..2], ["Red Dragon", "red_dragon-02"]);
    assert_eq!(found("dragno")[0], "Dragon");
    assert_eq!(found("enviromnent"), ["Environment"]);
    assert_eq!(found("envir"), ["Environment"]);
    for query in ["élan", "elan", "ÉLAN", "Élan vital", "vital"] {
        assert_eq!(found(query), ["Élan Vital"], "{query}");
    }
    assert_eq!(found("drag")[0], "Dragée");
    for query in ["ночь", "НОЧЬ", "Ноч"] {
        assert_eq!(found(query), ["Ночь"], "{query}");
    }
    for query in ["進撃の", "進撃の巨人", "の巨人"] {
        assert_eq!(found(query), ["進撃の巨人"], "{query}");
    }
    assert_eq!(found("sh001"), ["SH0010"], "codes have no typos");
    assert_eq!(found("o'neil"), ["o'Neil (old)"]);
    assert_eq!(found("creatures").len(), 13, "by asset type");
    assert_eq!(found("creatures envir")[0], "Environment");
    assert_eq!(found("nothing"), [""; 0]);
    let hit = &studio.search("Élan")["assets"][0];
    assert_eq!(hit["matched_terms"], json!(["name"]));
    assert_eq!(hit["asset_type_name"], "Creatures");
    assert_eq!(hit["project_name"], "Search");
    assert_eq!(hit["type"], "Asset");
    assert_eq!(hit["preview_file_extension"], Value::Null);
}

fn descriptions_and_metadata_are_found(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("Search");
    let kind = studio.asset_type("Props");
    let hammer = studio.asset(&project, &kind, "Hammer");
    let path = format!("/data/entities/{hammer}");
    studio.put(
        &path,
        &json!({"description": "A très heavy \"tool\"", "data": {"wood": "Mahogany", "parts": ["head", 7]}}),
    );
    for (query, terms) in [
        ("mahogany", json!(["wood"])),
        ("mahog", json!(["wood"])),
        ("heavy", json!(["description"])),
        ("tres", json!(["description"])),
        ("\"tool\"", json!(["description"])),
        ("hammer head", json!(["name", "parts"])),
    ] {
        let hits = studio.search(query)["assets"].clone();
        assert_eq!(names(&hits), ["Hammer"], "{query}");
        assert_eq!(hits[0]["matched_terms"], terms, "{query}");
    }
    assert_eq!(
        studio.found("assets", "wood"),
        [""; 0],
        "the name of a column"
    );
    let sequence = studio.entity(&project, "sequences", &json!({"name": "SQ"}));
    let shot =
        json!({"name": "S1", "sequence_id": sequence, "data": {"fps": "2997", "mood": "grim"}});
    studio.entity(&project, "shots", &shot);
    assert_eq!(studio.found("shots", "grim"), ["S1"]);
    assert_eq!(studio.found("shots", "2997"), [""; 0]);
}

fn what_changes_is_found_at_once(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("Search");
    let kind = studio.asset_type("Props");
    let asset = studio.asset(&project, &kind, "Hammer");
    let path = format!("/data/entities/{asset}");
    assert_eq!(studio.found("assets", "hammer"), ["Hammer"]);
    studio.put(&path, &json!({"name": "Chisel"}));
    assert_eq!(studio.found("assets", "hammer"), [""; 0]);
    assert_eq!(studio.found("assets", "chisel"), ["Chisel"]);
    // By another program.
    let sql =
        format!("UPDATE entity SET name = 'Pliers', description = 'Rusty' WHERE id = '{asset}'");
    studio.server.sql(&sql).unwrap();
    assert_eq!(studio.found("assets", "chisel"), [""; 0]);
    assert_eq!(studio.found("assets", "pliers"), ["Pliers"]);
    assert_eq!(studio.found("assets", "rusty"), ["Pliers"]);
    let other = studio.asset_type("Tools");
    studio.put(&path, &json!({"entity_type_id": other}));
    assert_eq!(studio.found("assets", "pli"), ["Pliers"]);
    assert_eq!(studio.found("assets", "tools"), ["Pliers"]);
    studio.delete(&format!("/data/assets/{asset}?force=true"));
    assert_eq!(studio.found("assets", "pliers"), [""; 0]);
}

fn shots_are_found_by_their_sequence_and_episode(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let body = json!({"name": "Series", "production_type": "tvshow"});
    let project = studio.made("/data/projects", &body);
    for episode in ["Pilot", "Finale"] {
        let episode_id = studio.entity(&project, "episodes", &json!({"name": episode}));
        for sequence in ["Opening", "Chase"] {
            let body = json!({"name": sequence, "episode_id": episode_id});
            let sequence = studio.entity(&project, "sequences", &body);
            for shot in ["SH010", "SH020"] {
                studio.entity(
                    &project,
                    "shots",
                    &json!({"name": shot, "sequence_id": sequence}),
                );
            }
        }
    }
    assert_eq!(studio.found("shots", "SH010").len(), 4);
    assert_eq!(studio.found("shots", "chase").len(), 4);
    assert_eq!(studio.found("shots", "pilot").len(), 4);
    assert_eq!(studio.found("shots", "openign").len(), 4, "a typo");
    let hits = studio.search("pilot chase sh020")["shots"].clone();
    let hit = &hits[0];
    assert_eq!(hit["name"], "SH020");
    assert_eq!(hit["sequence_name"], "Chase");
    assert_eq!(hit["episode"], "Pilot");
    assert_eq!(hit["matched_terms"], json!(["name"]));
    assert_eq!(studio.found("sequences", "chase"), ["Chase", "Chase"]);
    assert_eq!(studio.found("sequences", "finale"), ["Chase", "Opening"]);
    assert_eq!(studio.found("episodes", "final"), ["Finale"]);
    let default = studio.post("/data/search", &json!({"query": "pilot"}));
    let indexes: Vec<&String> = default.as_object().unwrap().keys().collect();
    assert_eq!(indexes, ["persons", "assets", "shots"], "{default}");
    assert_eq!(default["shots"].as_array().unwrap().len(), 3);
}

fn pages_follow_each_other(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("Search");
    let kind = studio.asset_type("Props");
    for number in 0..12 {
        studio.asset(&project, &kind, &format!("Box {number:02}"));
        studio.asset(&project, &kind, &format!("Old box {number:02}"));
    }
    let page = |offset: usize, limit: usize| {
        let body = json!({"query": "box", "offset": offset, "limit": limit});
        names(&studio.post("/data/search", &body)["assets"])
    };
    let all = page(0, 100);
    assert_eq!(all.len(), 24);
    assert_eq!(
        (all[0].as_str(), all[12].as_str()),
        ("Box 00", "Old box 00")
    );
    let paged: Vec<String> = (0..5).flat_map(|number| page(number * 5, 5)).collect();
    assert_eq!(paged, all);
    assert_eq!(page(1_000_000_000, 5), [""; 0]);
    assert_eq!(page(0, 9_000_000_000_000_000_000).len(), 24);
}

fn any_query_is_answered(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("Search");
    let kind = studio.asset_type("Props");
    studio.asset(&project, &kind, "100% \"wool\" \\ _x_ AND *");
    let long = "a".repeat(10_000);
    let many = "wool \u{301} ".repeat(3_000);
    for query in [
        "",
        "ab",
        "\"\"\"",
        "%%%",
        "___",
        "\\\\\\",
        "***",
        "' OR 1=1 --",
        "NEAR(a b)",
        "a AND b",
        "name : wool",
        "{name} : x",
        "^wool",
        "wool*",
        "\"wool",
        "a\u{0}b\u{0}c",
        "\u{0}\u{0}\u{0}",
        "\u{10ffff}\u{10ffff}\u{10ffff}",
        "🦊🦊🦊",
        "لوحة",
        "進撃の巨人",
        "Ёлка",
        "   ",
        "İıß ﬁ",
        "e\u{301}\u{301}\u{301}",
        "a b c d e f g h i j k l m n",
        "x y",
        &long,
        &many,
    ] {
        for indexes in [&ALL[..], &["shots", "nothing"], &[]] {
            let body = json!({"query": query, "index_names": indexes});
            let answer = studio.answer(Request::post("/data/search").json(&body));
            assert_eq!(answer.status, 200, "{query:.40}: {}", answer.text());
        }
    }
    for query in ["100% wool", "\"wool\"", "_x_", "wool and"] {
        assert_eq!(studio.found("assets", query).len(), 1, "{query}");
    }
    for body in [
        json!({"query": 3}),
        json!({}),
        json!({"query": "abc", "limit": 0}),
        json!({"query": "abc", "limit": -1}),
        json!({"query": "abc", "offset": -1}),
        json!({"query": "abc", "limit": "x"}),
        json!({"query": "abc", "project_id": "x"}),
        json!({"query": "abc", "index_names": "assets"}),
        json!({"query": "abc", "index_names": [1]}),
        json!([]),
        json!({"query": "abc", "limit": 1e300}),
    ] {
        let answer = studio.answer(Request::post("/data/search").json(&body));
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
}

fn only_entities_of_open_projects_are_found(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let kind = studio.asset_type("Props");
    let projects = ["One", "Two"].map(|name| {
        let project = studio.project(name);
        studio.asset(&project, &kind, &format!("Hammer {name}"));
        project
    });
    assert_eq!(
        studio.found("assets", "hammer"),
        ["Hammer One", "Hammer Two"]
    );
    let search = |project: &str| {
        let body = json!({"query": "hammer", "project_id": project});
        names(&studio.post("/data/search", &body)["assets"])
    };
    assert_eq!(search(&projects[1]), ["Hammer Two"]);
    let closed = studio.made(
        "/data/project-status",
        &json!({"name": "Over", "color": "#000000"}),
    );
    studio.put(
        &format!("/data/projects/{}", projects[1]),
        &json!({"project_status_id": closed}),
    );
    assert_eq!(search(&projects[1]), [""; 0]);
    assert_eq!(studio.found("assets", "hammer"), ["Hammer One"]);
}

fn people_are_found_who_work_here(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (first, last, active) in [
        ("Zoé", "Martin", true),
        ("Zoe", "Gone", false),
        ("Martine", "Zobel", true),
    ] {
        let body = json!({
            "first_name": first, "last_name": last, "email": format!("{last}@animfilms.com"),
            "role": "user", "active": active,
        });
        studio.post("/data/persons", &body);
    }
    let found = |query: &str| {
        let hits = studio.search(query)["persons"].clone();
        let hits = hits.as_array().unwrap().iter();
        hits.map(|hit| hit["full_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("zoe"), ["Zoé Martin"]);
    assert_eq!(found("martin"), ["Zoé Martin", "Martine Zobel"]);
    assert_eq!(found("marton"), ["Martine Zobel", "Zoé Martin"]);
    let hit = &studio.search("zoé")["persons"][0];
    assert_eq!(hit["matched_terms"], json!(["name"]));
    assert!(hit.get("password").is_none());
    id(hit);
}

/// Where the extension may not be created, the search reads the table, and the
/// check says so.
#[test]
fn a_database_that_refuses_the_extension_is_searched_without_it() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let url = cluster.create_database().unwrap();
    let name = url.rsplit('/').next().unwrap();
    // A relation of the name of the index is in the way.
    cluster
        .psql(name, "CREATE VIEW tanuki_search_text AS SELECT 1 AS one")
        .unwrap();
    let server = Setup::new(BINARY, Backend::Postgres)
        .database(&url)
        .start()
        .unwrap();
    let admin = ["create-admin", ADMIN_EMAIL, "--password", ADMIN_PASSWORD];
    assert!(server.command().args(admin).status().unwrap().success());
    let admin = server.admin_token();
    let studio = Studio { server, admin };
    let project = studio.project("Search");
    let kind = studio.asset_type("Props");
    studio.asset(&project, &kind, "Hammer");
    for query in ["ham", "hamner", "props"] {
        assert_eq!(studio.found("assets", query), ["Hammer"], "{query}");
    }
    let check = || {
        let output = studio
            .server
            .command()
            .args(["db", "check"])
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(check().contains("the search has no index"), "{}", check());
    cluster.psql(name, "DROP VIEW tanuki_search_text").unwrap();
    let other = Setup::new(BINARY, Backend::Postgres).database(&url);
    let _started = other.start().unwrap();
    assert!(!check().contains("the search has no index"), "{}", check());
}
