//! The people of a directory.

use std::time::Duration;

use crate::active_directory::{self, guid};
use crate::groups::Membership;
use crate::message::{Entry, Filter, Scope, Search};
use crate::search::{Bounds, Results};
use crate::{Directory, Failure, Kind, Settings, dn};

/// Bounds of its photos, of which few are in memory at the same time.
const PHOTOS: Bounds = Bounds {
    entries: 50_000,
    bytes: 16 * 1024 * 1024 * 1024,
    time: Duration::from_secs(2 * 60 * 60),
};

/// Somebody in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryPerson {
    /// The name of the entry.
    pub dn: String,
    /// What they log in with; may be empty, if the entry has none that is text.
    pub login: String,
    /// What stays the same when they are renamed, if the directory has it:
    /// `objectGUID` in braces, `uniqueIdentifier` or `entryUUID`.
    pub uid: Option<String>,
    /// What an entry with a `uniqueIdentifier` was known by before it had that:
    /// its `entryUUID`.
    pub replaced_uid: Option<String>,
    /// All their addresses, in lower case, the preferred one first; there is one.
    pub emails: Vec<String>,
    pub first_name: String,
    pub last_name: String,
    pub is_active: bool,
}

/// A photo of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The name of the entry that it is of.
    pub dn: String,
    /// The picture as the directory has it: JPEG, as a rule.
    pub bytes: Vec<u8>,
}

/// The photos of a directory, as they arrive.
pub struct Photos {
    results: Results,
    attribute: &'static str,
}

impl std::fmt::Debug for Photos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Photos")
            .field("attribute", &self.attribute)
            .finish_non_exhaustive()
    }
}

impl Photos {
    /// Returns the next photo; `None` after the last.
    ///
    /// # Errors
    /// [`Failure`] if the connection ends or the directory refuses.
    pub async fn next(&mut self) -> Result<Option<Photo>, Failure> {
        while let Some(entry) = self.results.next().await? {
            let bytes = entry.values(self.attribute).first();
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                return Ok(Some(Photo {
                    bytes: bytes.clone(),
                    dn: entry.dn,
                }));
            }
        }
        Ok(None)
    }
}

impl Directory {
    /// Returns all people of the directory, or of the group that the settings
    /// name. They are all, or it fails. Accounts of Active Directory that have
    /// expired by `now`, in seconds since 1970, are not active. `progress` gets how
    /// many were read.
    ///
    /// # Errors
    /// [`Failure`] if the directory cannot be reached, refuses something, breaks
    /// off, or has no such group or base.
    pub async fn people(
        &self,
        now: i64,
        progress: impl FnMut(usize),
    ) -> Result<Vec<DirectoryPerson>, Failure> {
        let read = self.read_people(now, progress).await;
        read.map_err(|failure| self.named(&failure))
    }

    async fn read_people(
        &self,
        now: i64,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<DirectoryPerson>, Failure> {
        let settings = &self.settings;
        let (membership, connection) = self.membership(self.connect().await?).await?;
        let filter = settings.person_filter(&membership);
        let search = settings.search(filter, settings.attributes(), 500);
        let mut results = connection.search(search, Bounds::PEOPLE).await?;
        let mut people = Vec::new();
        while let Some(entry) = results.next().await? {
            if settings.kind.is_active_directory() && active_directory::is_trust(&entry) {
                continue;
            }
            let person = settings.person(&entry, now);
            if membership.may_include(&person.dn, &person.login) {
                people.push(person);
                progress(people.len());
            }
        }
        results.into_connection().close().await;
        Ok(people)
    }

    /// Begins to read the photos of everybody who has one.
    ///
    /// # Errors
    /// As [`people`](Self::people).
    pub async fn photos(&self) -> Result<Photos, Failure> {
        let settings = &self.settings;
        let attribute = match settings.kind {
            Kind::Standard => "jpegPhoto",
            Kind::ActiveDirectory | Kind::ActiveDirectoryNames => "thumbnailPhoto",
        };
        let beginning = async {
            let (membership, connection) = self.membership(self.connect().await?).await?;
            let people = settings.person_filter(&membership);
            let filter = Filter::All(vec![people, Filter::Has(attribute)]);
            let search = settings.search(filter, vec![attribute], 20);
            let results = connection.search(search, PHOTOS).await?;
            Ok(Photos { results, attribute })
        };
        beginning
            .await
            .map_err(|failure: Failure| self.named(&failure))
    }
}

impl Settings {
    pub(crate) fn search(
        &self,
        filter: Filter,
        attributes: Vec<&'static str>,
        page: i32,
    ) -> Search {
        Search {
            base: self.base_dn.clone(),
            scope: Scope::Below,
            filter,
            attributes,
            page,
        }
    }

    /// Returns the condition on people. In Active Directory computers, and
    /// contacts, which are addresses of people outside, are of the class `person` as
    /// well.
    fn person_filter(&self, membership: &Membership) -> Filter {
        let mut filters = vec![Filter::is_of_class("person")];
        if self.kind.is_active_directory() {
            let no = |class| Filter::Not(Box::new(Filter::is_of_class(class)));
            filters.extend(["computer", "contact"].map(no));
        }
        filters.extend(membership.filter());
        Filter::All(filters)
    }

    fn attributes(&self) -> Vec<&'static str> {
        let own: &[&'static str] = match self.kind {
            Kind::Standard => &[
                "uid",
                "uniqueIdentifier",
                "entryUUID",
                "organizationalStatus",
            ],
            Kind::ActiveDirectory | Kind::ActiveDirectoryNames => &[
                "sAMAccountName",
                "userAccountControl",
                "accountExpires",
                "objectGUID",
            ],
        };
        [&["givenName", "sn", "mail", "cn"], own].concat()
    }

    pub(crate) fn person(&self, entry: &Entry, now: i64) -> DirectoryPerson {
        let login = self.login(entry);
        let name = |attribute: &str| entry.text(attribute);
        let (uid, replaced_uid) = match self.kind {
            Kind::Standard => match name("uniqueIdentifier") {
                Some(uid) => (Some(uid), name("entryUUID")),
                None => (name("entryUUID"), None),
            },
            _ => {
                let id = entry.values("objectGUID").first();
                (id.and_then(|id| guid(id)), None)
            }
        };
        DirectoryPerson {
            dn: entry.dn.clone(),
            uid,
            replaced_uid,
            emails: self.emails(entry, &login),
            first_name: name("givenName").or_else(|| name("cn")).unwrap_or_default(),
            last_name: name("sn").unwrap_or_default(),
            is_active: self.is_active(entry, now),
            login,
        }
    }

    /// Returns what somebody logs in with. Of several, the one that is in the name
    /// of the entry.
    fn login(&self, entry: &Entry) -> String {
        let attribute = match self.kind {
            Kind::Standard => "uid",
            Kind::ActiveDirectory => "sAMAccountName",
            Kind::ActiveDirectoryNames => "cn",
        };
        let logins = entry.texts(attribute);
        let in_name = dn::first_values(&entry.dn, attribute);
        let is_in_name = |login: &&String| {
            let mut names = in_name.iter();
            names.any(|name| name.to_lowercase() == login.to_lowercase())
        };
        let found = logins.iter().find(is_in_name).or_else(|| logins.first());
        found.cloned().unwrap_or_default()
    }

    /// Returns somebody's addresses: the one that is their login first, then those
    /// of the domain. Somebody without any has one of the domain.
    fn emails(&self, entry: &Entry, login: &str) -> Vec<String> {
        let emails = entry.texts("mail").into_iter();
        let mut emails: Vec<String> = emails.map(|email| email.to_lowercase()).collect();
        if emails.is_empty() {
            emails.push(format!("{login}@{}", self.email_domain).to_lowercase());
        }
        let (login, domain) = (login.to_lowercase(), self.email_domain.to_lowercase());
        emails.sort_by_key(|email| match email {
            email if *email == login => 0,
            email if email.contains(&domain) => 1,
            _ => 2,
        });
        emails
    }

    fn is_active(&self, entry: &Entry, now: i64) -> bool {
        if self.kind.is_active_directory() {
            return active_directory::is_active(entry, now);
        }
        match entry.text("organizationalStatus") {
            Some(status) => status.eq_ignore_ascii_case("active"),
            None => !self.requires_status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> Entry {
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| value.as_bytes().to_vec());
            ((*name).to_owned(), values.collect())
        });
        Entry::new(dn, attributes.collect())
    }

    fn person(settings: &Settings, attributes: &[(&str, &[&str])]) -> DirectoryPerson {
        settings.person(&entry("uid=ada,dc=studio", attributes), 0)
    }

    #[test]
    fn a_person_of_openldap_is_read() {
        let settings = Settings::default();
        let ada = person(
            &settings,
            &[
                ("uid", &["lovelace", "Ada"]),
                ("cn", &["Ada Lovelace"]),
                ("sn", &["Lovelace"]),
                ("mail", &["Ada@Other.com", "ADA@studio.local"]),
                ("entryUUID", &["7"]),
            ],
        );
        let expected = DirectoryPerson {
            dn: "uid=ada,dc=studio".into(),
            login: "Ada".into(),
            uid: Some("7".into()),
            replaced_uid: None,
            emails: vec!["ada@studio.local".into(), "ada@other.com".into()],
            first_name: "Ada Lovelace".into(),
            last_name: "Lovelace".into(),
            is_active: true,
        };
        assert_eq!(ada, expected);
        let attributes: &[(&str, &[&str])] = &[("uniqueIdentifier", &["8"]), ("entryUUID", &["7"])];
        let ada = person(&settings, attributes);
        assert_eq!(
            (ada.uid, ada.replaced_uid),
            (Some("8".into()), Some("7".into()))
        );
        let nobody = person(&settings, &[("uid", &["ada"])]);
        assert_eq!(nobody.emails, ["ada@studio.local"]);
    }

    #[test]
    fn a_status_decides_who_is_active() {
        let mut settings = Settings::default();
        for requires_status in [false, true] {
            settings.requires_status = requires_status;
            let is_active =
                |attributes: &[(&str, &[&str])]| person(&settings, attributes).is_active;
            assert_eq!(is_active(&[]), !requires_status);
            assert!(is_active(&[("organizationalStatus", &["Active"])]));
            assert!(!is_active(&[("organizationalStatus", &["gone"])]));
        }
    }
}
