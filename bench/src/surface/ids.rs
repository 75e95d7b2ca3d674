//! Ids of rows that requests name in braces.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use tanuki_testkit::postgres::Cluster;

/// The first entity of a type in the big production.
macro_rules! first_entity {
    ($kind:literal) => {
        concat!(
            "select e.id from entity e join entity_type t on t.id = e.entity_type_id \
             join project p on p.id = e.project_id where p.code = 'p0' and t.name = '",
            $kind,
            "' order by e.created_at, e.id limit 1"
        )
    };
}

/// Ids that are not simply the first row of the table that they are named
/// after. A statement may have names in braces as well.
const IDS: &[(&str, &str)] = &[
    ("project", "select id from project where code = 'p0'"),
    ("show", "select id from project where code = 'p1'"),
    (
        "person",
        "select id from person where email = 'person5@studio.test'",
    ),
    ("shot", first_entity!("Shot")),
    ("sequence", first_entity!("Sequence")),
    ("asset", first_entity!("Character")),
    ("scene", first_entity!("Scene")),
    ("edit", first_entity!("Edit")),
    ("concept", first_entity!("Concept")),
    ("episode", "select md5('studio/episode1')::uuid"),
    ("chat_asset", "select md5('studio/p0as1')::uuid"),
    ("chat", "select md5('studio/chat1')::uuid"),
    ("chat_message", "select md5('studio/message1/1')::uuid"),
    ("budget", "select md5('studio/budget1')::uuid"),
    ("playlist", "select md5('studio/playlist1')::uuid"),
    ("project_template", "select md5('studio/template1')::uuid"),
    (
        "production_schedule_version",
        "select md5('studio/version1')::uuid",
    ),
    (
        "asset_type",
        "select id from entity_type where name = 'Character'",
    ),
    (
        "task_type",
        "select id from task_type where for_entity = 'Shot' order by name limit 1",
    ),
    (
        "task",
        "select t.id from task t join task_person_link l on l.task_id = t.id \
         join person p on p.id = l.person_id join project r on r.id = t.project_id \
         where p.email = 'person5@studio.test' and r.code = 'p0' \
         and exists (select 1 from comment c where c.object_id = t.id) order by t.created_at, t.id limit 1",
    ),
    (
        "comment",
        "select id from comment where object_id = '{task}' order by created_at limit 1",
    ),
    (
        "news",
        "select n.id from news n join task t on t.id = n.task_id join project p on p.id = t.project_id \
         where p.code = 'p0' order by n.created_at, n.id limit 1",
    ),
    (
        "metadata_descriptor",
        "select m.id from metadata_descriptor m join project p on p.id = m.project_id \
         where p.code = 'p0' limit 1",
    ),
    (
        "own_notification",
        "select n.id from notification n join person p on p.id = n.person_id \
         where p.role = 'admin' order by n.created_at, n.id limit 1",
    ),
    (
        "own_filter_group",
        "select g.id from search_filter_group g join person p on p.id = g.person_id \
         where p.role = 'admin' limit 1",
    ),
];

/// Looks up the ids of one database, each once.
#[derive(Debug)]
pub struct Ids<'a> {
    cluster: &'a Cluster,
    database: &'a str,
    known: HashMap<String, String>,
}

impl<'a> Ids<'a> {
    pub fn of(cluster: &'a Cluster, database: &'a str) -> Self {
        Self {
            cluster,
            database,
            known: HashMap::new(),
        }
    }

    /// Replaces every name in braces by an id.
    ///
    /// # Errors
    ///
    /// A name that no row has.
    pub fn fill(&mut self, text: &str) -> Result<String> {
        let mut parts = text.split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once('}') {
                Some((name, rest)) if is_name(name) => {
                    filled.push_str(&self.id(name)?);
                    filled.push_str(rest);
                }
                _ => {
                    filled.push('{');
                    filled.push_str(part);
                }
            }
        }
        Ok(filled)
    }

    fn id(&mut self, name: &str) -> Result<String> {
        if let Some(id) = self.known.get(name) {
            return Ok(id.clone());
        }
        let own = IDS.iter().find(|(known, _)| *known == name);
        let sql = own.map_or_else(
            || format!("select id from {name} order by created_at, id limit 1"),
            |(_, sql)| (*sql).to_owned(),
        );
        let sql = self.fill(&sql)?;
        let found = self.cluster.psql(self.database, &sql)?.trim().to_owned();
        ensure!(!found.is_empty(), "{{{name}}}: no such row");
        self.known.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

/// Whether a text in braces is a name, and not JSON.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
