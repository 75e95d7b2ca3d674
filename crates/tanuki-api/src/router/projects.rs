//! Routes of projects and their settings.

use tanuki_core::Shape;
use tanuki_core::projects::{LinkOrder, METADATA_DESCRIPTORS, Setting, shapes};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::projects::settings::Addition;
use crate::routes::projects::{self, descriptors, preview_account, settings, softwares, team};

/// Mounts lists of projects, and their teams, settings and descriptors.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes
        .tag("Projects")
        .get(
            "/data/projects/open",
            "Open productions of the caller, with their settings",
            projects::open,
        )
        .query(&[QueryParameter::Text("name")])
        .answers(|| shapes::open_project().list())
        .get(
            "/data/projects/all",
            "Productions of the caller, open or closed",
            projects::all,
        )
        .query(&[QueryParameter::Text("name")])
        .answers(|| shapes::listed_project().list());
    let routes = mount_team(routes);
    let routes = mount_settings(routes);
    let routes = mount_descriptors(routes);
    mount_descriptors_everywhere(routes)
}

/// Mounts the team of a project, and its preview account.
fn mount_team(routes: Routes) -> Routes {
    let account = "/data/projects/{project_id}/preview-account";
    routes
        .get(
            "/data/projects/{project_id}/team",
            "Team of a production, with roles",
            team::list,
        )
        .answers(|| shapes::member().list())
        .post(
            "/data/projects/{project_id}/team",
            "Add a person to the team of a production",
            team::add,
        )
        .creates(shapes::project)
        .put(
            "/data/projects/{project_id}/team/{person_id}",
            "Set the role of a team member",
            team::set_role,
        )
        .answers(shapes::role_of_member)
        .delete(
            "/data/projects/{project_id}/team/{person_id}",
            "Remove a person from the team of a production",
            |caller, state, path| settings::remove(Setting::Team, caller, state, path),
        )
        .answers_nothing()
        .get(
            account,
            "The account that shows a production as clients see it",
            preview_account::read,
        )
        .answers(|| shapes::preview_account().or_null())
        .post(
            account,
            "Make that account, or give it another password",
            preview_account::renew,
        )
        .creates(shapes::preview_account)
        .put(
            account,
            "Open that account for an hour, or close it",
            preview_account::open,
        )
        .answers(shapes::preview_account)
        .delete(account, "Delete that account", preview_account::delete)
        .answers_nothing()
}

/// Mounts the settings of the studio that a project uses.
fn mount_settings(routes: Routes) -> Routes {
    let routes = [
        (
            Setting::AssetTypes,
            "asset-types",
            "asset_type_id",
            "ProjectAssetTypeSchema",
            "an asset type",
        ),
        (
            Setting::TaskStatuses,
            "task-status",
            "task_status_id",
            "ProjectTaskStatusSchema",
            "a task status",
        ),
        (
            Setting::StatusAutomations,
            "status-automations",
            "status_automation_id",
            "ProjectStatusAutomationSchema",
            "a status automation",
        ),
        (
            Setting::PreviewBackgrounds,
            "preview-background-files",
            "preview_background_file_id",
            "ProjectPreviewBackgroundSchema",
            "a preview background",
        ),
    ]
    .into_iter()
    .fold(routes, |routes, (setting, path, field, schema, what)| {
        let list = format!("/data/projects/{{project_id}}/settings/{path}");
        let addition = Addition {
            setting,
            field,
            schema,
        };
        routes
            .post(
                &list,
                &format!("Add {what} to a production"),
                move |caller, state, path, arguments| {
                    settings::add(addition, caller, state, path, arguments)
                },
            )
            .body(schema, move |fields| settings::added_id(addition, fields))
            .creates(shapes::project)
            .delete(
                &format!("{list}/{{{field}}}"),
                &format!("Remove {what} from a production"),
                move |caller, state, path| settings::remove(setting, caller, state, path),
            )
            .answers_nothing()
    });
    routes
        .get(
            "/data/projects/{project_id}/task-types",
            "Task types of a production",
            settings::task_types,
        )
        .answers(|| shapes::task_type().list())
        .post(
            "/data/projects/{project_id}/settings/task-types",
            "Add a task type to a production",
            settings::add_task_type,
        )
        .creates(shapes::project)
        .delete(
            "/data/projects/{project_id}/settings/task-types/{task_type_id}",
            "Remove a task type from a production",
            |caller, state, path| settings::remove(Setting::TaskTypes, caller, state, path),
        )
        .answers_nothing()
        .get(
            "/data/projects/{project_id}/settings/task-status",
            "Task statuses of a production",
            settings::task_statuses,
        )
        .answers(|| shapes::task_status().list())
        .put(
            "/data/projects/{project_id}/settings/task-status/{task_status_id}",
            "Set whether clients may use a task status",
            settings::allow_to_clients,
        )
        .answers(|| shapes::setting_link(LinkOrder::TaskStatuses))
        .get(
            "/data/projects/{project_id}/settings/status-automations",
            "Status automations of a production",
            settings::status_automations,
        )
        .answers(|| shapes::status_automation().list())
        .get(
            "/data/projects/{project_id}/settings/preview-background-files",
            "Preview backgrounds of a production",
            settings::preview_backgrounds,
        )
        .answers(|| shapes::preview_background().list())
        .post(
            "/data/projects/{project_id}/settings/batch",
            "Add task types, task statuses and asset types to a production",
            settings::add_many,
        )
        .answers(shapes::project)
        .get(
            "/data/projects/{project_id}/task-type-softwares",
            "Software of the task types of a production",
            softwares::list,
        )
        .answers(|| shapes::software_link().list())
        .post(
            "/data/projects/{project_id}/task-types/{task_type_id}/softwares",
            "Add a software to a task type of a production",
            softwares::add,
        )
        .creates(shapes::software_link)
        .delete(
            "/data/projects/{project_id}/task-types/{task_type_id}/softwares/{software_id}",
            "Remove a software from a task type of a production",
            softwares::remove,
        )
        .answers_nothing()
}

/// Mounts the metadata descriptors of one project.
fn mount_descriptors(routes: Routes) -> Routes {
    let list = "/data/projects/{project_id}/metadata-descriptors";
    let one = "/data/projects/{project_id}/metadata-descriptors/{metadata_descriptor_id}";
    routes
        .get(list, "Metadata fields of a production", descriptors::list)
        .answers(|| METADATA_DESCRIPTORS.shape().list())
        .post(
            list,
            "Give a production a metadata field",
            descriptors::create,
        )
        .creates(|| METADATA_DESCRIPTORS.shape())
        .post(
            "/data/projects/{project_id}/metadata-descriptors/reorder",
            "Reorder the metadata descriptors of a production",
            descriptors::order,
        )
        .answers(|| METADATA_DESCRIPTORS.shape().list())
        .get(one, "A metadata field of a production", descriptors::read)
        .answers(|| METADATA_DESCRIPTORS.shape())
        .put(one, "Change a metadata field", descriptors::update)
        .answers(|| METADATA_DESCRIPTORS.shape())
        .delete(
            one,
            "Take a metadata field from a production, with its values",
            descriptors::delete,
        )
        .answers_nothing()
}

/// Mounts the metadata descriptors of all projects that the caller manages.
fn mount_descriptors_everywhere(routes: Routes) -> Routes {
    let one = "/data/metadata-descriptors/all-projects/{field_name}";
    routes
        .post(
            "/data/metadata-descriptors/all-projects",
            "Create a metadata descriptor in every production",
            descriptors::create_everywhere,
        )
        .creates(|| METADATA_DESCRIPTORS.shape().list())
        .post(
            "/actions/metadata-descriptors/all-projects/reorder",
            "Reorder the metadata descriptors of every production",
            descriptors::order_everywhere,
        )
        .answers(|| METADATA_DESCRIPTORS.shape().list())
        .put(
            one,
            "Change a metadata field in every production",
            descriptors::update_everywhere,
        )
        .answers(|| METADATA_DESCRIPTORS.shape().list())
        .delete(
            one,
            "Take a metadata field from every production",
            descriptors::delete_everywhere,
        )
        .query(&[QueryParameter::Text("entity_type")])
        .answers(|| Shape::id().list())
}
