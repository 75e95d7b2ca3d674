//! What has to change so that accounts are as the directory says.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use tanuki_ldap::DirectoryPerson;
use tanuki_store::query::directory::DirectoryAccount;
use uuid::Uuid;

use super::matching::{self, Match};
use crate::people::ImportedPerson;

/// The longest email address, in bytes (RFC 5321).
const MAX_ADDRESS: usize = 254;

/// What happens with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncAction {
    Create,
    Update,
    SwitchOn,
    SwitchOff,
    /// Nothing, though the account is not as the directory says.
    Keep,
    /// Nothing, since the entry cannot be followed.
    Refuse,
}

/// A line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStep {
    pub action: SyncAction,
    /// The login, or else the address or the name of the entry.
    pub who: String,
    /// What changes, or why not.
    pub note: String,
}

/// What the studio wants to hold.
pub(super) struct Rules {
    /// Logins that stay as they are, in lower case.
    pub excluded: HashSet<String>,
    pub protected: HashSet<Uuid>,
    pub takes_over: bool,
    pub user_limit: i64,
}

/// All that has to change.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<SyncStep>,
    pub unchanged: usize,
    /// The active accounts, by the names of their entries.
    pub accounts: HashMap<String, Uuid>,
    pub switched_off: Vec<ImportedPerson>,
    pub written: Vec<ImportedPerson>,
    /// How many active accounts are from the directory.
    pub active: usize,
}

impl Plan {
    /// Whether it is more than half of them.
    pub fn switches_off_too_many(&self) -> bool {
        self.switched_off.len() * 2 > self.active
    }

    fn step(&mut self, action: SyncAction, who: &str, note: impl Into<String>) {
        let (who, note) = (who.to_owned(), note.into());
        self.steps.push(SyncStep { action, who, note });
    }
}

/// Compares people with accounts. Nothing is written.
pub(super) fn plan(
    people: &[DirectoryPerson],
    accounts: &[DirectoryAccount],
    rules: &Rules,
) -> Plan {
    let is_excluded = |login: &str| rules.excluded.contains(&login.to_lowercase());
    let people: Vec<DirectoryPerson> = people
        .iter()
        .filter(|person| !is_excluded(&person.login))
        .cloned()
        .collect();
    let found = matching::find(&people, accounts, rules.takes_over);
    let is_active = |account: &&DirectoryAccount| account.active && account.is_from_directory;
    let mut plan = Plan {
        active: accounts.iter().filter(is_active).count(),
        ..Plan::default()
    };
    let emails = Emails::of(accounts);
    let mut wanted = Vec::new();
    let mut leaving = Vec::new();
    for (person, found) in people.iter().zip(found.matches) {
        let mut obstacle = None;
        let account = match found {
            Match::Refused(reason) => {
                plan.step(SyncAction::Refuse, name_of(person), reason);
                continue;
            }
            Match::Nobody if !person.is_active => continue,
            Match::Nobody => None,
            Match::Account(place) => Some(&accounts[place]),
            Match::Disabled(place, reason) => {
                obstacle = Some(reason);
                Some(&accounts[place])
            }
        };
        match (obstacle.or_else(|| flaw(person, account, &emails)), account) {
            (None, _) => wanted.push((person, account)),
            // Nothing is wrong with switching an account off.
            (Some(reason), Some(account)) if !person.is_active => match account.active {
                true => leaving.push((account, format!("not active in the directory; {reason}"))),
                false => plan.unchanged += 1,
            },
            (Some(reason), _) => plan.step(SyncAction::Refuse, name_of(person), reason),
        }
    }
    let missing = accounts.iter().enumerate().filter(|(place, account)| {
        is_active(account)
            && !account.is_bot
            && !account.is_internal
            && !found.claimed.contains(place)
            && !is_excluded(&account.desktop_login)
    });
    leaving.extend(missing.map(|(_, account)| (account, "not in the directory".to_owned())));
    switch_off(&mut plan, accounts, &wanted, leaving, rules);
    write(&mut plan, accounts, &wanted, rules);
    plan.steps
        .sort_by(|one, other| (one.action, &one.who).cmp(&(other.action, &other.who)));
    plan
}

/// Somebody in the directory and their account, if they have one.
type Wanted<'a> = (&'a DirectoryPerson, Option<&'a DirectoryAccount>);

/// Plans whom to switch off: who is leaving, for a reason that is given, and who is
/// not active in the directory. Somebody who can administer the studio stays.
fn switch_off(
    plan: &mut Plan,
    accounts: &[DirectoryAccount],
    wanted: &[Wanted<'_>],
    leaving: Vec<(&DirectoryAccount, String)>,
    rules: &Rules,
) {
    let leaving = leaving.into_iter().map(|(account, note)| {
        let data = Map::from_iter([("active".to_owned(), Value::from(false))]);
        (account, data, note)
    });
    let inactive = wanted.iter().filter_map(|(person, account)| {
        let account = account.filter(|account| account.active && !person.is_active)?;
        let (data, _) = changes(person, account);
        Some((account, data, "not active in the directory".to_owned()))
    });
    let leaving: Vec<_> = leaving.chain(inactive).collect();
    let ids: HashSet<Uuid> = leaving
        .iter()
        .map(|(account, ..)| account.id)
        .filter(|id| !rules.protected.contains(id))
        .collect();
    let leaves_admin = accounts.iter().any(|account| {
        account.role == "admin"
            && account.active
            && !account.is_bot
            && !account.is_internal
            && !ids.contains(&account.id)
    });
    for (account, data, note) in leaving {
        let who = name_of_account(account);
        if rules.protected.contains(&account.id) {
            plan.step(
                SyncAction::Keep,
                who,
                format!("{note}, but in PROTECTED_ACCOUNTS"),
            );
        } else if account.role == "admin" && !leaves_admin {
            plan.step(
                SyncAction::Keep,
                who,
                format!("{note}, but no other admin would be left"),
            );
        } else {
            plan.step(SyncAction::SwitchOff, who, note);
            plan.switched_off.push(changed(account, data));
        }
    }
}

/// Plans whom to create and to change, as long as `USER_LIMIT` has room.
fn write(plan: &mut Plan, accounts: &[DirectoryAccount], wanted: &[Wanted<'_>], rules: &Rules) {
    let counts =
        |account: &&DirectoryAccount| account.active && !account.is_bot && !account.is_internal;
    let active = accounts.iter().filter(counts).count() - plan.switched_off.len();
    let mut room = rules.user_limit - i64::try_from(active).unwrap_or(i64::MAX);
    let mut has_room = || {
        room -= 1;
        room >= 0
    };
    for (person, account) in wanted {
        let who = name_of(person);
        let Some(account) = account else {
            if has_room() {
                let id = Uuid::new_v4();
                plan.accounts.insert(person.dn.clone(), id);
                plan.step(SyncAction::Create, who, described(person));
                plan.written.push(created(id, person));
            } else {
                plan.step(SyncAction::Refuse, who, "USER_LIMIT is reached");
            }
            continue;
        };
        if account.active && !person.is_active {
            continue;
        }
        let (data, note) = changes(person, account);
        if data.is_empty() {
            plan.unchanged += 1;
        } else if rules.protected.contains(&account.id) {
            plan.step(
                SyncAction::Keep,
                who,
                format!("{note}, but in PROTECTED_ACCOUNTS"),
            );
            continue;
        } else if !account.active && person.is_active {
            if !has_room() {
                plan.step(SyncAction::Refuse, who, "USER_LIMIT is reached");
                continue;
            }
            plan.step(SyncAction::SwitchOn, who, note);
            plan.written.push(written(account, person, data));
        } else {
            plan.step(SyncAction::Update, who, note);
            plan.written.push(written(account, person, data));
        }
        if person.is_active && !rules.protected.contains(&account.id) {
            plan.accounts.insert(person.dn.clone(), account.id);
        }
    }
}

/// Returns what changes about an account, and says it.
fn changes(person: &DirectoryPerson, account: &DirectoryAccount) -> (Map<String, Value>, String) {
    let before = Map::from_iter([
        ("email".to_owned(), Value::from(&*account.email)),
        ("first_name".to_owned(), Value::from(&*account.first_name)),
        ("last_name".to_owned(), Value::from(&*account.last_name)),
        (
            "desktop_login".to_owned(),
            Value::from(&*account.desktop_login),
        ),
        ("ldap_uid".to_owned(), Value::from(account.ldap_uid.clone())),
        (
            "is_generated_from_ldap".to_owned(),
            account.is_from_directory.into(),
        ),
        ("active".to_owned(), account.active.into()),
    ]);
    let mut data = values(person);
    data.retain(|field, value| before.get(field) != Some(&*value));
    let fields = data
        .keys()
        .filter(|field| *field != "is_generated_from_ldap");
    let mut notes: Vec<String> = fields.cloned().collect();
    if !account.is_from_directory {
        notes.push(format!("the local account {} is taken over", account.email));
    }
    (data, notes.join(", "))
}

/// Returns what the account of somebody has to hold.
fn values(person: &DirectoryPerson) -> Map<String, Value> {
    Map::from_iter([
        ("first_name".to_owned(), Value::from(&*person.first_name)),
        ("last_name".to_owned(), Value::from(&*person.last_name)),
        ("email".to_owned(), Value::from(address(person))),
        ("desktop_login".to_owned(), Value::from(&*person.login)),
        ("ldap_uid".to_owned(), Value::from(person.uid.clone())),
        ("is_generated_from_ldap".to_owned(), true.into()),
        ("active".to_owned(), person.is_active.into()),
    ])
}

fn created(id: Uuid, person: &DirectoryPerson) -> ImportedPerson {
    ImportedPerson {
        id,
        is_new: true,
        data: values(person),
        departments: None,
        is_handed_over: false,
    }
}

fn changed(account: &DirectoryAccount, data: Map<String, Value>) -> ImportedPerson {
    ImportedPerson {
        id: account.id,
        is_new: false,
        data,
        departments: None,
        is_handed_over: false,
    }
}

/// The change that makes an account the entry's.
fn written(
    account: &DirectoryAccount,
    person: &DirectoryPerson,
    data: Map<String, Value>,
) -> ImportedPerson {
    ImportedPerson {
        is_handed_over: is_handed_over(account, person),
        ..changed(account, data)
    }
}

/// Whether an account becomes the entry's that was nobody's of the directory, or
/// another entry's by its identifier.
fn is_handed_over(account: &DirectoryAccount, person: &DirectoryPerson) -> bool {
    let its_uids = [&person.uid, &person.replaced_uid];
    let is_its = |had: &String| its_uids.into_iter().flatten().any(|uid| uid == had);
    let is_anothers = |had: &String| person.uid.is_some() && !is_its(had);
    !account.is_from_directory || account.ldap_uid.as_ref().is_some_and(is_anothers)
}

/// Accounts by their addresses in lower case.
struct Emails(HashMap<String, Uuid>);

impl Emails {
    fn of(accounts: &[DirectoryAccount]) -> Self {
        let people = accounts.iter().filter(|account| !account.is_bot);
        let by_email = people.map(|account| (account.email.to_lowercase(), account.id));
        Self(by_email.collect())
    }
}

/// Returns what is wrong with an entry, so that no account can be like it.
fn flaw(
    person: &DirectoryPerson,
    account: Option<&DirectoryAccount>,
    emails: &Emails,
) -> Option<String> {
    if person.login.is_empty() {
        return Some("the entry has no login".into());
    }
    for (what, text, most) in [
        ("login", &*person.login, 80),
        ("first name", &*person.first_name, 80),
        ("last name", &*person.last_name, 80),
        ("identifier", person.uid.as_deref().unwrap_or_default(), 60),
    ] {
        if text.chars().count() > most {
            return Some(format!("the {what} has more than {most} letters"));
        }
        if text.chars().any(char::is_control) {
            return Some(format!("the {what} has control characters"));
        }
    }
    let email = address(person);
    if !is_address(email) {
        return Some(format!("{email} is no email address"));
    }
    let owner = emails.0.get(email);
    let is_taken = owner.is_some_and(|id| Some(*id) != account.map(|account| account.id));
    is_taken.then(|| format!("{email} is another account's address"))
}

/// Whether a text may be an address. Those of domains that nobody else reaches, such
/// as `studio.local`, are addresses in a directory.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_control() || c.is_whitespace())
    };
    let parts = text.rsplit_once('@');
    text.len() <= MAX_ADDRESS
        && parts.is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

fn address(person: &DirectoryPerson) -> &str {
    person
        .emails
        .first()
        .map(String::as_str)
        .unwrap_or_default()
}

fn described(person: &DirectoryPerson) -> String {
    let name = format!("{} {}", person.first_name, person.last_name);
    format!("{} <{}>", name.trim(), address(person))
}

fn name_of(person: &DirectoryPerson) -> &str {
    match &*person.login {
        "" => &person.dn,
        login => login,
    }
}

fn name_of_account(account: &DirectoryAccount) -> &str {
    match &*account.desktop_login {
        "" => &account.email,
        login => login,
    }
}
