//! A list has the rows that can be read by id: the condition in SQL and the
//! check of one row decide alike, for each role in a team.

use std::collections::BTreeSet;

use serde_json::json;
use tanuki_testkit::Backend;

use super::{PEOPLE, Place, Studio};
use crate::on_both;

on_both! { what_is_listed_can_be_read_by_id }

/// A list, and the path at which one of its rows is read.
struct List {
    path: &'static str,
    /// `{row}` is the id of a row.
    row: &'static str,
    /// The key of a row with that id.
    key: &'static str,
    /// A studio-wide role that is refused the list, whatever role a team gives,
    /// as in Zou.
    refuses: Option<&'static str>,
    exceptions: &'static [Exception],
}

/// Rows that some read by id, but not in the list (or the other way round),
/// as in Zou.
struct Exception {
    rows: &'static [&'static str],
    who: &'static [Place],
    is: Only,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Only {
    /// Readable, but not listed.
    Read,
    /// Listed, but not readable.
    Listed,
}

const LIST: List = List {
    path: "",
    row: "",
    key: "id",
    refuses: None,
    exceptions: &[],
};

const TEAM: &[Place] = &[
    Place::Manager,
    Place::Supervisor,
    Place::Artist,
    Place::Client,
    Place::Vendor,
    Place::IdleVendor,
];
const NO_VENDORS: &[Place] = &[
    Place::Manager,
    Place::Supervisor,
    Place::Artist,
    Place::Client,
];
const NOT_IDLE: &[Place] = &[
    Place::Manager,
    Place::Supervisor,
    Place::Artist,
    Place::Client,
    Place::Vendor,
];

const LISTS: &[List] = &[
    List {
        path: "/data/projects",
        row: "/data/projects/{row}",
        // Lists have open projects only.
        exceptions: &[Exception {
            rows: &["old"],
            who: TEAM,
            is: Only::Read,
        }],
        ..LIST
    },
    List {
        path: "/data/persons",
        row: "/data/persons/{row}",
        ..LIST
    },
    List {
        path: "/data/entities",
        row: "/data/entities/{row}",
        exceptions: &[Exception {
            rows: &["oldshot"],
            who: NOT_IDLE,
            is: Only::Read,
        }],
        ..LIST
    },
    List {
        path: "/data/shots?project_id={project}",
        row: "/data/shots/{row}",
        ..LIST
    },
    List {
        path: "/data/sequences?project_id={project}",
        row: "/data/sequences/{row}",
        // Vendors find their shots below it.
        exceptions: &[Exception {
            rows: &["sequence"],
            who: &[Place::Vendor],
            is: Only::Listed,
        }],
        ..LIST
    },
    List {
        path: "/data/shots/with-tasks?project_id={project}",
        row: "/data/entities/{row}",
        ..LIST
    },
    List {
        path: "/data/tasks",
        row: "/data/tasks/{row}",
        exceptions: &[
            Exception {
                rows: &["oldtask"],
                who: NO_VENDORS,
                is: Only::Read,
            },
            // On an entity that they work on, vendors also read the tasks of others.
            Exception {
                rows: &["besides"],
                who: &[Place::Vendor],
                is: Only::Read,
            },
        ],
        ..LIST
    },
    List {
        path: "/data/projects/{project}/tasks",
        row: "/data/tasks/{row}",
        exceptions: &[Exception {
            rows: &["besides"],
            who: &[Place::Vendor],
            is: Only::Read,
        }],
        ..LIST
    },
    List {
        path: "/data/projects/{project}/metadata-descriptors",
        row: "/data/projects/{project}/metadata-descriptors/{row}",
        ..LIST
    },
    List {
        path: "/data/metadata-descriptors",
        row: "/data/projects/{project}/metadata-descriptors/{row}",
        ..LIST
    },
    List {
        path: "/data/playlists",
        row: "/data/playlists/{row}",
        refuses: Some("vendor"),
        ..LIST
    },
    List {
        path: "/data/preview-files",
        row: "/data/preview-files/{row}",
        exceptions: &[Exception {
            rows: &["oldpreview"],
            who: NOT_IDLE,
            is: Only::Read,
        }],
        ..LIST
    },
    List {
        path: "/data/working-files",
        row: "/data/working-files/{row}",
        exceptions: &[Exception {
            rows: &["working", "oldworking"],
            who: &[Place::Vendor],
            is: Only::Read,
        }],
        ..LIST
    },
    List {
        path: "/data/output-files",
        row: "/data/output-files/{row}",
        exceptions: &[
            Exception {
                rows: &["oldoutput"],
                who: NOT_IDLE,
                is: Only::Read,
            },
            Exception {
                rows: &["output"],
                who: &[Place::Vendor],
                is: Only::Read,
            },
        ],
        ..LIST
    },
    List {
        path: "/data/tasks/{task}/comments",
        row: "/data/tasks/{task}/comments/{row}",
        ..LIST
    },
    List {
        path: "/data/entities/{shot}/news",
        row: "/data/comments/{row}",
        key: "comment_id",
        ..LIST
    },
];

impl Studio {
    /// Adds rows that only some may see, and a production that is closed.
    fn add_rows(&mut self) {
        self.find("layout", "/data/task-types?name=Layout");
        self.find("closed", "/data/project-status?name=Closed");
        self.make(
            "besides",
            "/data/tasks",
            json!({
                "name": "main", "entity_id": "{shot}", "project_id": "{project}",
                "task_type_id": "{layout}", "task_status_id": "{todo}",
            }),
        );
        self.make("old", "/data/projects", json!({"name": "Old"}));
        for (name, _, role, place) in PEOPLE {
            if place == Place::Left {
                continue;
            }
            let mut member = json!({"person_id": format!("{{{name}}}")});
            if let Some(role) = role {
                member["role"] = role.into();
            }
            self.make("", "/data/projects/{old}/team", member);
        }
        self.make(
            "oldshot",
            "/data/entities",
            json!({
                "name": "OLD", "project_id": "{old}", "entity_type_id": "{shottype}",
            }),
        );
        let assignees = ["{vendor}", "{artistasvendor}"];
        self.make(
            "oldtask",
            "/data/tasks",
            json!({
                "name": "main", "entity_id": "{oldshot}", "project_id": "{old}",
                "task_type_id": "{animation}", "task_status_id": "{todo}", "assignees": assignees,
            }),
        );
        let output = json!({"name": "Cache", "short_name": "cache"});
        self.make("outputtype", "/data/output-types", output);
        let status = json!({"name": "Checked", "color": "#001122"});
        self.make("filestatus", "/data/file-status", status);
        for (preview, working, output, task, shot) in [
            ("", "", "output", "{task}", "{shot}"),
            (
                "otherpreview",
                "otherworking",
                "otheroutput",
                "{othertask}",
                "{other}",
            ),
            (
                "oldpreview",
                "oldworking",
                "oldoutput",
                "{oldtask}",
                "{oldshot}",
            ),
        ] {
            if !preview.is_empty() {
                self.make(
                    preview,
                    "/data/preview-files",
                    json!({
                        "name": "preview", "task_id": task, "revision": 1, "extension": "png",
                    }),
                );
                self.make(
                    working,
                    "/data/working-files",
                    json!({
                        "name": "working", "task_id": task, "entity_id": shot, "revision": 1,
                    }),
                );
            }
            self.make(
                output,
                "/data/output-files",
                json!({
                    "name": "main", "entity_id": shot, "output_type_id": "{outputtype}",
                    "file_status_id": "{filestatus}", "revision": 1,
                }),
            );
        }
        for (name, project, for_client) in [
            ("playlist", "{project}", false),
            ("sharedplaylist", "{project}", true),
            ("oldplaylist", "{old}", true),
        ] {
            self.make(
                name,
                "/data/playlists",
                json!({
                    "name": name, "project_id": project, "for_client": for_client,
                }),
            );
        }
        let descriptor = json!({
            "name": "Open", "entity_type": "Shot", "data_type": "string", "for_client": true,
        });
        self.make(
            "descriptor",
            "/data/projects/{project}/metadata-descriptors",
            descriptor,
        );
        let closed = json!({"project_status_id": "{closed}"});
        let answer = self.send(&self.admin, "PUT", "/data/projects/{old}", Some(&closed));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Returns the ids in a list; none if it is refused.
    fn listed(&self, token: &str, list: &List) -> BTreeSet<String> {
        let answer = self.send(token, "GET", list.path, None);
        if answer.status == 403 {
            return BTreeSet::new();
        }
        assert_eq!(answer.status, 200, "{}: {}", list.path, answer.text());
        let mut rows = answer.json();
        if rows.is_object() {
            rows = rows["data"].take();
        }
        let rows = rows.as_array().unwrap();
        let ids = rows.iter().filter_map(|row| row[list.key].as_str());
        ids.map(str::to_owned).collect()
    }

    fn reads(&self, token: &str, list: &List, id: &str) -> bool {
        let answer = self.send(token, "GET", &list.row.replace("{row}", id), None);
        let refused = [403, 404].contains(&answer.status);
        assert!(
            refused || answer.status == 200,
            "{}: {}",
            list.row,
            answer.text()
        );
        !refused
    }

    /// Returns the name of a row for a message, or else its id.
    fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        let named = self.ids.iter().find(|(_, known)| *known == id);
        named.map_or(id, |(name, _)| name)
    }
}

fn what_is_listed_can_be_read_by_id(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    studio.add_rows();
    let mut wrong = Vec::new();
    for list in LISTS {
        let all = studio.listed(&studio.admin, list);
        assert!(!all.is_empty(), "{}", list.path);
        for (name, role, _, place) in PEOPLE {
            let token = &studio.tokens[name];
            let listed = studio.listed(token, list);
            if list.refuses == Some(role) {
                assert!(listed.is_empty(), "{name} lists {}", list.path);
                continue;
            }
            for id in all.union(&listed) {
                let row = studio.name_of(id);
                let exception = list.exceptions.iter().find(|exception| {
                    exception.who.contains(&place) && exception.rows.contains(&row)
                });
                let expected = match exception.map(|exception| exception.is) {
                    None => [(true, true), (false, false)].as_slice(),
                    Some(Only::Listed) => &[(true, false)],
                    Some(Only::Read) => &[(false, true)],
                };
                let found = (listed.contains(id), studio.reads(token, list, id));
                if !expected.contains(&found) {
                    let (listed, read) = found;
                    wrong.push(format!(
                        "{name} ({place:?}), {} {row}: listed {listed}, read {read}",
                        list.path
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
