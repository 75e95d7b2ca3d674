//! Messages to people in Slack, Mattermost and Discord. Knows nothing of
//! people, jobs or the database.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_https::{Answer, Authorities, Call, HttpsClient, Limits, Method};

/// A chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {
    Slack,
    Mattermost,
    Discord,
}

/// Why a message was not taken. Reasons hold no tokens and no webhooks.
#[derive(Debug)]
pub enum Failure {
    /// It may be taken later.
    Temporary(String),
    /// It will not be taken later either.
    Final(String),
}

impl From<tanuki_https::Failure> for Failure {
    fn from(failure: tanuki_https::Failure) -> Self {
        match failure {
            tanuki_https::Failure::Malformed(reason) => Self::Final(reason),
            tanuki_https::Failure::Unreachable(reason) => Self::Temporary(reason),
        }
    }
}

/// Where the chats are. Tokens and webhooks come with each message.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `CHAT_CA_FILE`: a PEM file of authorities to trust besides those that
    /// browsers trust, for a Mattermost within the studio.
    pub ca_file: Option<PathBuf>,
    /// `SLACK_URL`: the base URL of Slack.
    pub slack_url: String,
    /// `DISCORD_URL`: the base URL of Discord.
    pub discord_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ca_file: None,
            slack_url: "https://slack.com".into(),
            discord_url: "https://discord.com".into(),
        }
    }
}

/// A client of all chats.
#[derive(Debug)]
pub struct Chats {
    https: HttpsClient,
    slack_url: String,
    discord_url: String,
}

/// What a request may take.
const LIMITS: Limits = Limits {
    timeout: Duration::from_secs(20),
    max_answer: 1024 * 1024,
    plain_localhost: false,
};

/// How many of the servers (guilds) that a Discord bot is in are searched for a
/// person.
const MAX_GUILDS: usize = 50;

/// A message to one person.
#[derive(Debug)]
pub struct Note<'a> {
    /// The name under which the chat knows the person.
    pub user: &'a str,
    /// The studio's token or webhook.
    pub credential: &'a str,
    pub project: &'a str,
    pub text: &'a str,
}

impl Chats {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// A message for the administrator if `CHAT_CA_FILE` cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let authorities = settings.ca_file.as_deref().map(|path| Authorities {
            setting: "CHAT_CA_FILE",
            path,
        });
        Ok(Self {
            https: HttpsClient::new(authorities, LIMITS)?,
            slack_url: settings.slack_url.clone(),
            discord_url: settings.discord_url.clone(),
        })
    }

    /// Sends a message to one person.
    ///
    /// # Errors
    /// [`Failure::Final`] if the chat refuses it, [`Failure::Temporary`] if it
    /// is unavailable or wants fewer requests.
    pub async fn send(&self, chat: Chat, note: &Note<'_>) -> Result<(), Failure> {
        match chat {
            Chat::Slack => self.send_to_slack(note).await,
            Chat::Mattermost => self.send_to_mattermost(note).await,
            Chat::Discord => self.send_to_discord(note).await,
        }
    }

    async fn send_to_slack(&self, note: &Note<'_>) -> Result<(), Failure> {
        let section = json!({"type": "mrkdwn", "text": note.text});
        let message = json!({
            "channel": format!("@{}", note.user),
            "as_user": true,
            "text": note.text,
            "blocks": [{"type": "section", "text": section}],
        });
        let url = format!("{}/api/chat.postMessage", self.slack_url);
        let call = Call::new(Method::POST, &url)
            .authorization(format!("Bearer {}", note.credential))
            .json(&message);
        let answer = accepted("Slack", self.https.send(call).await?)?.json();
        if answer.get("ok") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let error = answer.get("error").and_then(Value::as_str);
        let error = error.unwrap_or("an unknown error");
        let reason = format!("Slack: {error}");
        Err(match error {
            "ratelimited"
            | "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout" => Failure::Temporary(reason),
            _ => Failure::Final(reason),
        })
    }

    async fn send_to_mattermost(&self, note: &Note<'_>) -> Result<(), Failure> {
        let message = json!({
            "text": note.text,
            "channel": format!("@{}", note.user),
            "username": format!("Tanuki - {}", note.project),
        });
        let call = Call::new(Method::POST, note.credential).json(&message);
        accepted("Mattermost", self.https.send(call).await?)?;
        Ok(())
    }

    async fn send_to_discord(&self, note: &Note<'_>) -> Result<(), Failure> {
        let user = self.discord_user(note).await?;
        let to = json!({"recipient_id": user});
        let channel = self
            .discord(note, Method::POST, "/users/@me/channels", Some(to))
            .await?;
        let channel = snowflake(channel.get("id"))
            .ok_or_else(|| Failure::Temporary("Discord: no channel to the person".into()))?;
        let message = json!({
            "embeds": [{"description": note.text}],
            // Names in a comment are not to ring at anybody else.
            "allowed_mentions": {"parse": []},
        });
        let path = format!("/channels/{channel}/messages");
        self.discord(note, Method::POST, &path, Some(message))
            .await?;
        Ok(())
    }

    /// Returns the id of a person whose name is known, among the members of the
    /// servers that the studio's bot is in.
    async fn discord_user(&self, note: &Note<'_>) -> Result<String, Failure> {
        let guilds = self
            .discord(note, Method::GET, "/users/@me/guilds", None)
            .await?;
        let guilds = guilds.as_array().map(Vec::as_slice).unwrap_or_default();
        let name = note.user.split('#').next().unwrap_or_default();
        for guild in guilds.iter().take(MAX_GUILDS) {
            let Some(guild) = snowflake(guild.get("id")) else {
                continue;
            };
            let query: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            let path = format!("/guilds/{guild}/members/search?limit=100&query={query}");
            let members = self.discord(note, Method::GET, &path, None).await?;
            let members = members.as_array().map(Vec::as_slice).unwrap_or_default();
            let users = members.iter().filter_map(|member| member.get("user"));
            for user in users {
                if is_called(user, note.user)
                    && let Some(id) = snowflake(user.get("id"))
                {
                    return Ok(id.to_owned());
                }
            }
        }
        Err(Failure::Final(
            "Discord: the bot knows no such person".into(),
        ))
    }

    async fn discord(
        &self,
        note: &Note<'_>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let url = format!("{}/api/v10{path}", self.discord_url);
        let mut call = Call::new(method, &url).authorization(format!("Bot {}", note.credential));
        if let Some(body) = body {
            call = call.json(&body);
        }
        Ok(accepted("Discord", self.https.send(call).await?)?.json())
    }
}

/// Whether a user of Discord has that name: `name`, or `name#1234` of old.
fn is_called(user: &Value, wanted: &str) -> bool {
    let text = |key: &str| user.get(key).and_then(Value::as_str).unwrap_or_default();
    if user.get("bot") == Some(&Value::Bool(true)) {
        return false;
    }
    let (name, number) = (text("username"), text("discriminator"));
    let is_new = number.is_empty() || number == "0";
    (is_new && name == wanted) || format!("{name}#{number}") == wanted
}

/// Returns an id of Discord, which has digits only.
fn snowflake(id: Option<&Value>) -> Option<&str> {
    let id = id?.as_str()?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

/// Requires a status that says success.
fn accepted(chat: &str, answer: Answer) -> Result<Answer, Failure> {
    match answer.status {
        200..=299 => Ok(answer),
        429 | 500..=599 => Err(Failure::Temporary(format!(
            "{chat} answered {}",
            answer.status
        ))),
        status => Err(Failure::Final(format!("{chat} answered {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_discord_have_new_and_old_names() {
        let new = json!({"username": "ada", "discriminator": "0"});
        let old = json!({"username": "ada", "discriminator": "1234"});
        let bot = json!({"username": "ada", "discriminator": "0", "bot": true});
        assert!(is_called(&new, "ada"));
        assert!(is_called(&old, "ada#1234"));
        assert!(!is_called(&old, "ada"));
        assert!(!is_called(&bot, "ada"));
    }

    #[test]
    fn ids_of_discord_are_digits() {
        assert_eq!(snowflake(Some(&json!("123"))), Some("123"));
        assert_eq!(snowflake(Some(&json!("1/../2"))), None);
        assert_eq!(snowflake(Some(&json!(123))), None);
        assert_eq!(snowflake(None), None);
    }
}
