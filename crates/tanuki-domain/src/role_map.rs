//! Roles and departments by the groups that an identity provider names.

use crate::Role;

/// What people of a group get: a rule of `OIDC_ROLE_MAP` or `SAML_ROLE_MAP`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    group: String,
    role: Option<Role>,
    departments: Vec<String>,
}

/// The setting `OIDC_ROLE_MAP` or `SAML_ROLE_MAP`: `GROUP=GRANT, GRANT; GROUP=GRANT`, where a grant
/// is a role or `department:NAME`. What the map names is decided by the groups
/// of a person; other roles and departments stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleMap(Vec<Rule>);

/// The mark of a department.
const DEPARTMENT: &str = "department:";

impl RoleMap {
    /// Parses the setting. A group may have `=` in its name, a department no
    /// comma.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(';').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        entries.map(parse_rule).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of<'a>(&'a self, groups: &'a [String]) -> impl Iterator<Item = &'a Rule> {
        let is_of = |rule: &&Rule| groups.contains(&rule.group);
        self.0.iter().filter(is_of)
    }

    /// Returns the role of a person of these groups who has the role `current`:
    /// the one with the most permissions that a group gives. A role that the map
    /// names and no group gives any more becomes `user`; one that it does not
    /// name was given by hand, and stays.
    pub fn role(&self, groups: &[String], current: Role) -> Role {
        let is_named = |role: Role| self.0.iter().any(|rule| rule.role == Some(role));
        if current != Role::User && !is_named(current) {
            return current;
        }
        let granted = self.of(groups).filter_map(|rule| rule.role);
        granted.max_by_key(|role| rank(*role)).unwrap_or(Role::User)
    }

    /// Returns each department that the map names, and whether people of these
    /// groups are in it.
    pub fn departments<'a>(&'a self, groups: &'a [String]) -> Vec<(&'a str, bool)> {
        let mut found: Vec<(&str, bool)> = Vec::new();
        for name in self.0.iter().flat_map(|rule| &rule.departments) {
            if found.iter().any(|(known, _)| known == name) {
                continue;
            }
            let is_in = self.of(groups).any(|rule| rule.departments.contains(name));
            found.push((name, is_in));
        }
        found
    }
}

fn parse_rule(entry: &str) -> Result<Rule, String> {
    let (group, grants) = entry
        .rsplit_once('=')
        .ok_or_else(|| format!("`{entry}` has no `=`"))?;
    let group = group.trim().to_owned();
    if group.is_empty() {
        return Err(format!("`{entry}` names no group"));
    }
    let mut rule = Rule {
        group,
        role: None,
        departments: Vec::new(),
    };
    for grant in grants.split(',').map(str::trim) {
        match grant.strip_prefix(DEPARTMENT).map(str::trim) {
            Some("") => return Err(format!("`{entry}` names no department")),
            Some(name) => rule.departments.push(name.to_owned()),
            None if rule.role.is_some() => return Err(format!("`{entry}` has two roles")),
            None => {
                let role = grant.parse().map_err(|error| format!("{error}"))?;
                rule.role = Some(role);
            }
        }
    }
    Ok(rule)
}

/// Orders roles by their permissions.
const fn rank(role: Role) -> u8 {
    match role {
        Role::Client => 0,
        Role::Vendor => 1,
        Role::User => 2,
        Role::Supervisor => 3,
        Role::Manager => 4,
        Role::Admin => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> RoleMap {
        RoleMap::parse(
            "CN=pipeline,OU=x = admin ; /leads=supervisor, department:Animation;\
             out=vendor;layout=department:Layout;anim=department:Animation;",
        )
        .unwrap()
    }

    fn groups(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_highest_role_of_the_groups_counts() {
        for (of, before, after) in [
            (vec![], Role::User, Role::User),
            (vec!["CN=pipeline,OU=x"], Role::User, Role::Admin),
            (vec!["out", "/leads"], Role::User, Role::Supervisor),
            (vec!["out"], Role::User, Role::Vendor),
            (vec!["/Leads", "layout"], Role::User, Role::User),
            // No longer in the group.
            (vec![], Role::Admin, Role::User),
            (vec!["/leads"], Role::Admin, Role::Supervisor),
            // Given by hand.
            (vec![], Role::Manager, Role::Manager),
            (vec!["CN=pipeline,OU=x"], Role::Manager, Role::Manager),
            (vec!["/leads"], Role::Client, Role::Client),
        ] {
            assert_eq!(map().role(&groups(&of), before), after, "{of:?} {before}");
        }
    }

    #[test]
    fn departments_follow_the_groups() {
        let of = |names: &[&str]| {
            let groups = groups(names);
            let map = map();
            let found = map.departments(&groups);
            let is_in = |name| found.contains(&(name, true));
            assert_eq!(found.len(), 2);
            (is_in("Animation"), is_in("Layout"))
        };
        assert_eq!(of(&[]), (false, false));
        assert_eq!(of(&["anim"]), (true, false));
        assert_eq!(of(&["/leads", "layout"]), (true, true));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, why) in [
            ("leads", "`leads` has no `=`"),
            ("=admin", "`=admin` names no group"),
            ("a=admin,user", "`a=admin,user` has two roles"),
            ("a=department:", "`a=department:` names no department"),
        ] {
            assert_eq!(RoleMap::parse(text), Err(why.into()));
        }
        assert!(
            RoleMap::parse("a=boss")
                .unwrap_err()
                .contains("`boss` is not a role")
        );
        assert!(RoleMap::parse(" ; ").unwrap().is_empty());
    }
}
