//! Bots and the productions whose events they hear, in the console.

use serde_json::json;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server};

use crate::on_both;
use crate::studio::Studio;

on_both! {
    a_bot_is_put_into_teams_where_it_is_made
    a_bot_that_is_changed_changes_its_teams
}

/// An admin in front of the console.
pub(crate) struct Console<'a> {
    server: &'a Server,
    cookies: String,
}

impl<'a> Console<'a> {
    pub fn open(server: &'a Server) -> Self {
        Self::open_with(server, "")
    }

    /// Signs in with a code besides the password.
    pub fn open_with(server: &'a Server, code: &str) -> Self {
        let fields = [
            ("email", ADMIN_EMAIL),
            ("password", ADMIN_PASSWORD),
            ("code", code),
        ];
        Self::sign_in(server, "/console/login", &fields)
    }

    /// Signs in with what a passkey answers.
    pub fn open_with_passkey(server: &'a Server, answer: &str) -> Self {
        Self::sign_in(server, "/console/login/passkey", &[("answer", answer)])
    }

    fn sign_in(server: &'a Server, path: &str, fields: &[(&str, &str)]) -> Self {
        let mut console = Self {
            server,
            cookies: String::new(),
        };
        let login = server.send(&Request::get("/console/login"));
        console.keep(&login);
        let answer = console.send(&login.text(), path, fields);
        assert!(answer.status < 400, "{}", answer.text());
        console.keep(&answer);
        console
    }

    fn keep(&mut self, answer: &Response) {
        let cookies = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in cookies {
            let pair = cookie.split(';').next().unwrap_or_default();
            self.cookies = format!("{}; {pair}", self.cookies);
        }
    }

    pub fn get(&self, path: &str) -> String {
        let answer = self.ask(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    pub fn ask(&self, path: &str) -> Response {
        let request = Request::get(path).header("Cookie", &self.cookies);
        self.server.send(&request)
    }

    /// Sends the form of a page back, with these fields.
    pub fn send(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Response {
        let csrf = hidden(page, "csrf");
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        let request = Request::post(path).header("Cookie", &self.cookies);
        self.server.send(&request.form(&all))
    }
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, behind) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no {name}: {page}"));
    behind.split('"').next().unwrap().to_owned()
}

fn teams(studio: &Studio, bot: &str) -> Vec<String> {
    let mut names: Vec<String> = studio
        .list("/data/projects?relations=true")
        .iter()
        .filter(|project| project["team"].as_array().unwrap().contains(&json!(bot)))
        .map(|project| project["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn bot(studio: &Studio, name: &str) -> String {
    let bots = studio.list("/data/persons?is_bot=true");
    let bot = bots.iter().find(|bot| bot["first_name"] == name);
    crate::studio::id(bot.unwrap_or_else(|| panic!("no {name}: {bots:?}")))
}

fn a_bot_is_put_into_teams_where_it_is_made(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let [alpha, beta] = ["Alpha", "Beta"].map(|name| studio.project(name));
    let console = Console::open(&studio.server);
    let page = console.get("/console/bots/new");
    for expected in ["hears the events of these alone", "Alpha", "Beta"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let create = |name: &str, role: &str, projects: &[&str]| {
        let page = console.get("/console/bots/new");
        let form_id = hidden(&page, "form_id");
        let mut fields = vec![
            ("form_id", form_id.as_str()),
            ("name", name),
            ("role", role),
            ("active", "true"),
        ];
        fields.extend(projects.iter().map(|id| ("projects", *id)));
        console.send(&page, "/console/bots", &fields)
    };
    let made = create("Listener", "user", &[alpha.as_str(), beta.as_str()]);
    assert_eq!(made.status, 200, "{}", made.text());
    assert!(
        made.text().contains("whose team it is in"),
        "{}",
        made.text()
    );
    assert_eq!(teams(&studio, &bot(&studio, "Listener")), ["Alpha", "Beta"]);

    let made = create("Deaf", "user", &[]);
    assert!(
        made.text().contains("in the team of no production"),
        "{}",
        made.text()
    );
    assert_eq!(teams(&studio, &bot(&studio, "Deaf")), [""; 0]);
    let made = create("Boss", "admin", &[]);
    assert!(made.text().contains("hears the events of every production"));

    let nowhere = "00000000-0000-4000-8000-000000000000";
    for wrong in [nowhere, "x"] {
        let refused = create("Lost", "user", &[alpha.as_str(), wrong]);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("Choose productions of the list."));
    }
    let bots = studio.list("/data/persons?is_bot=true");
    assert!(bots.iter().all(|bot| bot["first_name"] != "Lost"));
}

fn a_bot_that_is_changed_changes_its_teams(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let [alpha, beta, old] = ["Alpha", "Beta", "Old"].map(|name| studio.project(name));
    let body = json!({"first_name": "Ears", "last_name": "", "is_bot": true, "role": "user"});
    let id = studio.made("/data/persons", &body);
    for project in [&alpha, &old] {
        let path = format!("/data/projects/{project}/team");
        studio.post(&path, &json!({"person_id": id}));
    }
    let closed = json!({"name": "Shelved", "color": "#000000"});
    let closed = studio.made("/data/project-status", &closed);
    let path = format!("/data/projects/{old}");
    studio.put(&path, &json!({"project_status_id": closed}));

    let console = Console::open(&studio.server);
    let path = format!("/console/bots/{id}");
    let page = console.get(&path);
    let ticked = |project: &String| {
        let (_, box_of_it) = page.split_once(project.as_str()).unwrap();
        box_of_it.split('>').next().unwrap().contains("checked")
    };
    assert!(ticked(&alpha) && !ticked(&beta), "{page}");
    assert!(
        !page.contains(old.as_str()),
        "what is closed is not offered"
    );
    let fields = [
        ("name", "Ears"),
        ("role", "user"),
        ("active", "true"),
        ("projects", beta.as_str()),
    ];
    let saved = console.send(&page, &path, &fields);
    assert!(saved.status < 400, "{}", saved.text());
    assert_eq!(teams(&studio, &id), ["Beta", "Old"], "what is closed stays");
    let list = console.get("/console/bots");
    assert!(list.contains("Beta"), "{list}");
}
