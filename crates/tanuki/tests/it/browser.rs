//! A headless Chromium on the console, as people use it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tanuki_testkit::browser::{Browser, Options};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::description::{described, description};
use crate::{BINARY, on_both};

on_both! {
    a_bot_is_created_on_the_bots_page_and_its_token_works
}

#[test]
fn the_first_admin_is_set_up_by_the_printed_link() {
    let setup = Setup::new(BINARY, Backend::Sqlite).without_admin();
    visit(setup, Options::default(), |server, browser| {
        let words = server.greeting.iter().flat_map(|line| line.split(' '));
        let link = words
            .filter(|word| word.starts_with("http"))
            .find(|word| word.contains("/console/setup?token="))
            .context("the greeting has no set-up link")?;
        browser.goto(link)?;
        for (field, text) in [
            ("#first_name", "Ada"),
            ("#last_name", "Lovelace"),
            ("#email", "ada@studio.com"),
            ("#password", "a long password"),
            ("#password_2", "a long password"),
        ] {
            browser.find(field)?.write(text)?;
        }
        submit(browser)?;
        assert_eq!(browser.find(".empty h2")?.text()?, "No bots yet");
        assert_eq!(browser.url()?, format!("{}/console/bots", server.url));
        assert_eq!(browser.find(".me-email")?.text()?, "ada@studio.com");
        server.log_in("ada@studio.com", "a long password");

        browser.goto(link)?;
        let closed = browser.find(".panel h1")?.text()?;
        assert_eq!(closed, "This set-up link no longer works");
        Ok(())
    });
}

#[test]
fn the_description_is_read_and_tried_in_a_browser() {
    let setup = Setup::new(BINARY, Backend::Sqlite);
    visit(setup, Options::default(), |server, browser| {
        let operations = described(&description(server));
        let all = operations.len();
        let some = operations
            .iter()
            .filter(|(_, path)| path.contains("status-automations"))
            .count();
        browser.goto(&format!("{}/api/docs/", server.url))?;
        wait_for_text(browser, "#count", &format!("{all} of {all} operations"))?;
        browser.find("#filter")?.write("status-automations")?;
        wait_for_text(browser, "#count", &format!("{some} of {all} operations"))?;

        browser.goto(&format!("{}/docs#get_data_persons", server.url))?;
        browser.find("#token")?.write(&server.admin_token())?;
        let send = "#get_data_persons button";
        browser.wait("the operation to open", || {
            Ok(!browser.find_all(send)?.is_empty())
        })?;
        browser.find(send)?.click()?;
        browser.wait("an answer", || {
            let answer = browser.find("#get_data_persons pre")?.text()?;
            Ok(answer.contains(ADMIN_EMAIL))
        })?;
        browser.find("#get_data_persons .example button")?.click()?;
        wait_for_text(browser, "#get_data_persons .example button", "Copied")?;
        let example = browser.clipboard()?;
        let address = format!("\"{}/data/persons\"", server.url);
        assert!(example.starts_with("curl "), "{example}");
        assert!(example.ends_with(&address), "{example}");
        Ok(())
    });
}

fn a_bot_is_created_on_the_bots_page_and_its_token_works(backend: Backend) {
    let setup = Setup::new(BINARY, backend);
    visit(setup, Options::default(), |server, browser| {
        log_in(server, browser, ADMIN_EMAIL, ADMIN_PASSWORD)?;
        let department = fill_in_new_bot(browser)?;
        let token = token_of_the_dialog(browser)?;
        browser.find("button[data-copy=bot-token]")?.click()?;
        wait_for_text(browser, "[data-copy=bot-token] + .copied", "Copied")?;
        assert_eq!(browser.clipboard()?, token);

        let answer = authenticated(server, &token);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let bot = &answer.json()["user"];
        assert_eq!(
            bot["full_name"].as_str().map(str::trim),
            Some("Render farm")
        );
        assert_eq!(bot["role"], "supervisor");
        assert_eq!(bot["is_bot"], true);
        assert_eq!(bot["expiration_date"], "2099-12-31");
        assert_eq!(bot["departments"], json!([department]));

        browser.find(".modal-actions a")?.click()?;
        wait_for_no_dialog(browser)?;
        assert_eq!(browser.find(".bot-name")?.text()?, "Render farm");
        for shown in ["Supervisor", "Animation", "2099-12-31"] {
            let row = browser.find(".bots tbody tr")?.text()?;
            assert!(row.contains(shown), "no {shown} in {row}");
        }

        // A new token stops the old one.
        browser.find("tr a[href*='/token?']")?.click()?;
        let warning = browser.find("[role=alertdialog] #dialog-text")?.text()?;
        assert!(warning.contains("stops working at once"), "{warning}");
        submit(browser)?;
        let renewed = token_of_the_dialog(browser)?;
        assert_eq!(authenticated(server, &token).status, 401);
        assert_eq!(authenticated(server, &renewed).status, 200);

        browser.find("#bot-token")?.write(ESCAPE)?;
        wait_for_no_dialog(browser)?;

        browser.find("tr a[href*='/active?']")?.click()?;
        submit(browser)?;
        let notice = browser.find(".notice")?.text()?;
        assert_eq!(notice, "Render farm is inactive: its token is refused.");
        assert_eq!(authenticated(server, &renewed).status, 401);
        assert_eq!(
            browser.find("#bots-tabs")?.text()?,
            "Active\n(0)\nInactive\n(1)"
        );
        browser
            .find("#bots-tabs a[href*='tab=inactive']")?
            .click()?;
        let active_again = "tr form[action$='/active'] button";
        assert!(browser.find(active_again)?.text()?.starts_with("Activate"));

        browser.find("tr a[href*='/delete?']")?.click()?;
        let question = browser.find("[role=alertdialog] #dialog-text")?.text()?;
        assert!(question.starts_with("Delete Render farm?"), "{question}");
        submit(browser)?;
        assert_eq!(browser.find(".notice")?.text()?, "The bot is deleted.");
        assert_eq!(browser.find(".empty h2")?.text()?, "No bots yet");

        let complaints = browser.complaints()?;
        assert!(complaints.is_empty(), "{complaints:?}");
        Ok(())
    });
}

#[test]
fn the_bots_page_works_without_javascript() {
    let setup = Setup::new(BINARY, Backend::Sqlite);
    let options = Options {
        no_javascript: true,
        phone: true,
        ..Options::default()
    };
    visit(setup, options, |server, browser| {
        log_in(server, browser, ADMIN_EMAIL, ADMIN_PASSWORD)?;
        fill_in_new_bot(browser)?;
        let token = token_of_the_dialog(browser)?;
        assert_eq!(authenticated(server, &token).status, 200);
        // What the script would have changed: that no script ran is sure.
        assert!(browser.find_all("dialog:modal")?.is_empty());
        let copy = browser.find("button[data-copy=bot-token]")?;
        assert_eq!(copy.property("hidden")?, true);

        browser.find("a[data-close]")?.click()?;
        wait_for_no_dialog(browser)?;
        browser.find("#search")?.write("farm")?;
        browser.find("[data-filter-submit]")?.click()?;
        wait_for_text(browser, "#bots-count", "1 bot matches the filters")?;
        Ok(())
    });
}

#[test]
fn errors_stand_beside_their_fields() {
    let setup = Setup::new(BINARY, Backend::Sqlite);
    visit(setup, Options::default(), |server, browser| {
        log_in(server, browser, ADMIN_EMAIL, ADMIN_PASSWORD)?;
        browser.find("a[href^='/console/bots/new']")?.click()?;
        browser.find("#name")?.write("   ")?;
        browser.find("#expiration_date")?.write("01022001")?;
        browser.find("#role option[value=manager]")?.click()?;
        submit(browser)?;
        for field in ["name", "expiration_date"] {
            let beside = browser.find(&format!("#{field} + #{field}-error"))?;
            assert!(!beside.text()?.is_empty());
            let input = browser.find(&format!("#{field}"))?;
            assert_eq!(input.attribute("aria-invalid")?, "true");
            let described = input.attribute("aria-describedby")?.to_string();
            assert!(described.contains(&format!("{field}-error")), "{described}");
        }
        // What was filled in is still there.
        let date = browser.find("#expiration_date")?.property("value")?;
        assert_eq!(date, "2001-01-02");
        assert_eq!(browser.find("#role")?.property("value")?, "manager");

        browser.find("#name")?.clear()?;
        browser.find("#name")?.write("Render farm")?;
        browser.find("#expiration_date")?.clear()?;
        submit(browser)?;
        token_of_the_dialog(browser)?;
        Ok(())
    });
}

#[test]
fn people_who_are_no_admins_do_not_see_bots() {
    let setup = Setup::new(BINARY, Backend::Sqlite);
    visit(setup, Options::default(), |server, browser| {
        let artist = json!({
            "first_name": "Anna", "last_name": "Artist", "email": "anna@studio.com",
            "role": "user", "password": "a long password",
        });
        let persons = Request::post("/data/persons").bearer(&server.admin_token());
        let created = server.send(&persons.json(&artist));
        assert_eq!(created.status, 201, "{}", created.text());

        log_in(server, browser, "anna@studio.com", "a long password")?;
        let title = browser.find("h1")?.text()?;
        assert_eq!(title, "This page is for administrators");
        assert!(browser.find_all("nav, .bots")?.is_empty());
        browser.goto(&format!("{}/console/bots/new", server.url))?;
        assert_eq!(browser.find("h1")?.text()?, title);

        browser.find(".panel button")?.click()?;
        browser.find("#email")?;
        Ok(())
    });
}

/// The key's code in the protocol.
const ESCAPE: &str = "\u{e00c}";

/// Starts a server and a browser, if both are to be had, and takes the steps.
/// A failed one panics while the browser is there to picture its page.
fn visit(setup: Setup, options: Options, steps: impl FnOnce(&Server, &Browser) -> Result<()>) {
    let Some(server) = setup.start() else {
        return;
    };
    let Some(browser) = options.start() else {
        return;
    };
    if let Err(error) = steps(&server, &browser) {
        panic!("{error:#}");
    }
}

/// Signs in through the form that the Bots page leads to.
fn log_in(server: &Server, browser: &Browser, email: &str, password: &str) -> Result<()> {
    browser.goto(&format!("{}/console/bots", server.url))?;
    browser.find("#email")?.write(email)?;
    browser.find("#password")?.write(password)?;
    submit(browser)?;
    browser.find(".me-email")?;
    Ok(())
}

/// Opens the New bot dialog, fills its five fields and sends it; returns the
/// id of the chosen department.
fn fill_in_new_bot(browser: &Browser) -> Result<Value> {
    browser.find("a[href^='/console/bots/new']")?.click()?;
    browser.find("#name")?.write("Render farm")?;
    browser.find("#expiration_date")?.write("12312099")?;
    let mut department = Value::Null;
    for choice in browser.find_all(".checks .check")? {
        if choice.text()? == "Animation" {
            choice.click()?;
            department = browser.find(".checks :checked")?.property("value")?;
        }
    }
    browser.find("#role option[value=supervisor]")?.click()?;
    assert_eq!(browser.find("#active")?.property("checked")?, true);
    submit(browser)?;
    Ok(department)
}

/// Presses the main button of the open form.
fn submit(browser: &Browser) -> Result<()> {
    browser.find("form.stack button[type=submit]")?.click()
}

fn token_of_the_dialog(browser: &Browser) -> Result<String> {
    let token = browser.find("#bot-token")?.property("value")?;
    Ok(token.as_str().unwrap_or_default().to_owned())
}

fn wait_for_no_dialog(browser: &Browser) -> Result<()> {
    browser.find(".shell:not([inert])").map(drop)
}

fn wait_for_text(browser: &Browser, selector: &str, text: &str) -> Result<()> {
    browser.wait(&format!("`{text}` in `{selector}`"), || {
        Ok(browser.find(selector)?.text()? == text)
    })
}

fn authenticated(server: &Server, token: &str) -> Response {
    server.send(&Request::get("/api/auth/authenticated").bearer(token))
}
