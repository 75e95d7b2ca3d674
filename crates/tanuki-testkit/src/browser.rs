//! A headless Chromium, driven through chromedriver (W3C WebDriver).
//!
//! [`Browser::find`] waits for the element, so that tests need no sleeps. A
//! browser that is dropped by a failing test saves a screenshot of its page.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{server, tools};

/// The time-out of [`Browser::find`] and [`Browser::wait`].
const PATIENCE: Duration = Duration::from_secs(15);

/// How often the start of the driver is attempted.
const START_ATTEMPTS: u32 = 3;

/// The key of an element's id in the protocol (WebDriver's element identifier).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The options of a browser; by default a window of 1280 × 900 pixels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Disables JavaScript.
    pub no_javascript: bool,
    /// Emulates `prefers-color-scheme: dark`.
    pub dark: bool,
    /// The width of a phone, 390 pixels, but without touch: without JavaScript
    /// the driver waits forever for a tap to end.
    pub phone: bool,
}

/// What the browser says it is. Without a window it says so by default, and is
/// taken for a script.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/140.0.0.0 Safari/537.36";

impl Options {
    /// Starts the browser; `None` if Chromium or its driver is not installed.
    pub fn start(self) -> Option<Browser> {
        let driver = tools::or_skip(
            tools::chromedriver(),
            "the browser suite",
            "Chromium and its driver (Debian: chromium, chromium-driver)",
        )?;
        // Drivers that start at the same moment may choose the same port.
        for _ in 1..START_ATTEMPTS {
            if let Ok(browser) = Browser::start(&driver, self) {
                return Some(browser);
            }
        }
        Some(Browser::start(&driver, self).expect("Chromium starts"))
    }

    fn capabilities(self, profile: &Path) -> Value {
        let args = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
                    --no-first-run --disable-background-networking --disable-sync --disable-quic \
                    --disable-component-update --window-size=1280,900";
        let mut args: Vec<String> = args.split(' ').map(str::to_owned).collect();
        args.push(format!("--user-data-dir={}", profile.display()));
        args.push(format!("--user-agent={AGENT}"));
        let mut chrome = json!({ "args": args });
        if self.no_javascript {
            chrome["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        if self.phone {
            let screen = json!({"width": 390, "height": 844, "pixelRatio": 2, "touch": false});
            chrome["mobileEmulation"] = json!({"deviceMetrics": screen});
        }
        json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": chrome,
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"pageLoad": 20_000, "script": 10_000},
        }}})
    }
}

/// A running browser; on drop it is closed and its profile removed.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    /// The path prefix of the session's commands.
    session: String,
    /// The process of Chromium.
    process_id: Option<u64>,
    profile: TempDir,
}

impl Browser {
    fn start(driver: &Path, options: Options) -> Result<Self> {
        let mut driver = Command::new(driver)
            .arg("--port=0")
            // The language determines the order in which a date is typed.
            .env("LANGUAGE", "en_US")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = driver.stdout.take().context("no output")?;
        let mut browser = Self {
            driver,
            port: 0,
            session: "/session".into(),
            process_id: None,
            profile: TempDir::with_prefix("tanuki-browser-")?,
        };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let said = lines.find_map(|line| Some(line.split_once("successfully on port ")?.1.into()));
        let said: String = said.context("the driver names no port")?;
        browser.port = said.trim_end_matches('.').parse()?;
        std::thread::spawn(move || lines.for_each(drop));
        let capabilities = options.capabilities(browser.profile.path());
        let created = browser.post("", &capabilities)?;
        browser.session = format!("/session/{}", server::text(&created, "sessionId"));
        browser.process_id = created["capabilities"]["goog:processID"].as_u64();
        if options.dark {
            let dark = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
            let emulate =
                json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": dark}});
            browser.post("/goog/cdp/execute", &emulate)?;
        }
        Ok(browser)
    }

    /// Opens a page and waits until it is loaded.
    pub fn goto(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({ "url": url }))
            .with_context(|| format!("opening {url}"))?;
        Ok(())
    }

    /// Returns the URL of the page.
    pub fn url(&self) -> Result<String> {
        self.get("/url").and_then(text)
    }

    /// Returns the first element that matches a CSS selector; waits for it.
    pub fn find(&self, selector: &str) -> Result<Element<'_>> {
        let mut found = Vec::new();
        self.wait(&format!("`{selector}`"), || {
            found = self.find_all(selector)?;
            Ok(!found.is_empty())
        })?;
        Ok(found.swap_remove(0))
    }

    /// Returns all elements that currently match a CSS selector.
    pub fn find_all(&self, selector: &str) -> Result<Vec<Element<'_>>> {
        let query = json!({"using": "css selector", "value": selector});
        let found = self.post("/elements", &query);
        let found = found.with_context(|| self.at(selector))?;
        let elements = found.as_array().into_iter().flatten().map(|id| Element {
            browser: self,
            selector: selector.into(),
            id: server::text(id, ELEMENT),
        });
        Ok(elements.collect())
    }

    /// Waits until a condition holds; `what` names it in the error. An error of
    /// the condition is retried until the time-out, because pages change while
    /// they are read.
    pub fn wait(&self, what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = holds();
            if matches!(state, Ok(true)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                state?;
                bail!("{}: not there in {PATIENCE:?}", self.at(what));
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Plugs in a security key, which is touched whenever it is asked.
    ///
    /// # Errors
    ///
    /// If the driver refuses.
    pub fn plug_in_security_key(&self) -> Result<()> {
        let key = json!({
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": false,
            "hasUserVerification": false,
            "isUserConsenting": true,
        });
        self.post("/webauthn/authenticator", &key).map(drop)
    }

    /// Lets the browser have passkeys, as a phone or computer has them: its owner
    /// agrees to everything and is recognised.
    ///
    /// # Errors
    ///
    /// If the driver refuses.
    pub fn plug_in_passkey_authenticator(&self) -> Result<()> {
        let key = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        self.post("/webauthn/authenticator", &key).map(drop)
    }

    /// Runs a function body with `arguments`; if it returns a promise, awaits
    /// it.
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        let call = json!({"script": script, "args": arguments});
        let result = self.post("/execute/sync", &call);
        result.with_context(|| self.at(script))
    }

    /// Returns the text in the clipboard.
    pub fn clipboard(&self) -> Result<String> {
        let grant = json!({"descriptor": {"name": "clipboard-read"}, "state": "granted"});
        self.post("/permissions", &grant)?;
        let read = self.execute("return navigator.clipboard.readText()", &[]);
        read.and_then(text)
    }

    /// Returns what the browser logged since the last call: failed scripts,
    /// content blocked by the policy, responses with status 400 and above.
    pub fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.post("/se/log", &json!({"type": "browser"}))?;
        let entries = entries.as_array().into_iter().flatten();
        Ok(entries.map(|entry| entry["message"].to_string()).collect())
    }

    /// Saves a screenshot of the window (PNG).
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        let picture = self.get("/screenshot").and_then(text)?;
        std::fs::write(file, STANDARD.decode(picture)?).with_context(|| file.display().to_string())
    }

    /// Adds the page's URL to the subject of an error.
    fn at(&self, what: &str) -> String {
        let url = self.url().unwrap_or_else(|error| error.to_string());
        format!("{what} on {url}")
    }

    fn get(&self, path: &str) -> Result<Value> {
        self.call("GET", path, "")
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, &body.to_string())
    }

    /// Sends a command. It does not use [`crate::http`], because the driver
    /// keeps a connection open even if it announces that it closes it.
    fn call(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (port, session, length) = (self.port, &self.session, body.len());
        write!(
            stream,
            "{method} {session}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            ensure!(answer.read_line(&mut line)? > 0, "the driver hung up");
        }
        let mut answer = Value::deserialize(&mut serde_json::Deserializer::from_reader(answer))?;
        let value = answer["value"].take();
        if let Some(error) = value["error"].as_str() {
            let message = value["message"].as_str().unwrap_or_default();
            bail!("{error}: {}", message.lines().next().unwrap_or_default());
        }
        Ok(value)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = format!("tanuki-failed-{}-{}.png", std::process::id(), self.port);
            let file = std::env::temp_dir().join(name);
            match self.screenshot(&file) {
                Ok(()) => eprintln!(
                    "{}",
                    self.at(&format!("{} pictures what is", file.display()))
                ),
                Err(error) => eprintln!("no screenshot: {error:#}"),
            }
        }
        let deleted = self.call("DELETE", "", "");
        if let (Err(_), Some(process_id)) = (deleted, self.process_id) {
            let _gone = Command::new("kill").arg(process_id.to_string()).status();
        }
        let _ended_already = self.driver.kill();
        let _reaped = self.driver.wait();
    }
}

/// An element of the page that was open when it was found.
#[derive(Debug)]
pub struct Element<'a> {
    browser: &'a Browser,
    selector: String,
    id: String,
}

impl Element<'_> {
    /// Clicks, and waits for a page that this opens.
    pub fn click(&self) -> Result<()> {
        self.act("click", &json!({}))
    }

    /// Types text with the keyboard.
    pub fn write(&self, text: &str) -> Result<()> {
        self.act("value", &json!({ "text": text }))
    }

    /// Clears an input.
    pub fn clear(&self) -> Result<()> {
        self.act("clear", &json!({}))
    }

    /// Returns the visible text.
    pub fn text(&self) -> Result<String> {
        self.read("text").and_then(text)
    }

    /// Returns the current value of a property (`value`, `checked`, `hidden`).
    pub fn property(&self, name: &str) -> Result<Value> {
        self.read(&format!("property/{name}"))
    }

    /// Returns an attribute; null if the element does not have it.
    pub fn attribute(&self, name: &str) -> Result<Value> {
        self.read(&format!("attribute/{name}"))
    }

    fn act(&self, what: &str, body: &Value) -> Result<()> {
        let path = format!("/element/{}/{what}", self.id);
        self.explain(what, self.browser.post(&path, body)).map(drop)
    }

    fn read(&self, what: &str) -> Result<Value> {
        let path = format!("/element/{}/{what}", self.id);
        self.explain(what, self.browser.get(&path))
    }

    fn explain(&self, what: &str, answer: Result<Value>) -> Result<Value> {
        answer.with_context(|| self.browser.at(&format!("{what} of `{}`", self.selector)))
    }
}

fn text(value: Value) -> Result<String> {
    serde_json::from_value(value).context("the driver's answer is no text")
}
