//! Scenarios: requests in JSON lines, each with the responses of Zou beside it.
//!
//! A line that begins with `#` is a comment, one that begins with `=` the
//! response to the step above it (with `as`, to some of its callers). A step
//! has these keys:
//!
//! | key | meaning |
//! |---|---|
//! | `do` | method and path; `{name}` is a saved value, here and in all below |
//! | `as` | `admin` (default), `nobody`, `mail:ADDRESS` (password `mypassword`), `{token}`, or a list of these: each sends the step |
//! | `body` | JSON body |
//! | `raw`, `type` | literal body and its content type |
//! | `form` | multipart form: texts, and files as `{"file": NAME, "text": BYTES, "type": MEDIA TYPE}`, or with `base64` in place of `text` |
//! | `headers`, `cookies` | sent as they are |
//! | `save` | name → dotted path into the response, or `header:` and its name in lower case |
//! | `unordered` | lists of the response compare as sets |
//! | `only` | dotted paths that are compared instead of the whole response |
//! | `keep` | headers that are compared |
//! | `forge` | signs a token and saves it; nothing is sent, whatever `do` says |
//! | `instead` | what Tanuki responds on purpose in place of the recorded parts (listed in `docs/differences.md`); without a recorded response, the step is Tanuki's own |
//! | `besides` | names of rows, or keys, that lists of Tanuki have besides the recorded ones on purpose |
//! | `sql` | brings the rows into Tanuki's database that Zou has after a step with another response on purpose |
//! | `sets` | name → value, saved where `sql` is run |
//! | `note` | why the step is there |
//!
//! Responses are compared after ids, times, tokens, today and tomorrow have
//! been replaced by labels in the order in which they appear.

mod compare;
mod index;
mod labels;
mod player;
mod script;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;

pub use compare::{Difference, differences, key_orders};
pub use index::{Endpoints, endpoints, with_index};
pub use player::play;
pub use script::{Exchange, Recorded, Script};

/// Runs SQL on the database of the server that a scenario is played on.
pub type RunSql<'a> = &'a dyn Fn(&str) -> Result<()>;

/// A step that was sent.
#[derive(Debug)]
pub struct Played {
    pub recorded: Recorded,
    /// The request with saved values filled in.
    pub request: String,
    /// Names under which the step should have saved values that the response
    /// did not have.
    pub unsaved: Vec<String>,
}

/// A scenario's failed steps, as a test prints them: each with its request,
/// what was expected, what came, and where they differ.
#[derive(Debug)]
pub struct Failures<'a> {
    pub played: &'a [Played],
    pub expected: &'a [Recorded],
    pub differences: &'a [Difference],
}

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_step: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for difference in self.differences {
            let texts = by_step.entry((difference.line, &difference.caller));
            texts.or_default().push(&difference.text);
        }
        for ((line, caller), texts) in by_step {
            let is_step = |one: &Recorded| one.line == line && one.caller == *caller;
            let caller = caller.as_deref().map(|caller| format!(" as {caller}"));
            writeln!(f, "line {line}{}:", caller.unwrap_or_default())?;
            if let Some(played) = self.played.iter().find(|one| is_step(&one.recorded)) {
                writeln!(f, "  request  {}", played.request)?;
                if !played.unsaved.is_empty() {
                    writeln!(f, "  unsaved  {}", played.unsaved.join(", "))?;
                }
                writeln!(f, "  response {}", compare::shown(&played.recorded))?;
            }
            if let Some(expected) = self.expected.iter().find(|one| is_step(one)) {
                writeln!(f, "  expected {}", compare::shown(expected))?;
            }
            for text in texts {
                writeln!(f, "  - {text}")?;
            }
        }
        Ok(())
    }
}
