//! An identity provider: its metadata are served here, its responses are made by
//! a program with pysaml2 and xmlsec1.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::oidc::Trouble;
use tanuki_testkit::programs::LineProgram;
use tanuki_testkit::{Backend, Server, Setup, tools};

use super::STUDIO;
use crate::BINARY;

const ENTITY: &str = "https://idp.studio.com/saml";

#[derive(Debug, Default)]
struct State {
    metadata: String,
    trouble: Option<Trouble>,
    requests: usize,
}

/// A running provider, on a port of `localhost`.
#[derive(Debug)]
pub(super) struct Provider {
    port: u16,
    state: Arc<Mutex<State>>,
    /// Makes the responses.
    program: OnceLock<Mutex<LineProgram>>,
}

/// A person, as the provider knows them.
pub(super) fn person(name: &str, attributes: Value) -> Value {
    json!({"name": name, "attributes": attributes})
}

impl Provider {
    /// Starts a provider and a server that uses it; `None` where there is no such
    /// database, or no such program.
    pub fn start(backend: Backend, change: impl FnOnce(Setup) -> Setup) -> Option<(Self, Server)> {
        let python = tools::python_with_saml();
        let python = tools::or_skip(python, "a suite of SAML", "pysaml2, lxml and xmlsec1")?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let provider = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            program: OnceLock::new(),
        };
        let state = Arc::clone(&provider.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&state);
                // Clients that give up are none of the provider's business.
                std::thread::spawn(move || serve(stream, &state).ok());
            }
        });
        let setup = Setup::new(BINARY, backend)
            .variable("DOMAIN_PROTOCOL", "https")
            .variable("DOMAIN_NAME", "kitsu.studio.com")
            .variable("SAML_ENABLED", "true")
            .variable("SAML_IDP_NAME", "The studio")
            .variable("SAML_METADATA_URL", &provider.metadata_url());
        let server = change(setup).start()?;
        let metadata = server.send(&Request::get("/auth/saml/metadata"));
        assert_eq!(metadata.status, 200, "{}", metadata.text());
        let place = json!({
            "entity": ENTITY,
            "login": provider.login_url(),
            "acs": format!("{STUDIO}/api/auth/saml/sso"),
            "service": format!("{STUDIO}/api/auth/saml/login"),
            "service_metadata": metadata.text(),
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/saml/provider.py");
        let mut program = LineProgram::start(Command::new(python).arg(script)).unwrap();
        program.send(&place.to_string()).unwrap();
        provider.program.set(Mutex::new(program)).unwrap();
        provider.publish(&provider.metadata(&["first"], ""));
        Some((provider, server))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the program.
    fn ask(&self, request: &Value) -> Value {
        let program = self.program.get().unwrap();
        let mut program = program.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = program.ask(&request.to_string()).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn ask_text(&self, request: &Value) -> String {
        self.ask(request).as_str().unwrap().to_owned()
    }

    pub fn metadata_url(&self) -> String {
        format!("http://localhost:{}/metadata", self.port)
    }

    pub fn login_url(&self) -> String {
        format!("http://localhost:{}/login?tenant=a", self.port)
    }

    /// Returns metadata with the certificates of these keys, and more attributes
    /// of the entity.
    pub fn metadata(&self, keys: &[&str], attributes: &str) -> String {
        let descriptor = |key: &&str| {
            let certificate = self.ask_text(&json!({"do": "certificate", "key": key}));
            format!(
                "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\
                 <X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>\
                 </KeyDescriptor>"
            )
        };
        let keys: String = keys.iter().map(descriptor).collect();
        format!(
            "<?xml version=\"1.0\"?><!-- Metadata --><EntityDescriptor \
             xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{ENTITY}\" {attributes}>\
             <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
             {keys}<SingleSignOnService \
             Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{}\"/>\
             </IDPSSODescriptor></EntityDescriptor>",
            self.login_url()
        )
    }

    /// Returns metadata as pysaml2 makes them.
    pub fn metadata_by_pysaml2(&self) -> String {
        self.ask_text(&json!({"do": "metadata"}))
    }

    /// Changes the metadata that are served.
    pub fn publish(&self, metadata: &str) {
        self.with(|state| metadata.clone_into(&mut state.metadata));
    }

    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.with(|state| state.trouble = trouble);
    }

    /// Returns how often the metadata were requested.
    pub fn requests(&self) -> usize {
        self.with(|state| state.requests)
    }

    /// Reads the request in the URL that a browser was sent to, as pysaml2 does.
    pub fn read(&self, url: &str) -> Value {
        let page = format!("{}&SAMLRequest=", self.login_url());
        let request = url.strip_prefix(&page).unwrap_or_else(|| panic!("{url}"));
        let request = tanuki_testkit::http::unescaped(request);
        self.ask(&json!({"do": "read", "request": request}))
    }

    /// Logs a person in who was sent here, by a request or by none. Returns the
    /// field that their browser brings back.
    pub fn log_in(&self, person: &Value, request: Option<&str>) -> String {
        self.log_in_with(person, request, "first")
    }

    /// The same, signed with another key.
    pub fn log_in_with(&self, person: &Value, request: Option<&str>, key: &str) -> String {
        self.ask_text(&json!({"do": "log_in", "person": person, "request": request, "key": key}))
    }

    /// Returns the names of responses that are accepted, and of those that are
    /// not.
    pub fn names(&self) -> [Vec<String>; 2] {
        let names = self.ask(&json!({"do": "names"}));
        ["variants", "forgeries"].map(|kind| serde_json::from_value(names[kind].clone()).unwrap())
    }

    /// Makes one of these.
    pub fn make(&self, name: &str) -> String {
        self.ask_text(&json!({"do": "make", "name": name}))
    }
}

/// Answers a request for the metadata.
fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut head = [0; 4096];
    let _length = stream.read(&mut head)?;
    let (status, header, body) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests += 1;
        match state.trouble.clone() {
            None => (200, String::new(), state.metadata.clone()),
            Some(Trouble::Status(status)) => (status, String::new(), String::new()),
            Some(Trouble::Text(text)) => (200, String::new(), text),
            Some(Trouble::Redirect(url)) => (302, format!("Location: {url}\r\n"), String::new()),
            Some(Trouble::Huge) => (200, String::new(), " ".repeat(10 * 1024 * 1024)),
            Some(Trouble::Silence) => {
                drop(state);
                std::thread::sleep(Duration::from_secs(60));
                return Ok(());
            }
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status} x\r\n{header}Content-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
