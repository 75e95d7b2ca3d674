//! Encrypted connections, and certificates that nobody vouches for.

use tanuki_testkit::Backend;
use tanuki_testkit::ldap::LdapServer;

use super::{
    UNAVAILABLE, assert_code, assert_refused, assert_written, log_in, setup, started, sync,
    sync_with,
};
use crate::cli::{refusal, text};
use crate::on_both;

on_both! {
    connections_are_encrypted_and_certificates_verified
    passwords_go_to_active_directory_encrypted_only
}

fn connections_are_encrypted_and_certificates_verified(backend: Backend) {
    // Nothing but the request for encryption is taken in clear.
    let Some(directory) = LdapServer::start("security tls=1").unwrap() else {
        return;
    };
    let authority = directory.ca_file().display().to_string();
    let tls_port = directory.tls_port().to_string();
    let from_the_beginning = [("LDAP_SSL", "true"), ("LDAP_PORT", &*tls_port)];
    let after_a_request = [("LDAP_STARTTLS", "true")];
    for variables in [&from_the_beginning[..], &after_a_request] {
        let encrypted = variables
            .iter()
            .fold(setup(&directory, backend), |setup, (name, value)| {
                setup.variable(name, value)
            });
        let Some(server) = encrypted
            .clone()
            .variable("LDAP_CA_FILE", &authority)
            .start()
        else {
            return;
        };
        let added = "UPDATE person SET desktop_login = 'ada', is_generated_from_ldap = true";
        let person = super::create(&server, "ada@studio.com", &serde_json::json!({}));
        server
            .sql(&format!("{added} WHERE id = '{person}'"))
            .unwrap();
        super::assert_refused(&log_in(&server, "ada", "guess"), super::WRONG);
        // Nobody is there but the account.
        let plan = assert_code(&sync(&server, &["--dry-run"]), 1);
        assert_eq!(plan, ["switch off  ada: not in the directory"]);
        // A certificate that nobody vouches for.
        let said = refusal(&sync_with(&server, &[], &[("LDAP_CA_FILE", "")]));
        assert!(said.contains("certificate"), "{said}");
        let Some(server) = encrypted.start() else {
            return;
        };
        let person = super::create(&server, "ada@studio.com", &serde_json::json!({}));
        server
            .sql(&format!("{added} WHERE id = '{person}'"))
            .unwrap();
        assert_refused(&log_in(&server, "ada", "guess"), UNAVAILABLE);
    }
}

fn passwords_go_to_active_directory_encrypted_only(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    assert_written(&sync(&server, &[]));
    for kind in ["LDAP_IS_AD", "LDAP_IS_AD_SIMPLE"] {
        let elsewhere = [(kind, "true"), ("LDAP_HOST", "192.0.2.1")];
        let mut command = server.command();
        let output = command
            .envs(elsewhere)
            .args(["person", "activate", "ada"])
            .output();
        let said = refusal(&output.unwrap());
        assert!(
            said.contains("LDAP_SSL") && said.contains("LDAP_ALLOW_PLAIN"),
            "{said}"
        );
        for allowed in ["LDAP_ALLOW_PLAIN", "LDAP_STARTTLS", "LDAP_SSL"] {
            let mut command = server.command();
            let output = command.envs(elsewhere).env(allowed, "true");
            let output = output.args(["person", "activate", "ada"]).output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
    }
    for (name, value) in [
        ("LDAP_CA_FILE", "/nowhere.pem"),
        ("LDAP_TIMEOUT", "0"),
        ("LDAP_PORT", "ldap"),
    ] {
        let mut command = server.command();
        let output = command
            .env(name, value)
            .args(["person", "activate", "ada"])
            .output();
        let said = refusal(&output.unwrap());
        assert!(said.contains(name), "{said}");
    }
    drop(directory);
}
