//! Active Directory, as Samba's domain controller plays it.

use tanuki_testkit::samba::{
    CROWD, DOMAIN, Domain, GROUPS, PEOPLE, group, password_of, person, unit,
};
use tanuki_testkit::{Backend, Server, Setup};

use super::photos::{jpeg, picture};
use super::{
    WRONG, account, assert_code, assert_refused, assert_written, log_in, people, sync, sync_with,
};
use crate::cli::{refusal, text};
use crate::{BINARY, on_both};

on_both! {
    people_of_a_domain_log_in
    the_log_says_why_a_domain_lets_somebody_not_in
    accounts_follow_a_domain
    photos_of_a_domain_become_pictures
    members_of_groups_in_groups_are_read
    a_domain_of_more_people_than_a_page_is_read
    a_name_below_the_base_is_one_name_whatever_is_in_it
}

fn setup(domain: &Domain, backend: Backend) -> Setup {
    let variables = domain.variables().into_iter();
    variables.fold(Setup::new(BINARY, backend), |setup, (name, value)| {
        setup.variable(name, &value)
    })
}

/// A domain with these people, and a server where they have accounts. `None` where
/// a tool is missing.
fn started(backend: Backend, people: &[&str]) -> Option<(Domain, Server)> {
    let domain = Domain::get()?;
    let entries = people.iter().map(|login| person(login, login, ""));
    domain.change(&entries.collect::<String>()).unwrap();
    let server = setup(&domain, backend).start()?;
    assert_written(&sync(&server, &[]));
    Some((domain, server))
}

/// Returns the LDIF that sets an attribute of an entry.
fn set(dn: &str, attribute: &str, value: &str) -> String {
    format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n\n")
}

/// The same, of somebody whose login is their name.
fn set_of(login: &str, attribute: &str, value: &str) -> String {
    set(&format!("CN={login},{PEOPLE}"), attribute, value)
}

/// Returns the LDIF that renames an entry, or moves it.
fn rename(dn: &str, name: &str, below: &str) -> String {
    format!(
        "dn: {dn}\nchangetype: modrdn\nnewrdn: CN={name}\ndeleteoldrdn: 1\nnewsuperior: {below}\n\n"
    )
}

#[track_caller]
fn assert_let_in(server: &Server, name: &str, login: &str) {
    let answer = log_in(server, name, &password_of(login));
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    assert_eq!(answer.json()["user"]["desktop_login"], login);
}

fn people_of_a_domain_log_in(backend: Backend) {
    let Some(domain) = Domain::get() else {
        return;
    };
    let ada = person("Ada Lovelace", "ada", "mail: Ada@Studio.com");
    let zoe = person("Müller\\, Zoë (FX) \\+ Co", "zoe.müller", "");
    domain.change(&(ada + &zoe)).unwrap();
    // Whatever else they are called in the domain.
    let bob = person("Bob", "bob", "userPrincipalName: robert@elsewhere.com");
    domain.change(&bob).unwrap();
    let after_a_request = [("LDAP_SSL", "false"), ("LDAP_STARTTLS", "true")];
    let connections = [
        [("LDAP_DOMAIN", "STUDIO")].to_vec(),
        [&[("LDAP_DOMAIN", "studio.local")][..], &after_a_request].concat(),
    ];
    for variables in connections {
        let setup = variables
            .iter()
            .fold(setup(&domain, backend), |setup, (name, value)| {
                setup.variable(name, value)
            });
        let Some(server) = setup.start() else {
            return;
        };
        assert_written(&sync(&server, &[]));
        for name in ["ada", "ada@studio.com", "ADA@studio.com"] {
            assert_let_in(&server, name, "ada");
        }
        assert_let_in(&server, "zoe.müller", "zoe.müller");
        assert_let_in(&server, "bob", "bob");
        for password in ["", &password_of("bob"), "pässwörd of ada"] {
            assert_refused(&log_in(&server, "ada", password), WRONG);
        }
        for name in ["STUDIO\\ada", "ada@studio.local", "Ada Lovelace", "nobody"] {
            assert_refused(&log_in(&server, name, &password_of("ada")), WRONG);
        }
        // The controller counts wrong passwords as well, until the right one.
        assert_let_in(&server, "ada", "ada");
        // A certificate that nobody vouches for, and no encryption.
        let said = refusal(&sync_with(&server, &[], &[("LDAP_CA_FILE", "")]));
        assert!(said.contains("certificate"), "{said}");
        let plain = [
            ("LDAP_SSL", "false"),
            ("LDAP_STARTTLS", "false"),
            ("LDAP_ALLOW_PLAIN", "true"),
        ];
        let said = refusal(&sync_with(&server, &[], &plain));
        assert!(said.contains("the server answers 8"), "{said}");
        let said = refusal(&sync_with(&server, &[], &[("LDAP_PASSWORD", "wrong")]));
        assert!(said.contains("the server answers 49"), "{said}");
        // So that the next ones lock nobody out.
        assert_written(&sync(&server, &[]));
    }
}

fn the_log_says_why_a_domain_lets_somebody_not_in(backend: Backend) {
    let Some(domain) = Domain::get() else {
        return;
    };
    let reasons = [
        ("disabled", "the account is disabled"),
        ("expired", "the account has expired"),
        ("must", "the password has to be changed first"),
        ("locked", "the account is locked"),
    ];
    let people = reasons.map(|(login, _)| person(login, login, ""));
    domain.change(&people.concat()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let setup = setup(&domain, backend).variable("TANUKI_LOG", "info");
    let Some(server) = setup.log_to(&log).start() else {
        return;
    };
    assert_written(&sync(&server, &[]));
    for (login, _) in reasons {
        assert_let_in(&server, login, login);
    }
    let changes = [
        set_of("disabled", "userAccountControl", "514"),
        set_of("expired", "accountExpires", "131000000000000000"),
        set_of("must", "pwdLastSet", "0"),
    ];
    domain.change(&changes.concat()).unwrap();
    for _ in 0..3 {
        assert_refused(&log_in(&server, "locked", "guess"), WRONG);
    }
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(!said.contains("refuses a login"), "{said}");
    for (login, reason) in reasons {
        assert_refused(&log_in(&server, login, &password_of(login)), WRONG);
        let said = std::fs::read_to_string(&log).unwrap();
        let line = said.lines().find(|line| line.contains(reason));
        let line = line.unwrap_or_else(|| panic!("{reason}: {said}"));
        let id = account(&server, login)["id"].as_str().unwrap().to_owned();
        assert!(line.contains(&id), "{line}");
        assert!(!line.contains(&password_of(login)), "{line}");
    }
}

fn accounts_follow_a_domain(backend: Backend) {
    let names = ["ada", "bob", "carl", "dora", "eve", "fay", "gil"];
    let Some((domain, server)) = started(backend, &names) else {
        return;
    };
    let uid = account(&server, "ada")["ldap_uid"].clone();
    let uid = uid.as_str().unwrap();
    assert!(uid.starts_with('{') && uid.len() == 38, "{uid}");
    // None of these is somebody of the studio.
    let others = format!(
        "dn: CN=Supplier,{PEOPLE}
objectClass: contact
mail: supplier@elsewhere.com

dn: CN=PC1,{PEOPLE}
objectClass: computer
sAMAccountName: PC1$
userAccountControl: 4096

dn: CN=Backup,{PEOPLE}
objectClass: msDS-ManagedServiceAccount
sAMAccountName: backup$
userAccountControl: 4096

"
    );
    let gone = person("Gone", "gone", "userAccountControl: 514");
    domain.change(&(others + &gone)).unwrap();
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
    let zoe = person(
        "Müller\\, Zoë (FX) \\+ Co",
        "zoe",
        "givenName: Zoë\nsn: Müller, (FX)\nmail: zoe@elsewhere.com",
    );
    let zurich = format!("OU=Zürich\\, (FX),{PEOPLE}");
    let changes = [
        zoe,
        unit(&zurich),
        // A new name and place, with the login as before; and a new login.
        rename(&format!("CN=ada,{PEOPLE}"), "Gräfin\\, Ada", &zurich),
        set_of("bob", "sAMAccountName", "robert"),
        set_of("carl", "userAccountControl", "514"),
        set_of("dora", "accountExpires", "131000000000000000"),
        // Out of the base.
        rename(&format!("CN=eve,{PEOPLE}"), "eve", GROUPS),
    ];
    domain.change(&changes.concat()).unwrap();
    let ids = ["ada", "bob"].map(|login| account(&server, login)["id"].clone());
    let expected = [
        "create      zoe: Zoë Müller, (FX) <zoe@elsewhere.com>",
        "update      ada: first_name",
        "update      robert: email, desktop_login",
        "switch off  carl: not active in the directory",
        "switch off  dora: not active in the directory",
        "switch off  eve: not in the directory",
    ];
    let before = people(&server).len();
    assert_eq!(assert_written(&sync(&server, &["--dry-run"])), expected);
    assert_eq!(people(&server).len(), before);
    assert_eq!(assert_written(&sync(&server, &[])), expected);
    assert_eq!(
        ["ada", "robert"].map(|login| account(&server, login)["id"].clone()),
        ids
    );
    assert_let_in(&server, "zoe@elsewhere.com", "zoe");
    // They are let in by the new login and the password as before.
    let answer = log_in(&server, "robert", &password_of("bob"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let changes = [
        set_of("carl", "userAccountControl", "512"),
        set_of("dora", "accountExpires", "0"),
        format!("dn: CN=fay,{PEOPLE}\nchangetype: delete\n\n"),
    ];
    domain.change(&changes.concat()).unwrap();
    let expected = [
        "switch on   carl: active",
        "switch on   dora: active",
        "switch off  fay: not in the directory",
    ];
    assert_eq!(assert_written(&sync(&server, &[])), expected);
    // A base without people.
    let nobody = [("LDAP_BASE_DN", GROUPS)];
    domain
        .change(&format!("dn: CN=eve,{GROUPS}\nchangetype: delete\n\n"))
        .unwrap();
    let output = sync_with(&server, &[], &nobody);
    assert_eq!(assert_code(&output, 1).len(), 6);
    let said = text(&output.stderr);
    assert!(said.contains("nothing was changed: 6 of 6"), "{said}");
    assert_written(&sync_with(&server, &["--force"], &nobody));
    assert_eq!(account(&server, "gil")["active"], false);
}

fn photos_of_a_domain_become_pictures(backend: Backend) {
    let Some((domain, server)) = started(backend, &["ada", "bob"]) else {
        return;
    };
    let photo = |login: &str, file: &str| {
        let file = jpeg(file);
        let url = format!("< file://{}", file.display());
        let ldif = set_of(login, "thumbnailPhoto", &url);
        domain.change(&ldif.replace("Photo: <", "Photo:<")).unwrap();
    };
    photo("ada", "rgb.jpg");
    photo("bob", "turned.jpg");
    let artists = group("Artists", "artists", &[&format!("CN=ada,{PEOPLE}")]);
    domain.change(&artists).unwrap();
    let name = format!("CN=Artists,{GROUPS}");
    let last = |output: &std::process::Output| {
        let said = text(&output.stderr);
        said.lines().last().unwrap_or_default().to_owned()
    };
    let output = sync_with(&server, &[], &[("LDAP_GROUP", &name)]);
    let plan = assert_written(&output);
    assert_eq!(plan, ["switch off  bob: not in the directory"]);
    assert_eq!(last(&output), "1 new photos, 0 as before.");
    let output = sync(&server, &[]);
    assert_eq!(assert_written(&output), ["switch on   bob: active"]);
    assert_eq!(last(&output), "1 new photos, 1 as before.");
    assert_ne!(picture(&server, "ada"), picture(&server, "bob"));
    // The picture stays with whoever is moved.
    let moved = rename(&format!("CN=ada,{PEOPLE}"), "Zoë\\, \\+", PEOPLE);
    domain.change(&moved).unwrap();
    let output = sync(&server, &[]);
    assert_eq!(assert_written(&output), ["update      ada: first_name"]);
    assert_eq!(last(&output), "0 new photos, 2 as before.");
}

fn members_of_groups_in_groups_are_read(backend: Backend) {
    let Some((domain, server)) = started(backend, &["ada", "bob", "carl"]) else {
        return;
    };
    let users = "CN=Domain Users,CN=Users,DC=studio,DC=local";
    let groups = [
        group("Inner\\, (b)", "inner", &[&format!("CN=bob,{PEOPLE}")]),
        group(
            "Künstler\\, (alle)",
            "artists",
            &[
                &format!("CN=ada,{PEOPLE}"),
                &format!("CN=Inner\\, (b),{GROUPS}"),
            ],
        ),
        group("Everybody", "everybody", &[users]),
        group("Nobody", "nobody", &[]),
    ];
    domain.change(&groups.concat()).unwrap();
    let named = |name: &str| format!("CN={name},{GROUPS}");
    let gone = |login: &str| format!("switch off  {login}: not in the directory");
    for (group, expected) in [
        (named("Künstler\\, (alle)"), vec![gone("carl")]),
        (
            "cn=k\\c3\\bcnstler\\2c (alle), ou=groups, ou=studio,dc=studio,dc=local".to_owned(),
            vec![gone("carl")],
        ),
        // Their primary group, which is not among those that they are members of.
        (users.to_owned(), vec![]),
        (named("Everybody"), vec![]),
        (named("Nobody"), ["ada", "bob", "carl"].map(gone).into()),
    ] {
        let flags = ["--dry-run", "--force"];
        let plan = assert_written(&sync_with(&server, &flags, &[("LDAP_GROUP", &group)]));
        assert_eq!(plan, expected, "{group}");
    }
    for (group, reason) in [
        (named("Missing"), "there is no group CN=Missing,"),
        ("Artists".to_owned(), "no whole name of a group"),
    ] {
        let said = refusal(&sync_with(&server, &["--force"], &[("LDAP_GROUP", &group)]));
        assert!(said.contains(reason), "{said}");
    }
}

/// The base is the whole domain, of which other servers are said to have parts.
fn a_domain_of_more_people_than_a_page_is_read(backend: Backend) {
    let Some(domain) = Domain::get() else {
        return;
    };
    let most = 1100;
    domain.add_crowd(most).unwrap();
    let setup = setup(&domain, backend)
        .variable("LDAP_BASE_DN", DOMAIN)
        .variable("LDAP_EXCLUDED_ACCOUNTS", "administrator, dns-dc1, reader")
        .variable("USER_LIMIT", "2000");
    let Some(server) = setup.start() else {
        return;
    };
    let plan = assert_written(&sync(&server, &[]));
    assert_eq!(plan.len(), most);
    let is_created = |line: &String| line.starts_with("create      crowd");
    assert!(plan.iter().all(is_created), "{plan:?}");
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
    let below = [("LDAP_BASE_DN", CROWD)];
    assert_eq!(assert_written(&sync_with(&server, &[], &below)), [""; 0]);
}

fn a_name_below_the_base_is_one_name_whatever_is_in_it(backend: Backend) {
    let Some(domain) = Domain::get() else {
        return;
    };
    let zoe = "M\\\"ller\\, Zoë (F\\=X) \\+ \\<Co\\>\\; \\\\ \\#1";
    let entries = [
        person(zoe, "zoe", "mail: zoe@studio.com"),
        person("\\#ada", "ada", "mail: ada@studio.com"),
        format!("dn: CN=Supplier,{PEOPLE}\nobjectClass: contact\nmail: c@elsewhere.com\n\n"),
    ];
    domain.change(&entries.concat()).unwrap();
    let setup = setup(&domain, backend)
        .variable("LDAP_IS_AD_SIMPLE", "true")
        .variable("LDAP_USER", "CN=Reader,OU=Studio,DC=studio,DC=local");
    let Some(server) = setup.start() else {
        return;
    };
    let plan = assert_written(&sync(&server, &[]));
    assert_eq!(
        plan,
        [
            "create      #ada: #ada <ada@studio.com>",
            "create      M\"ller, Zoë (F=X) + <Co>; \\ #1: M\"ller, Zoë (F=X) + <Co>; \\ #1 \
             <zoe@studio.com>",
        ]
    );
    for (name, login) in [
        ("zoe@studio.com", "zoe"),
        ("ada@studio.com", "ada"),
        ("#ada", "ada"),
    ] {
        let answer = log_in(&server, name, &password_of(login));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_refused(&log_in(&server, name, "guess"), WRONG);
    }
}
