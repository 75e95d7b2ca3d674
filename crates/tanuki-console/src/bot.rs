//! Bots and departments as the templates need them.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use tanuki_core::{BotTeam, Core, Result};
use tanuki_domain::Role;
use uuid::Uuid;

/// The number of days before its expiration from which a token is marked as
/// expiring soon.
const NEAR: i64 = 14;

/// A bot, as the templates show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bot {
    pub id: String,
    pub name: String,
    /// The name that the form edits. The last name, which bots created here do
    /// not have, is left unchanged.
    pub first_name: String,
    pub role: String,
    role_label: String,
    pub departments: Vec<Department>,
    /// Sorted by name.
    pub productions: Vec<Production>,
    pub expiration_date: Option<String>,
    expiration: Expiration,
    expiration_note: String,
    pub active: bool,
    created_at: String,
}

/// A department, as the templates show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Department {
    pub id: String,
    name: String,
    color: String,
}

/// A project to whose team a bot may belong.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Production {
    pub id: String,
    name: String,
}

/// How soon a token expires, for its mark in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Expiration {
    /// The token does not expire.
    None,
    Far,
    Near,
    Past,
}

/// The data of the page of bots.
#[derive(Debug)]
pub(crate) struct Studio {
    /// Sorted by name.
    pub bots: Vec<Bot>,
    /// Sorted by name.
    pub departments: Vec<Department>,
    /// The open projects, sorted by name.
    pub productions: Vec<Production>,
}

impl Studio {
    /// Loads all bots, departments and open projects.
    pub async fn load(core: &Core) -> Result<Self> {
        let mut departments: Vec<Department> = core
            .studio()
            .departments()
            .await?
            .iter()
            .map(Department::of)
            .collect();
        departments.sort_by_cached_key(|department| department.name.to_lowercase());
        let teams = core.projects().teams_of_bots().await?;
        let productions = core.projects().open_production_names().await?;
        let productions = productions.iter().map(Production::of).collect();
        let today = core.clock().today();
        let mut bots: Vec<Bot> = core
            .bots()
            .list()
            .await?
            .iter()
            .map(|person| Bot::of(person, &departments, &teams, today))
            .collect();
        bots.sort_by_cached_key(|bot| bot.name.to_lowercase());
        Ok(Self {
            bots,
            departments,
            productions,
        })
    }

    /// Returns the bot with that id.
    pub fn bot(&self, id: Uuid) -> Option<&Bot> {
        let id = id.to_string();
        self.bots.iter().find(|bot| bot.id == id)
    }
}

impl Bot {
    fn of(
        person: &Map<String, Value>,
        departments: &[Department],
        teams: &[BotTeam],
        today: NaiveDate,
    ) -> Self {
        let role = text(person, "role");
        let id = text(person, "id");
        let productions = teams
            .iter()
            .filter(|team| team.bot_id.to_string() == id)
            .map(Production::of_team)
            .collect();
        let ids = person.get("departments").and_then(Value::as_array);
        let is_own = |department: &&Department| {
            ids.is_some_and(|ids| ids.iter().any(|id| id == department.id.as_str()))
        };
        let expiration_date = person
            .get("expiration_date")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let last_day = expiration_date.as_deref().and_then(|day| day.parse().ok());
        let (expiration, expiration_note) = expiration(last_day, today);
        Self {
            id,
            productions,
            name: text(person, "full_name").trim().to_owned(),
            first_name: text(person, "first_name"),
            role_label: role
                .parse()
                .map_or_else(|_| role.clone(), |role: Role| role.label().to_owned()),
            role,
            departments: departments.iter().filter(is_own).cloned().collect(),
            expiration_date,
            expiration,
            expiration_note,
            active: person.get("active") == Some(&Value::Bool(true)),
            created_at: text(person, "created_at"),
        }
    }

    /// Whether the bot belongs to a department.
    pub fn is_of(&self, department: &str) -> bool {
        self.departments.iter().any(|own| own.id == department)
    }
}

impl Production {
    fn of(row: &Map<String, Value>) -> Self {
        Self {
            id: text(row, "id"),
            name: text(row, "name"),
        }
    }

    fn of_team(team: &BotTeam) -> Self {
        Self {
            id: team.project_id.to_string(),
            name: team.project_name.clone(),
        }
    }
}

impl Department {
    fn of(row: &Map<String, Value>) -> Self {
        Self {
            id: text(row, "id"),
            name: text(row, "name"),
            color: text(row, "color"),
        }
    }
}

/// Returns a string field of a row; empty if it is missing or null.
fn text(row: &Map<String, Value>, field: &str) -> String {
    let value = row.get(field).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

/// Returns the mark for a token's last day, and the text that follows "Expires"
/// or "Expired".
fn expiration(last_day: Option<NaiveDate>, today: NaiveDate) -> (Expiration, String) {
    let Some(last_day) = last_day else {
        return (Expiration::None, String::new());
    };
    match (last_day - today).num_days() {
        0 => (Expiration::Near, "today".into()),
        1 => (Expiration::Near, "in 1 day".into()),
        days @ 2..=NEAR => (Expiration::Near, format!("in {days} days")),
        -1 => (Expiration::Past, "1 day ago".into()),
        days if days < 0 => (Expiration::Past, format!("{} days ago", -days)),
        _ => (Expiration::Far, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiration_is_marked_from_two_weeks_before() {
        let today: NaiveDate = "2026-03-01".parse().unwrap();
        for (last_day, kind, note) in [
            ("2026-03-16", Expiration::Far, ""),
            ("2026-03-15", Expiration::Near, "in 14 days"),
            ("2026-03-03", Expiration::Near, "in 2 days"),
            ("2026-03-02", Expiration::Near, "in 1 day"),
            ("2026-03-01", Expiration::Near, "today"),
            ("2026-02-28", Expiration::Past, "1 day ago"),
            ("2026-02-27", Expiration::Past, "2 days ago"),
        ] {
            let marked = expiration(last_day.parse().ok(), today);
            assert_eq!(marked, (kind, note.to_owned()), "{last_day}");
        }
        assert_eq!(expiration(None, today).0, Expiration::None);
    }
}
