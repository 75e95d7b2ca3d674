//! The members of the group that the settings name.

use std::collections::HashSet;
use std::time::Duration;

use crate::connection::Connection;
use crate::message::{Entry, Filter, Scope, Search};
use crate::search::Bounds;
use crate::{Directory, Failure, Settings, dn};

/// Membership of a group, also through groups in it (Active Directory).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The number of a group in its domain, which its primary members have as their
/// `primaryGroupID`.
const TOKEN: &str = "primaryGroupToken";

/// Bounds of the groups in a group.
const GROUPS: Bounds = Bounds {
    entries: 5_000,
    bytes: 16 * 1024 * 1024,
    time: Duration::from_secs(60),
};

/// Who of the people of a directory is read.
#[derive(Debug)]
pub(crate) enum Membership {
    Everybody,
    /// Those who match, as Active Directory finds them.
    Matching(Filter),
    Of(Members),
}

impl Membership {
    /// Returns the condition that it adds to a search for people.
    pub fn filter(&self) -> Option<Filter> {
        match self {
            Self::Matching(filter) => Some(filter.clone()),
            Self::Everybody | Self::Of(_) => None,
        }
    }

    /// Whether the person of an entry that was found, with that name and login, is
    /// read.
    pub fn may_include(&self, dn: &str, login: &str) -> bool {
        match self {
            Self::Everybody | Self::Matching(_) => true,
            Self::Of(members) => members.have(dn, login),
        }
    }
}

impl Directory {
    /// Returns who is in the group that the settings name; without one everybody
    /// is.
    pub(crate) async fn membership(
        &self,
        connection: Connection,
    ) -> Result<(Membership, Connection), Failure> {
        let settings = &self.settings;
        let group = &settings.group;
        if group.is_empty() {
            return Ok((Membership::Everybody, connection));
        }
        if settings.kind.is_active_directory() && !group.contains('=') {
            return Err(Failure::new(format!(
                "LDAP_GROUP {group} is no whole name of a group, as Active Directory needs it: \
                 CN={group},OU=…,DC=…"
            )));
        }
        let (groups, connection) = connection
            .search_few(settings.group_search(), Bounds::PEOPLE)
            .await?;
        let found = match &*groups {
            [] => Err(Failure::new(format!("there is no group {group}"))),
            [found] => Ok(found),
            _ => Err(Failure::new(format!(
                "there are several groups {group}: LDAP_GROUP may be the whole name of one"
            ))),
        };
        let found = found?;
        if !settings.kind.is_active_directory() {
            return Ok((Membership::Of(Members::of(found)), connection));
        }
        let mut tokens = found.texts(TOKEN);
        // A directory without primary groups has no tokens.
        let nested = settings.nested_groups().filter(|_| !tokens.is_empty());
        let Some(nested) = nested else {
            let filter = settings.member_filter(tokens);
            return Ok((Membership::Matching(filter), connection));
        };
        let (nested, connection) = connection.search_few(nested, GROUPS).await?;
        tokens.extend(nested.iter().flat_map(|group| group.texts(TOKEN)));
        let filter = settings.member_filter(tokens);
        Ok((Membership::Matching(filter), connection))
    }
}

/// Who is in a group of other directories than Active Directory.
#[derive(Debug)]
pub(crate) struct Members {
    /// Names of entries, in their normal form.
    names: HashSet<String>,
    logins: HashSet<String>,
}

impl Members {
    fn of(group: &Entry) -> Self {
        let names = ["member", "uniqueMember"].map(|attribute| group.texts(attribute));
        Self {
            names: names.iter().flatten().map(|name| normal(name)).collect(),
            logins: group.texts("memberUid").into_iter().collect(),
        }
    }

    fn have(&self, dn: &str, login: &str) -> bool {
        self.logins.contains(login) || self.names.contains(&normal(dn))
    }
}

fn normal(name: &str) -> String {
    dn::normalized(name).unwrap_or_else(|| name.to_lowercase())
}

impl Settings {
    /// Returns the search for the group: by its whole name, or by its `cn` below
    /// the base.
    fn group_search(&self) -> Search {
        if self.kind.is_active_directory() || self.group.contains('=') {
            return Search {
                base: self.group.clone(),
                scope: Scope::Entry,
                ..self.search(Filter::Has("objectClass"), self.group_attributes(), 2)
            };
        }
        let classes = ["groupOfUniqueNames", "groupOfNames", "posixGroup"];
        let is_group = Filter::Any(classes.map(Filter::is_of_class).into());
        let is_called = Filter::Equals("cn", self.group.clone());
        let filter = Filter::All(vec![is_group, is_called]);
        self.search(filter, self.group_attributes(), 2)
    }

    fn group_attributes(&self) -> Vec<&'static str> {
        match self.kind.is_active_directory() {
            true => vec![TOKEN],
            false => vec!["member", "uniqueMember", "memberUid"],
        }
    }

    /// Returns the search for the groups in the group, in its domain; `None` if its
    /// name is of none.
    fn nested_groups(&self) -> Option<Search> {
        let is_group = Filter::is_of_class("group");
        let filter = Filter::All(vec![is_group, self.is_in_group()]);
        Some(Search {
            base: dn::domain(&self.group)?,
            ..self.search(filter, vec![TOKEN], 500)
        })
    }

    fn is_in_group(&self) -> Filter {
        Filter::Matches {
            rule: IN_CHAIN,
            attribute: "memberOf",
            value: self.group.clone(),
        }
    }

    /// Returns the condition on members of the group. Everybody has a primary group
    /// besides, *Domain Users* as a rule, which their `memberOf` does not name.
    fn member_filter(&self, tokens: Vec<String>) -> Filter {
        let is_primary = |token| Filter::Equals("primaryGroupID", token);
        let mut ways = vec![self.is_in_group()];
        ways.extend(tokens.into_iter().map(is_primary));
        Filter::Any(ways)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn members_are_known_by_name_or_login() {
        let values = |value: &str| vec![value.as_bytes().to_vec()];
        let entry = |dn: &str, attributes: &[(&str, &str)]| {
            let attributes = attributes.iter();
            let attributes = attributes.map(|(name, value)| ((*name).to_owned(), values(value)));
            Entry::new(dn, attributes.collect())
        };
        let group = [("uniqueMember", "UID=Ada, DC=studio"), ("memberUid", "bob")];
        let members = Members::of(&entry("cn=team", &group));
        assert!(members.have("uid=ada,dc=studio", "ada"));
        assert!(members.have("uid=bob,ou=x", "bob"));
        assert!(!members.have("uid=eve,dc=studio", "eve"));
    }

    #[test]
    fn groups_in_a_group_are_looked_for_in_its_domain() {
        let of = |group: &str| {
            let settings = Settings {
                kind: Kind::ActiveDirectory,
                group: group.into(),
                ..Settings::default()
            };
            settings.nested_groups().map(|search| search.base)
        };
        let domain = Some("DC=studio,dc=local".to_owned());
        assert_eq!(of("CN=A\\,DC\\=x,OU=Groups, DC=studio,dc=local"), domain);
        assert_eq!(of("CN=A,O=Studio"), None);
    }
}
