//! The shapes of responses about projects, their settings and templates, for
//! the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::projects::WITH_STATUS;
use tanuki_store::view::templates::listed;

use super::links::LinkOrder;
use super::template_links::{self, TemplatePart};
use super::{DESCRIPTOR, LINKED, UNLINKED, linked, softwares, team};

/// The row of a project.
pub fn project() -> Shape {
    UNLINKED.shape()
}

/// A metadata descriptor as part of its project.
fn descriptor() -> Shape {
    DESCRIPTOR.shape().without("project_id")
}

/// An open project with its descriptors and settings.
pub fn open_project() -> Shape {
    let type_link = Shape::object([
        ("priority", Shape::integer().or_null()),
        ("hd_bitrate_compression", Shape::integer().or_null()),
        ("ld_bitrate_compression", Shape::integer().or_null()),
        ("is_client_visible", Shape::boolean().or_null()),
    ]);
    let status_link = Shape::object([
        ("priority", Shape::integer().or_null()),
        ("roles_for_board", Shape::text().list().or_null()),
        ("is_client_allowed", Shape::boolean().or_null()),
    ]);
    LINKED
        .shape()
        .with("descriptors", descriptor().list())
        .with("task_type_links", type_link.by_key())
        .with("task_types_priority", Shape::integer().or_null().by_key())
        .with("task_statuses_link", status_link.by_key())
        .with("first_episode_id", Shape::id())
}

/// A project in the list of all; admins get its status and descriptors.
pub fn listed_project() -> Shape {
    WITH_STATUS.shape().with("descriptors", descriptor().list())
}

/// A member of a team, as far as the caller may see it.
pub fn member() -> Shape {
    team::FOR_MANAGERS.shape()
}

/// The role of a member in a project; null if their own applies.
pub fn role_of_member() -> Shape {
    Shape::object([
        ("project_id", Shape::id()),
        ("person_id", Shape::id()),
        ("role", Shape::text().or_null()),
    ])
}

/// The preview account of a project.
pub fn preview_account() -> Shape {
    Shape::object([
        ("id", Shape::id()),
        ("full_name", Shape::text()),
        ("email", Shape::text()),
        ("password", Shape::text()),
        ("preview_open_until", Shape::text().or_null()),
    ])
}

/// The row of a task type.
pub fn task_type() -> Shape {
    linked::TASK_TYPES.shape()
}

/// The row of a task status.
pub fn task_status() -> Shape {
    linked::TASK_STATUSES.shape()
}

/// The row of a status automation.
pub fn status_automation() -> Shape {
    linked::AUTOMATIONS.shape()
}

/// The row of a preview background.
pub fn preview_background() -> Shape {
    linked::BACKGROUNDS.shape()
}

/// A software of a task type in a project.
pub fn software_link() -> Shape {
    softwares::LINK.shape()
}

/// The link of a project to a task type or status.
pub fn setting_link(link: LinkOrder) -> Shape {
    link.projection().shape()
}

/// A row that a template is linked to.
pub fn template_part(part: TemplatePart) -> Shape {
    listed(part).shape()
}

/// The response to a new link of a template.
pub fn added_template_part(part: TemplatePart) -> Shape {
    template_links::added(part).shape()
}
