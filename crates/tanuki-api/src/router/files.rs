//! Routes of working files, output files and their paths.

use tanuki_core::files::shapes;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::files;
use crate::routes::files::outputs::{EntityPath, InstancePath};
use crate::routes::files::{outputs, paths, working};

/// What lists of output files are filtered by.
const OUTPUT_FILTERS: &[QueryParameter] = &[
    QueryParameter::Id("output_type_id"),
    QueryParameter::Id("task_type_id"),
    QueryParameter::Id("file_status_id"),
    QueryParameter::Text("name"),
    QueryParameter::Text("representation"),
];

/// Mounts working files, then output files of entities, of asset instances and
/// of productions.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = of_tasks(routes.tag("Files"));
    let routes = of_working_files(routes);
    let routes = of_entities(routes);
    of_instances(routes)
}

fn of_tasks(routes: Routes) -> Routes {
    routes
        .get(
            "/data/tasks/{task_id}/working-files",
            "Working files of a task, last revision first",
            working::of_task,
        )
        .answers(|| shapes::working_file().list())
        .get(
            "/data/tasks/{task_id}/working-files/last-revisions",
            "Last revisions of the working files of a task, by name",
            working::last_of_task,
        )
        .answers(|| shapes::working_file().by_key())
        .post(
            "/data/tasks/{task_id}/working-files/new",
            "Create a working file of a task: its next revision, with its path",
            working::create,
        )
        .creates(shapes::working_file)
        .post(
            "/data/tasks/{task_id}/working-file-path",
            "Path of a working file by the file tree of the production",
            paths::of_working_file,
        )
        .answers(shapes::working_file_path)
}

fn of_working_files(routes: Routes) -> Routes {
    routes
        .get(
            "/data/files/{file_id}",
            "A working file or an output file",
            files::read,
        )
        .answers(shapes::file)
        .put(
            "/actions/working-files/{working_file_id}/comment",
            "Set the comment of a working file",
            working::comment,
        )
        .answers(shapes::working_file)
        .put(
            "/actions/working-files/{working_file_id}/modified",
            "Set the modification time of a working file to now",
            working::modified,
        )
        .answers(shapes::working_file)
        .get(
            "/data/working-files/{working_file_id}/file",
            "Download the content of a working file",
            working::content,
        )
        .answers_file("application/octet-stream")
        .post(
            "/data/working-files/{working_file_id}/file",
            "Upload the content of a working file, as `file` of a form",
            working::upload,
        )
        .creates(shapes::working_file_with_outputs)
}

fn of_entities(routes: Routes) -> Routes {
    routes
        .get(
            "/data/entities/{entity_id}/working-files",
            "Working files of an entity, last revision first",
            working::of_entity,
        )
        .query(&[
            QueryParameter::Id("task_id"),
            QueryParameter::Text("name"),
            QueryParameter::Flag("relations"),
        ])
        .answers(|| {
            shapes::working_file()
                .or(shapes::working_file_with_outputs())
                .list()
        })
        .get(
            "/data/entities/{entity_id}/output-files",
            "Output files of an entity, last revision first",
            outputs::of_entity,
        )
        .query(OUTPUT_FILTERS)
        .answers(|| shapes::output_file().list())
        .get(
            "/data/entities/{entity_id}/output-files/last-revisions",
            "Last revisions of the output files of an entity",
            outputs::last::<EntityPath>,
        )
        .query(OUTPUT_FILTERS)
        .answers(|| shapes::output_file().list())
        .get(
            "/data/entities/{entity_id}/output-types",
            "Types of the output files of an entity",
            outputs::types::<EntityPath>,
        )
        .answers(|| shapes::output_type().list())
        .get(
            "/data/entities/{entity_id}/output-types/{output_type_id}/output-files",
            "Output files of an entity and a type, last revision first",
            outputs::of_type,
        )
        .query(&[QueryParameter::Text("representation")])
        .answers(|| shapes::output_file().list())
        .post(
            "/data/entities/{entity_id}/output-files/next-revision",
            "Number of the next revision of an output file of an entity",
            outputs::next_revision::<EntityPath>,
        )
        .answers(shapes::next_revision)
        .post(
            "/data/entities/{entity_id}/output-files/new",
            "Create an output file of an entity: its next revision, with its path",
            outputs::create_of_entity,
        )
        .creates(shapes::new_output_file)
        .post(
            "/data/entities/{entity_id}/output-file-path",
            "Path of an output file of an entity by the file tree of the production",
            paths::of_output_file::<EntityPath>,
        )
        .answers(shapes::output_file_path)
        .get(
            "/data/projects/{project_id}/output-files",
            "Output files of the entities of a production, newest first",
            outputs::of_project,
        )
        .query(OUTPUT_FILTERS)
        .answers(|| shapes::output_file().list())
}

fn of_instances(routes: Routes) -> Routes {
    const IN: &str = "/data/asset-instances/{asset_instance_id}/entities/{temporal_entity_id}";
    routes
        .get(
            "/data/asset-instances/{asset_instance_id}/output-files",
            "Output files of an asset instance, last revision first",
            outputs::of_instance,
        )
        .query(OUTPUT_FILTERS)
        .query(&[QueryParameter::Id("temporal_entity_id")])
        .answers(|| shapes::output_file().list())
        .get(
            &format!("{IN}/output-files/last-revisions"),
            "Last revisions of the output files of an asset instance in an entity",
            outputs::last::<InstancePath>,
        )
        .query(OUTPUT_FILTERS)
        .answers(|| shapes::output_file().list())
        .get(
            &format!("{IN}/output-types"),
            "Types of the output files of an asset instance in an entity",
            outputs::types::<InstancePath>,
        )
        .answers(|| shapes::output_type().list())
        .get(
            &format!("{IN}/output-types/{{output_type_id}}/output-files"),
            "Output files of an asset instance in an entity and of a type",
            outputs::of_instance_and_type,
        )
        .query(&[QueryParameter::Text("representation")])
        .answers(|| shapes::output_file().list())
        .post(
            &format!("{IN}/output-files/next-revision"),
            "Number of the next revision of an output file of an asset instance",
            outputs::next_revision::<InstancePath>,
        )
        .answers(shapes::next_revision)
        .post(
            &format!("{IN}/output-files/new"),
            "Create an output file of an asset instance: its next revision, with its path",
            outputs::create_of_instance,
        )
        .creates(shapes::new_output_file)
        .post(
            &format!("{IN}/output-file-path"),
            "Path of an output file of an asset instance by the file tree of the production",
            paths::of_output_file::<InstancePath>,
        )
        .answers(shapes::output_file_path)
}
