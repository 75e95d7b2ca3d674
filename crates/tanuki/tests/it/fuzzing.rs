//! Whatever the description allows, and what it does not: no answer is a 5xx.

use std::process::Command;

use tanuki_testkit::{Backend, tools};

use crate::description::{described, description};
use crate::on_both;

on_both! { no_request_makes_the_server_fail }

/// Requests that are made up for an operation at most.
const EXAMPLES: &str = "6";

/// Seconds after which an answer is given up.
const PATIENCE: &str = "60";

/// Made-up requests to every operation as an admin, from `/openapi.json`.
fn no_request_makes_the_server_fail(backend: Backend) {
    let found = tools::schemathesis();
    let Some(schemathesis) = tools::or_skip(found, "the fuzzing suite", "schemathesis") else {
        return;
    };
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let authorization = format!("Authorization: Bearer {}", server.admin_token());
    let output = Command::new(schemathesis)
        .current_dir(server.data.path())
        .args(["run", &format!("{}/openapi.json", server.url)])
        .args(["--url", &server.url, "--header", &authorization])
        .args(["--checks", "not_a_server_error", "--phases", "fuzzing"])
        // Logging out would end the run.
        .args(["--exclude-path-regex", "^/auth/"])
        .args(["--max-examples", EXAMPLES, "--request-timeout", PATIENCE])
        .args(["--seed", "7"])
        .args([
            "--no-shrink",
            "--suppress-health-check",
            "all",
            "--warnings",
            "off",
        ])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");
    assert!(said.contains("No issues found"), "{said}");
    // The description itself is left out, too.
    let mut operations = described(&description(&server));
    operations.retain(|(_, path)| path != "/openapi.json");
    let tested = operations
        .iter()
        .filter(|(_, path)| !path.starts_with("/auth/"))
        .count();
    let selected = format!("Selected: {tested}/{}", operations.len());
    assert!(said.contains(&selected), "{selected} is not in {said}");
    let all = format!("Tested: {tested}");
    assert!(said.contains(&all), "{all} is not in {said}");
}
