//! Whose account is whose in the directory.

use std::collections::{HashMap, HashSet};

use tanuki_ldap::DirectoryPerson;
use tanuki_store::query::directory::DirectoryAccount;

/// The account of somebody in the directory, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    Nobody,
    Account(usize),
    /// The account of somebody who is not active in the directory, to be switched
    /// off and not changed otherwise, for this reason.
    Disabled(usize, String),
    /// Nothing is done, for this reason.
    Refused(String),
}

/// What an account was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FoundBy {
    Uid,
    Login,
    Email,
}

/// The matches of all people, in their order.
pub(super) struct Matches {
    pub matches: Vec<Match>,
    /// The accounts that are somebody's, or may be: they are not missing in the
    /// directory.
    pub claimed: HashSet<usize>,
}

/// Finds the account of each person: by what never changes, or else by the login,
/// or else by an address.
pub(super) fn find(
    people: &[DirectoryPerson],
    accounts: &[DirectoryAccount],
    takes_over: bool,
) -> Matches {
    let index = Index::of(accounts);
    let repeated = Repeated::of(people);
    let active = Active::of(people);
    let mut found: Vec<Option<(usize, FoundBy)>> = vec![None; people.len()];
    let mut refused: Vec<Option<String>> = vec![None; people.len()];
    let mut claimed = HashSet::new();
    for by in [FoundBy::Uid, FoundBy::Login, FoundBy::Email] {
        for (place, person) in people.iter().enumerate() {
            if found[place].is_some() || refused[place].is_some() {
                continue;
            }
            let candidates = index.candidates(person, by);
            let free: Vec<usize> = candidates
                .into_iter()
                .filter(|account| !claimed.contains(account))
                .collect();
            match *free {
                [] => {}
                // Not claimed: whoever has the login logs in to the account, so it is
                // switched off if its owner is gone.
                [account]
                    if by == FoundBy::Login
                        && person.uid.is_some()
                        && is_anothers(person, &accounts[account])
                        && !takes_over =>
                {
                    let email = &accounts[account].email;
                    // Who is disabled needs no account.
                    if !person.is_active {
                        continue;
                    }
                    refused[place] = Some(format!(
                        "{email} has this login and was another entry's; --take-over gives the \
                         account to this one"
                    ));
                }
                [account] => {
                    claimed.insert(account);
                    found[place] = Some((account, by));
                }
                _ => {
                    claimed.extend(free);
                    refused[place] = Some("several accounts have this login or address".into());
                }
            }
        }
    }
    let decide = |(place, person): (usize, &DirectoryPerson)| {
        if let Some(reason) = refused[place].take() {
            return Match::Refused(reason);
        }
        let Some((account, by)) = found[place] else {
            // Nobody knows who is inactive and has no account.
            let reason = repeated.reason(person).filter(|_| person.is_active);
            return reason.map_or(Match::Nobody, Match::Refused);
        };
        if let Some(reason) = refusal(person, &accounts[account], by, takes_over) {
            return Match::Refused(reason);
        }
        match repeated.reason(person) {
            None => Match::Account(account),
            // The account may be of the other entry.
            Some(reason) if person.is_active || active.shares(person, by) => Match::Refused(reason),
            Some(reason) => Match::Disabled(account, reason),
        }
    };
    Matches {
        matches: people.iter().enumerate().map(decide).collect(),
        claimed,
    }
}

/// Returns why an account stays as it is although it looks like somebody's.
fn refusal(
    person: &DirectoryPerson,
    account: &DirectoryAccount,
    by: FoundBy,
    takes_over: bool,
) -> Option<String> {
    let role = &account.role;
    if account.is_bot || account.is_internal {
        return Some("the account is a bot's, a guest's or a preview's".into());
    }
    if !account.is_from_directory && !takes_over {
        return Some(format!(
            "a local account ({}, {role}) has this login or address; --take-over gives it to the \
             directory",
            account.email
        ));
    }
    if by == FoundBy::Email && is_anothers(person, account) && !takes_over {
        return Some(format!(
            "{} was another's address; --take-over gives the account to this one",
            account.email
        ));
    }
    None
}

/// Whether an account was of an entry with another identifier.
fn is_anothers(person: &DirectoryPerson, account: &DirectoryAccount) -> bool {
    account.ldap_uid.is_some() && account.ldap_uid != person.uid
}

/// Accounts by what people may be found by.
struct Index {
    by_uid: HashMap<String, Vec<usize>>,
    by_login: HashMap<String, Vec<usize>>,
    by_email: HashMap<String, Vec<usize>>,
}

impl Index {
    fn of(accounts: &[DirectoryAccount]) -> Self {
        let mut index = Self {
            by_uid: HashMap::new(),
            by_login: HashMap::new(),
            by_email: HashMap::new(),
        };
        let add = |map: &mut HashMap<String, Vec<usize>>, key: &str, place: usize| {
            if !key.is_empty() {
                map.entry(key.to_lowercase()).or_default().push(place);
            }
        };
        for (place, account) in accounts.iter().enumerate() {
            let uid = account.ldap_uid.as_deref().unwrap_or_default();
            add(&mut index.by_uid, uid, place);
            // A bot may have the address of a person.
            if !account.is_bot {
                add(&mut index.by_login, &account.desktop_login, place);
                add(&mut index.by_email, &account.email, place);
            }
        }
        // Of several with a login, the one from the directory.
        for places in index.by_login.values_mut() {
            let is_of_directory = |place: &usize| accounts[*place].is_from_directory;
            if places.iter().filter(|place| is_of_directory(place)).count() == 1 {
                places.retain(is_of_directory);
            }
        }
        index
    }

    fn candidates(&self, person: &DirectoryPerson, by: FoundBy) -> Vec<usize> {
        let of = |map: &HashMap<String, Vec<usize>>, key: &str| {
            map.get(&key.to_lowercase()).cloned().unwrap_or_default()
        };
        match by {
            FoundBy::Uid => {
                let mut lists = uids(person).map(|uid| of(&self.by_uid, uid));
                lists.find(|list| !list.is_empty()).unwrap_or_default()
            }
            FoundBy::Login => of(&self.by_login, &person.login),
            FoundBy::Email => {
                let emails = person.emails.iter();
                let mut lists = emails.map(|email| of(&self.by_email, email));
                lists.find(|list| !list.is_empty()).unwrap_or_default()
            }
        }
    }
}

/// What several people of the directory have, though it should be of one.
struct Repeated {
    uids: HashSet<String>,
    logins: HashSet<String>,
    emails: HashSet<String>,
}

impl Repeated {
    fn of(people: &[DirectoryPerson]) -> Self {
        let emails = people.iter().filter_map(|person| person.emails.first());
        // Both may be the same.
        let is_other = |person: &DirectoryPerson, uid: &String| {
            let current = person.uid.as_ref().map(|current| current.to_lowercase());
            current != Some(uid.to_lowercase())
        };
        let replaced = people.iter().flat_map(|person| {
            let replaced = person.replaced_uid.as_ref();
            replaced.filter(|uid| is_other(person, uid))
        });
        let current = people.iter().filter_map(|person| person.uid.as_ref());
        Self {
            uids: repeated(current.chain(replaced)),
            logins: repeated(people.iter().map(|person| &person.login)),
            emails: repeated(emails),
        }
    }

    fn reason(&self, person: &DirectoryPerson) -> Option<String> {
        let has = |set: &HashSet<String>, key: Option<&String>| {
            key.is_some_and(|key| set.contains(&key.to_lowercase()))
        };
        let what = if has(&self.logins, Some(&person.login)) {
            "login"
        } else if has(&self.emails, person.emails.first()) {
            "address"
        } else if uids(person).any(|uid| has(&self.uids, Some(uid))) {
            "identifier"
        } else {
            return None;
        };
        Some(format!("several entries have this {what}"))
    }
}

/// What the active people of the directory have.
struct Active {
    uids: HashSet<String>,
    logins: HashSet<String>,
    emails: HashSet<String>,
}

impl Active {
    fn of(people: &[DirectoryPerson]) -> Self {
        let active = || people.iter().filter(|person| person.is_active);
        let lower = |text: &String| text.to_lowercase();
        Self {
            uids: active().flat_map(uids).map(lower).collect(),
            logins: active().map(|person| lower(&person.login)).collect(),
            emails: active()
                .flat_map(|person| person.emails.iter().map(lower))
                .collect(),
        }
    }

    /// Whether somebody active has what the account of an inactive person was
    /// found by.
    fn shares(&self, person: &DirectoryPerson, by: FoundBy) -> bool {
        let has = |set: &HashSet<String>, key: &String| set.contains(&key.to_lowercase());
        match by {
            FoundBy::Uid => uids(person).any(|uid| has(&self.uids, uid)),
            FoundBy::Login => has(&self.logins, &person.login),
            FoundBy::Email => person.emails.iter().any(|email| has(&self.emails, email)),
        }
    }
}

/// Returns what somebody is identified by: the identifier of their entry, and that
/// which it had before.
fn uids(person: &DirectoryPerson) -> impl Iterator<Item = &String> {
    [&person.uid, &person.replaced_uid].into_iter().flatten()
}

/// Returns what is there more than once, in lower case.
fn repeated<'a>(keys: impl Iterator<Item = &'a String>) -> HashSet<String> {
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for key in keys.filter(|key| !key.is_empty()) {
        if !once.insert(key.to_lowercase()) {
            twice.insert(key.to_lowercase());
        }
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(login: &str, uid: &str, emails: &[&str]) -> DirectoryPerson {
        DirectoryPerson {
            dn: format!("uid={login}"),
            login: login.into(),
            uid: (!uid.is_empty()).then(|| uid.into()),
            replaced_uid: None,
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            first_name: String::new(),
            last_name: String::new(),
            is_active: true,
        }
    }

    fn account(login: &str, uid: &str, email: &str) -> DirectoryAccount {
        DirectoryAccount {
            email: email.into(),
            desktop_login: login.into(),
            ldap_uid: (!uid.is_empty()).then(|| uid.into()),
            role: "user".into(),
            active: true,
            is_from_directory: true,
            ..DirectoryAccount::default()
        }
    }

    fn is_refused(found: &Match) -> bool {
        matches!(found, Match::Refused(_))
    }

    #[test]
    fn what_never_changes_counts_before_logins_and_addresses() {
        let accounts = [account("ada", "2", "bob@x"), account("bob", "1", "ada@x")];
        let people = [
            person("ada", "1", &["ada@x"]),
            person("bob", "2", &["bob@x"]),
        ];
        let found = find(&people, &accounts, false);
        assert_eq!(found.matches, [Match::Account(1), Match::Account(0)]);
        let people = [person("new", "3", &["other@x", "ADA@x"])];
        let found = find(&people, &[account("old", "", "ada@X")], false);
        assert_eq!(found.matches, [Match::Account(0)]);
    }

    #[test]
    fn an_address_that_was_anothers_gives_no_account() {
        let accounts = [account("old", "1", "lead@x")];
        let people = [person("new", "2", &["lead@x"])];
        let found = find(&people, &accounts, false);
        assert!(is_refused(&found.matches[0]));
        // Nor is the account missing.
        assert!(found.claimed.contains(&0));
        let found = find(&people, &accounts, true);
        assert_eq!(found.matches, [Match::Account(0)]);
    }

    #[test]
    fn a_login_that_was_anothers_gives_no_account() {
        let accounts = [account("old", "1", "old@x")];
        let mut people = [person("OLD", "2", &["old@x"])];
        let found = find(&people, &accounts, false);
        assert!(is_refused(&found.matches[0]));
        // Its owner is gone.
        assert!(found.claimed.is_empty());
        assert_eq!(find(&people, &accounts, true).matches, [Match::Account(0)]);
        // The same entry, which got an identifier of its own.
        people[0].replaced_uid = Some("1".into());
        assert_eq!(find(&people, &accounts, false).matches, [Match::Account(0)]);
        // A directory that shows no identifiers any more.
        let people = [person("old", "", &["old@x"])];
        assert_eq!(find(&people, &accounts, false).matches, [Match::Account(0)]);
    }

    #[test]
    fn an_identifier_that_another_entry_had_before_gives_no_account() {
        let accounts = [account("ada", "entry 1", "ada@x")];
        // Ada's entry got an identifier of its own; somebody has chosen her old one.
        let mut ada = person("ada", "7", &["ada@x"]);
        ada.replaced_uid = Some("entry 1".into());
        let mut eve = person("eve", "Entry 1", &["eve@x"]);
        eve.replaced_uid = Some("entry 2".into());
        for people in [[ada.clone(), eve.clone()], [eve.clone(), ada.clone()]] {
            let found = find(&people, &accounts, false);
            assert!(found.matches.iter().all(is_refused), "{:?}", found.matches);
            // Nor is the account missing.
            assert!(found.claimed.contains(&0));
        }
        // If she is disabled, it may be the account of the other.
        ada.is_active = false;
        let found = find(&[ada.clone(), eve.clone()], &accounts, false);
        assert!(found.matches.iter().all(is_refused), "{:?}", found.matches);
        // An identifier that is the same as before is one.
        ada.is_active = true;
        ada.uid = Some("ENTRY 1".into());
        let found = find(&[ada], &accounts, false);
        assert_eq!(found.matches, [Match::Account(0)]);
    }

    #[test]
    fn a_disabled_entry_is_no_obstacle_to_switching_its_account_off() {
        let disabled = |login: &str, uid: &str, email: &str| DirectoryPerson {
            is_active: false,
            ..person(login, uid, &[email])
        };
        let is_disabled = |found: &Match| matches!(found, Match::Disabled(0, _));
        let accounts = [account("ada", "1", "ada@x")];
        // Another entry has the login, the address, or both.
        for other in [
            person("ada", "2", &["other@x"]),
            person("other", "2", &["ada@x"]),
            person("ADA", "2", &["Ada@x"]),
        ] {
            let people = [disabled("ada", "1", "ada@x"), other];
            let found = find(&people, &accounts, false);
            assert!(is_disabled(&found.matches[0]), "{:?}", found.matches);
            assert!(is_refused(&found.matches[1]));
        }
        // Without an identifier it may be the account of the active one.
        let accounts = [account("ada", "", "ada@x")];
        let people = [disabled("ada", "1", "a@x"), person("ada", "2", &["b@x"])];
        let found = find(&people, &accounts, false);
        assert!(is_refused(&found.matches[0]), "{:?}", found.matches);
        // Unless nobody is active.
        let people = [disabled("ada", "1", "a@x"), disabled("ada", "2", "b@x")];
        let found = find(&people, &accounts, false);
        assert!(is_disabled(&found.matches[0]), "{:?}", found.matches);
    }

    #[test]
    fn a_login_that_several_accounts_have_is_nobodys() {
        let mut accounts = [account("boss", "", "a@x"), account("boss", "", "b@x")];
        let people = [person("boss", "1", &["a@x"])];
        let found = find(&people, &accounts, false);
        assert!(is_refused(&found.matches[0]));
        assert_eq!(found.claimed.len(), 2);
        // Somebody local has called themselves so.
        accounts[0].is_from_directory = false;
        let found = find(&people, &accounts, false);
        assert_eq!(found.matches, [Match::Account(1)]);
    }
}
