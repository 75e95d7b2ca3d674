//! People of ShotGrid.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use tanuki_store::query::{imports, rows, shotgun, uniqueness};
use tanuki_store::schema::PERSON;
use tanuki_store::view::people::FULL_UNLINKED;
use tanuki_store::{Filter, Transaction};
use uuid::Uuid;

use super::fields::SentRow;
use super::keys::Of;
use super::names::{Creates, Names};
use crate::fields::{by_id, column_value};
use crate::imports::rows::faults::Faults;
use crate::imports::rows::in_order;
use crate::people::ImportedPerson;
use crate::{Admin, Imports, JsonRow, Result, email};

/// The address of accounts of ShotGrid that are nobody's.
const NOBODY: &str = "changeme@email.com";

/// Keys that people have to have, and the columns with their values.
const COLUMNS: [(&str, &str); 3] = [
    ("firstname", "first_name"),
    ("lastname", "last_name"),
    ("login", "desktop_login"),
];

/// The colour of departments that are created.
const COLOR: &str = "#000000";

const DEPARTMENTS: Creates = Creates {
    of: Of::Department,
    key: "department",
};

/// A person as a row describes them.
#[derive(Debug)]
struct SentPerson {
    shotgun_id: i32,
    email: String,
    data: Map<String, Value>,
    department: Option<String>,
}

impl Imports<'_> {
    /// Creates people without passwords. Those who exist already, with that id in
    /// ShotGrid or that e-mail address, only change their department. Returns the
    /// people of the rows.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with all that is wrong, and if there would be more
    /// active people than `USER_LIMIT` allows.
    pub(super) async fn shotgun_people(
        self,
        admin: Admin<'_>,
        sent: &[SentRow<'_>],
    ) -> Result<Vec<JsonRow>> {
        let needs_public = self.core.settings().mail.check_deliverability;
        let people = read(sent, needs_public)?;
        let mut transaction = self.core.database().begin().await?;
        uniqueness::lock(&mut transaction, &PERSON, None).await?;
        let mut names = Names::default();
        let departments = people.iter().filter_map(|person| person.department.clone());
        let departments: BTreeMap<String, String> =
            departments.map(|name| (name, COLOR.to_owned())).collect();
        let (found, caller) = (&mut names, admin.caller());
        self.find_or_create(&mut transaction, caller, DEPARTMENTS, departments, found)
            .await?;
        let mut accounts = Accounts::load(&mut transaction, &people).await?;
        let mut order = Vec::with_capacity(people.len());
        let mut written: Vec<ImportedPerson> = Vec::new();
        for person in people {
            let department = person.department.as_deref();
            let department = department.and_then(|name| names.named(Of::Department, name));
            let departments = department.map(|id| vec![id]);
            let known = accounts.find(&person);
            let id = known.unwrap_or_else(Uuid::new_v4);
            order.push(id);
            if let Some(earlier) = written.iter_mut().find(|one| one.id == id) {
                earlier.departments = departments.or(earlier.departments.take());
                continue;
            }
            if known.is_none() {
                accounts.add(&person, id);
            } else if departments.is_none() {
                continue;
            }
            let is_new = known.is_none();
            written.push(ImportedPerson {
                id,
                is_new,
                data: if is_new { person.data } else { Map::new() },
                departments,
                is_handed_over: false,
            });
        }
        let people = self.core.people();
        people
            .write_imported(&mut transaction, admin, &written)
            .await?;
        let rows = by_id(rows::by_ids(&mut transaction, &FULL_UNLINKED, &order).await?);
        let answer = in_order(&order, &rows)?;
        transaction.commit().await?;
        Ok(answer)
    }
}

/// Reads the people of a list, without the accounts that are nobody's.
fn read(sent: &[SentRow<'_>], needs_public: bool) -> Result<Vec<SentPerson>> {
    let mut faults = Faults::default();
    let mut people = Vec::with_capacity(sent.len());
    for row in sent {
        if row.data.get("email").and_then(Value::as_str) == Some(NOBODY) {
            continue;
        }
        let mut data = Map::new();
        for (key, column) in COLUMNS {
            let value = row.data.get(key);
            let (Some(value), Some(described)) = (value, PERSON.column(column)) else {
                faults.field(row.index, key, "A required key is missing.");
                continue;
            };
            if let Err(error) = column_value(described, value) {
                faults.field(row.index, key, error.to_string());
            }
            data.insert(column.into(), value.clone());
        }
        let email = match address(row.data, needs_public) {
            Ok(email) => email,
            Err(message) => {
                faults.field(row.index, "email", message);
                continue;
            }
        };
        data.insert("email".into(), json!(email));
        data.insert("shotgun_id".into(), row.shotgun_id.into());
        let is_active = row
            .data
            .get("sg_status_list")
            .is_none_or(|status| status == "act");
        data.insert("active".into(), is_active.into());
        data.insert("role".into(), role(row.data).into());
        let department = match department(row.data) {
            Ok(department) => department,
            Err(message) => {
                faults.field(row.index, DEPARTMENTS.key, message);
                continue;
            }
        };
        people.push(SentPerson {
            shotgun_id: row.shotgun_id,
            email,
            data,
            department,
        });
    }
    faults.check()?;
    Ok(people)
}

fn address(row: &JsonRow, needs_public: bool) -> Result<String, String> {
    let text = row.get("email").and_then(Value::as_str);
    let text = text.ok_or("An e-mail address is expected.")?;
    let address = email::validate(text.trim(), needs_public);
    address
        .map(|address| address.to_lowercase())
        .map_err(|reason| format!("{text} ({reason})"))
}

/// Returns the role that a person's permissions in ShotGrid amount to.
fn role(row: &JsonRow) -> &'static str {
    let rules = row.get("permission_rule_set");
    let name = rules.and_then(|rules| rules.get("name")?.as_str());
    match name {
        Some("Admin") => "admin",
        Some("Manager") => "manager",
        _ => "user",
    }
}

fn department(row: &JsonRow) -> Result<Option<String>, String> {
    let department = row.get(DEPARTMENTS.key).filter(|value| !value.is_null());
    let Some(department) = department else {
        return Ok(None);
    };
    let name = department.get("name").and_then(Value::as_str);
    let name = name.ok_or("An object with a name is expected.")?;
    DEPARTMENTS.check(name)?;
    Ok(Some(name.to_owned()))
}

/// The accounts of the studio by what rows call them.
#[derive(Debug)]
struct Accounts {
    by_shotgun_id: HashMap<i32, Uuid>,
    /// By e-mail address in lower case; no bots.
    by_email: HashMap<String, Uuid>,
}

impl Accounts {
    async fn load(transaction: &mut Transaction, sent: &[SentPerson]) -> Result<Self> {
        let ids: Vec<i32> = sent.iter().map(|person| person.shotgun_id).collect();
        let table = PERSON.name;
        let found = shotgun::by_shotgun_id(transaction, table, &ids, Filter::all()).await?;
        let people = imports::people(transaction).await?.into_iter();
        let people = people.filter(|person| !person.is_bot);
        Ok(Self {
            by_shotgun_id: found.into_iter().collect(),
            by_email: people
                .map(|person| (person.email.to_lowercase(), person.id))
                .collect(),
        })
    }

    fn find(&self, person: &SentPerson) -> Option<Uuid> {
        let by_id = self.by_shotgun_id.get(&person.shotgun_id);
        by_id.or_else(|| self.by_email.get(&person.email)).copied()
    }

    fn add(&mut self, person: &SentPerson, id: Uuid) {
        self.by_shotgun_id.insert(person.shotgun_id, id);
        self.by_email.insert(person.email.clone(), id);
    }
}
