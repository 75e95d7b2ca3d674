//! Routes of project templates.

use tanuki_core::projects::template_links::TemplatePart;
use tanuki_core::projects::{PROJECT_TEMPLATES, shapes};

use crate::manifest::Routes;
use crate::routes::templates;

/// Mounts the parts of templates, and creation and use of whole templates.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes.tag("Project Templates");
    let routes = PARTS.into_iter().fold(routes, mount_part);
    let routes = mount_wholes(routes).tag("Project templates");
    [
        (TemplatePart::TaskTypes, "task-types", "task types"),
        (TemplatePart::TaskStatuses, "task-statuses", "task statuses"),
    ]
    .into_iter()
    .fold(routes, |routes, (part, name, called)| {
        let (schema, field) = templates::order_field(part);
        routes
            .post(
                &format!("/actions/project-templates/{{project_template_id}}/{name}/reorder"),
                &format!("Reorder the {called} of a template"),
                move |caller, state, path, body| templates::order(part, caller, state, path, body),
            )
            .body(schema, move |fields| fields.required_texts(field))
            .answers(move || shapes::added_template_part(part).list())
    })
}

/// The parts of a template: the segment of the path, its singular and plural.
const PARTS: [(TemplatePart, &str, &str, &str); 5] = [
    (
        TemplatePart::TaskTypes,
        "task-types",
        "a task type",
        "Task types",
    ),
    (
        TemplatePart::TaskStatuses,
        "task-statuses",
        "a task status",
        "Task statuses",
    ),
    (
        TemplatePart::AssetTypes,
        "asset-types",
        "an asset type",
        "Asset types",
    ),
    (
        TemplatePart::StatusAutomations,
        "status-automations",
        "a status automation",
        "Status automations",
    ),
    (
        TemplatePart::PreviewBackgrounds,
        "preview-background-files",
        "a preview background",
        "Preview backgrounds",
    ),
];

fn mount_part(
    routes: Routes,
    (part, name, one, several): (TemplatePart, &str, &str, &str),
) -> Routes {
    let all = format!("/data/project-templates/{{project_template_id}}/{name}");
    let single = format!("{all}/{{{}}}", part.target());
    routes
        .get(
            &all,
            &format!("{several} of a template"),
            move |caller, state, path| templates::list(part, caller, state, path),
        )
        .answers(move || shapes::template_part(part).list())
        .post(
            &all,
            &format!("Add {one} to a template"),
            move |caller, state, path, body| templates::add(part, caller, state, path, body),
        )
        .body(templates::schema(part), move |fields| {
            templates::part_fields(part, fields)
        })
        .creates(move || shapes::added_template_part(part))
        .delete(
            &single,
            &format!("Remove {one} from a template"),
            move |caller, state, path| templates::remove(part, caller, state, path),
        )
        .answers_nothing()
}

fn mount_wholes(routes: Routes) -> Routes {
    routes
        .put(
            "/data/project-templates/{project_template_id}/default-preview-background-file",
            "Set the default preview background of a template",
            templates::set_default_background,
        )
        .answers(|| PROJECT_TEMPLATES.shape())
        .put(
            "/data/project-templates/{project_template_id}/metadata-descriptors",
            "Replace the metadata descriptors of a template",
            templates::set_descriptors,
        )
        .answers(|| PROJECT_TEMPLATES.shape())
        .post(
            "/data/project-templates/from-project/{project_id}",
            "Create a template from a production",
            templates::create_from_project,
        )
        .creates(|| PROJECT_TEMPLATES.shape())
        .post(
            "/data/projects/{project_id}/apply-template/{project_template_id}",
            "Apply a template to a production",
            templates::apply,
        )
        .answers(shapes::project)
}
