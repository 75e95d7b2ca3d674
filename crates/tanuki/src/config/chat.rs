//! Settings of notices to chats.

use tanuki_core::settings::ChatSettings;

use super::Vars;

pub(super) fn from_vars(vars: &Vars) -> ChatSettings {
    let default = ChatSettings::default();
    ChatSettings {
        ca_file: vars.get("CHAT_CA_FILE").map(Into::into),
        slack_url: vars.text("SLACK_URL", &default.slack_url),
        discord_url: vars.text("DISCORD_URL", &default.discord_url),
    }
}
