//! The HTML templates, embedded in the binary.

use std::sync::LazyLock;

use minijinja::{Environment, Error, Value};

macro_rules! templates {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

const TEMPLATES: &[(&str, &str)] = templates! {
    "bot_deactivate.html"
    "bot_delete.html"
    "bot_form.html"
    "bot_regenerate.html"
    "bot_token.html"
    "bots.html"
    "bots_empty.html"
    "bots_table.html"
    "error.html"
    "forbidden.html"
    "jobs.html"
    "layout.html"
    "login.html"
    "macros.html"
    "recovery_codes.html"
    "reset.html"
    "reset_closed.html"
    "reset_done.html"
    "second_factor_app.html"
    "second_factors.html"
    "sessions.html"
    "setup.html"
    "setup_closed.html"
    "setup_needed.html"
};

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        if let Err(error) = environment.add_template(name, source) {
            // A test parses all templates, so this does not happen in a
            // release.
            tracing::error!(%error, name, "a template of the console is broken");
        }
    }
    environment
});

/// Renders a template.
pub(crate) fn render(name: &str, context: Value) -> Result<String, Error> {
    ENVIRONMENT.get_template(name)?.render(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_of_the_folder_is_readable() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        for file in std::fs::read_dir(folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            ENVIRONMENT.get_template(&name).unwrap();
        }
    }
}
