//! The console's page of second factors, in a browser with a security key.

use anyhow::Result;
use tanuki_testkit::browser::{Browser, Options};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Setup};

use crate::second_factors::App;
use crate::{BINARY, on_both};

on_both! {
    an_app_and_a_key_are_set_up_used_and_removed
}

/// Fills in the form to sign in, on which the address may be there already.
pub(crate) fn fill_in(browser: &Browser) -> Result<()> {
    browser.find("#email")?.clear()?;
    browser.find("#email")?.write(ADMIN_EMAIL)?;
    browser.find("#password")?.write(ADMIN_PASSWORD)
}

/// Submits the form with that action.
pub(crate) fn send(browser: &Browser, action: &str) -> Result<()> {
    let button = format!("form[action='{action}'] button[type=submit]");
    browser.find(&button)?.click()
}

/// Takes steps in a browser on the console of a server, whose address has a name:
/// keys do not work at addresses of numbers.
pub(crate) fn in_console(backend: Backend, steps: fn(&str, &Browser) -> Result<()>) {
    let setup = Setup::new(BINARY, backend)
        .variable("DOMAIN_PROTOCOL", "http")
        .variable("DOMAIN_NAME", "localhost");
    let Some(server) = setup.start() else {
        return;
    };
    let Some(browser) = Options::default().start() else {
        return;
    };
    let site = server.url.replace("127.0.0.1", "localhost");
    if let Err(error) = steps(&site, &browser) {
        panic!("{error:#}");
    }
}

fn an_app_and_a_key_are_set_up_used_and_removed(backend: Backend) {
    in_console(backend, steps);
}

fn steps(site: &str, browser: &Browser) -> Result<()> {
    const PAGE: &str = "/console/second-factors";
    browser.plug_in_security_key()?;
    browser.goto(&format!("{site}{PAGE}"))?;
    fill_in(browser)?;
    send(browser, "/console/login")?;
    // The app: a wrong code, then a right one.
    send(browser, &format!("{PAGE}/app"))?;
    browser.find("svg.qr path")?;
    let secret = browser.find("#secret")?.property("value")?;
    let mut app = App::new(secret.as_str().unwrap_or_default());
    browser.find("#code")?.write("12345")?;
    send(browser, &format!("{PAGE}/app/enable"))?;
    browser.find(".alert")?;
    assert_eq!(browser.find("#secret")?.property("value")?, secret);
    browser.find("#code")?.write(&app.next_code())?;
    send(browser, &format!("{PAGE}/app/enable"))?;
    let codes = browser.find("#codes")?.property("value")?;
    let codes: Vec<&str> = codes.as_str().unwrap_or_default().lines().collect();
    assert_eq!(codes.len(), 16);
    browser.find(".panel a.button")?.click()?;
    // The key.
    browser.find("#name")?.write("Yubi")?;
    send(browser, &format!("{PAGE}/keys"))?;
    let removal = format!("form[action='{PAGE}/keys/remove']");
    browser.wait("the key to be listed", || {
        Ok(!browser.find_all(&removal)?.is_empty())
    })?;
    assert!(browser.find(&removal)?.text()?.contains("Yubi"));
    // A login with it.
    send(browser, "/console/logout")?;
    fill_in(browser)?;
    send(browser, "/console/login")?;
    browser.find(".alert")?;
    browser.find("#password")?.write(ADMIN_PASSWORD)?;
    browser.find("button[data-use-key]")?.click()?;
    browser.wait("the console", || {
        Ok(!browser.find_all(".me-email")?.is_empty())
    })?;
    // The key goes with a recovery code, the app with one of its own.
    browser.goto(&format!("{site}{PAGE}"))?;
    browser
        .find(&format!("{removal} [name=code]"))?
        .write(codes[0])?;
    send(browser, &format!("{PAGE}/keys/remove"))?;
    browser.wait("the key to be gone", || {
        Ok(browser.find_all(&removal)?.is_empty())
    })?;
    let disable = format!("form[action='{PAGE}/app/disable']");
    browser
        .find(&format!("{disable} [name=code]"))?
        .write("123456")?;
    send(browser, &format!("{PAGE}/app/disable"))?;
    browser.find(".alert")?;
    browser
        .find(&format!("{disable} [name=code]"))?
        .write(&app.next_code())?;
    send(browser, &format!("{PAGE}/app/disable"))?;
    browser.wait("the app to be gone", || {
        Ok(browser.find_all(&disable)?.is_empty())
    })?;
    // The password is enough again.
    send(browser, "/console/logout")?;
    fill_in(browser)?;
    send(browser, "/console/login")?;
    browser.find(".me-email").map(drop)
}
