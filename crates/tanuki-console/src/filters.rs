//! The filters of the list of bots. They are part of the URL and of every form,
//! so that they persist after an action.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use minijinja::{Value, context};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::bot::Bot;
use crate::failure::Failure;
use crate::form::Form;

/// The filters of the list of bots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    /// Whether to list inactive bots instead of active ones.
    pub inactive: bool,
    search: String,
    role: Option<Role>,
    department: Option<Uuid>,
}

impl Filters {
    /// Parses a query string; invalid values are ignored.
    pub fn read(query: &str) -> Self {
        let mut filters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "tab" => filters.inactive = value == "inactive",
                "search" => value.trim().clone_into(&mut filters.search),
                "role" => filters.role = value.parse().ok(),
                "department" => filters.department = value.parse().ok(),
                _ => {}
            }
        }
        filters
    }

    /// Returns the filters of the page from which a form was submitted.
    pub fn of(form: &Form) -> Self {
        Self::read(form.text("query"))
    }

    /// Returns the name of the selected tab.
    pub fn tab(&self) -> &'static str {
        if self.inactive { "inactive" } else { "active" }
    }

    /// Returns the query string that [`Filters::read`] parses.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("tab", self.tab());
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        if let Some(role) = self.role {
            query.append_pair("role", role.as_str());
        }
        if let Some(department) = self.department {
            query.append_pair("department", &department.to_string());
        }
        query.finish()
    }

    /// Whether a bot matches the filters.
    pub fn let_through(&self, bot: &Bot) -> bool {
        bot.active != self.inactive
            && bot
                .name
                .to_lowercase()
                .contains(&self.search.to_lowercase())
            && self.role.is_none_or(|role| bot.role == role.as_str())
            && self
                .department
                .is_none_or(|department| bot.is_of(&department.to_string()))
    }

    /// Returns the values of the filter fields, for the template.
    pub fn fields(&self) -> Value {
        context! {
            search => self.search.as_str(),
            role => self.role.map_or("", Role::as_str),
            department => self.department.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Filters {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_the_address_and_nonsense_filters_nothing() {
        let query = "tab=inactive&search=R%26D+%E2%98%83&role=manager\
                     &department=0d9a1c52-6f0a-4c58-9c3f-0a2a3f6f2d11";
        let filters = Filters::read(query);
        assert_eq!(filters.search, "R&D ☃");
        assert_eq!(Filters::read(&filters.query()), filters);
        assert_eq!(
            Filters::read("tab=x&search=&role=king&department=1&notice=saved"),
            Filters::default()
        );
    }
}
