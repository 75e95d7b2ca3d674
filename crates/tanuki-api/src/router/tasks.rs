//! Routes of tasks.

use tanuki_core::Shape;
use tanuki_core::comments::Part;
use tanuki_core::comments::shapes as of_tasks;
use tanuki_core::entities::{ENTITIES, Kind};
use tanuki_core::tasks::{Below, Spend, shapes};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::tasks::{actions, create, lists, open, time};

/// The filters of tasks of open productions.
const OPEN_TASK_FILTERS: [QueryParameter; 9] = [
    QueryParameter::Id("project_id"),
    QueryParameter::Id("task_type_id"),
    QueryParameter::Id("task_status_id"),
    QueryParameter::Id("person_id"),
    QueryParameter::Id("studio_id"),
    QueryParameter::Id("department_id"),
    QueryParameter::Date("start_date"),
    QueryParameter::Date("due_date"),
    QueryParameter::Integer("priority"),
];

/// Whether lists of linked ids are part of the answer.
const RELATIONS: &[QueryParameter] = &[QueryParameter::Flag("relations")];

/// Mounts tasks, and actions on them.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = of_entities(routes);
    let routes = creation(routes);
    let routes = actions(routes);
    let routes = time_spent(routes);
    reading(routes)
}

/// Mounts the tasks of an entity of each kind, and of the entities below it.
fn of_entities(routes: Routes) -> Routes {
    let of = |kind| move |caller, api, id, query| lists::of(kind, caller, api, id, query);
    let below = |place| move |caller, api, id, query| lists::below(place, caller, api, id, query);
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/tasks",
            "Tasks of an asset",
            of(Kind::Asset),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .tag("Shots")
        .get(
            "/data/shots/{shot_id}/tasks",
            "Tasks of a shot",
            of(Kind::Shot),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/scenes/{scene_id}/tasks",
            "Tasks of a layout scene",
            of(Kind::Scene),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/sequences/{sequence_id}/tasks",
            "Tasks of a sequence, without those of its shots",
            of(Kind::Sequence),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/episodes/{episode_id}/tasks",
            "Tasks of an episode, without those of what is in it",
            of(Kind::Episode),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/sequences/{sequence_id}/shot-tasks",
            "Tasks of the shots of a sequence",
            below(Below::Sequence),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/episodes/{episode_id}/shot-tasks",
            "Tasks of the shots of an episode",
            below(Below::Episode),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/episodes/{episode_id}/asset-tasks",
            "Tasks of the assets of an episode",
            below(Below::AssetsOfEpisode),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .tag("Edits")
        .get(
            "/data/edits/{edit_id}/tasks",
            "Tasks of an edit",
            of(Kind::Edit),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .get(
            "/data/episodes/{episode_id}/edit-tasks",
            "Tasks of the edits of an episode",
            below(Below::EditsOfEpisode),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .tag("Concepts")
        .get(
            "/data/concepts/{concept_id}/tasks",
            "Tasks of a concept",
            of(Kind::Concept),
        )
        .query(RELATIONS)
        .answers(|| shapes::detailed().list())
        .tag("Tasks")
        .get(
            "/data/entities/{entity_id}/task-types/{task_type_id}/tasks",
            "Tasks of an entity by task type",
            lists::of_type,
        )
        .answers(|| shapes::task().list())
}

/// Mounts the creation of tasks.
fn creation(routes: Routes) -> Routes {
    let of =
        |kind| move |caller, api, path, query, ids| create::of(kind, caller, api, path, query, ids);
    routes
        .tag("Tasks")
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/assets/create-tasks",
            "Create tasks of a type for the assets that have none",
            of(Kind::Asset),
        )
        .filters(&ENTITIES)
        .query(&[QueryParameter::Id("episode_id")])
        .creates(|| shapes::created().list())
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/shots/create-tasks",
            "Create tasks of a type for the shots that have none",
            of(Kind::Shot),
        )
        .filters(&ENTITIES)
        .creates(|| shapes::created().list())
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/edits/create-tasks",
            "Create tasks of a type for the edits that have none",
            of(Kind::Edit),
        )
        .filters(&ENTITIES)
        .creates(|| shapes::created().list())
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/concepts/create-tasks",
            "Create tasks of a type for the concepts that have none",
            of(Kind::Concept),
        )
        .filters(&ENTITIES)
        .creates(|| shapes::created().list())
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{entity_type}",
            "Create tasks of a type for the entities of a type that have none",
            create::of_named,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .creates(|| shapes::created().list())
        .tag("Entities")
        .post(
            "/data/entities/{entity_id}/tasks",
            "Create the tasks of an entity",
            create::of_entity,
        )
        .creates(|| shapes::created().list())
}

/// Mounts assignment, main previews and deletion of tasks.
fn actions(routes: Routes) -> Routes {
    routes
        .tag("Tasks")
        .put(
            "/actions/tasks/{task_id}/assign",
            "Assign a task to a person",
            actions::assign,
        )
        .answers(shapes::task)
        .put(
            "/actions/persons/{person_id}/assign",
            "Assign tasks to a person",
            actions::assign_many,
        )
        .answers(|| shapes::task().list())
        .put(
            "/actions/tasks/clear-assignation",
            "Unassign tasks, from one person or from all",
            actions::clear_assignation,
        )
        .answers(|| Shape::text().list())
        .put(
            "/actions/tasks/set-priority",
            "Set the priority of tasks",
            actions::set_priority,
        )
        .answers(|| shapes::task().list())
        .put(
            "/actions/tasks/{task_id}/set-main-preview",
            "Set the latest preview of a task as the main preview of its entity",
            actions::show,
        )
        .answers(shapes::shown_entity)
        .put(
            "/actions/tasks/set-main-preview",
            "Set the latest previews of tasks as the main previews of their entities",
            actions::show_many,
        )
        .answers(|| shapes::shown_entity().list())
        .tag("Previews")
        .put(
            "/actions/preview-files/{preview_file_id}/set-main-preview",
            "Set a preview as the main preview of its entity",
            actions::show_preview,
        )
        .answers(shapes::shown_entity)
        .tag("Tasks")
        .post(
            "/actions/projects/{project_id}/delete-tasks",
            "Delete tasks of a production",
            actions::delete,
        )
        .answers(|| Shape::id().list())
        .delete(
            "/actions/projects/{project_id}/task-types/{task_type_id}/delete-tasks",
            "Delete a production's tasks of one type",
            actions::delete_of_type,
        )
        .answers_nothing()
}

/// Mounts time spent on tasks.
fn time_spent(routes: Routes) -> Routes {
    let spend = |how| move |caller, api, path, body| time::spend(how, caller, api, path, body);
    routes
        .get(
            "/actions/tasks/{task_id}/time-spents",
            "Time spent on a task, by person",
            time::of_task,
        )
        .answers(shapes::time_by_person)
        .get(
            "/actions/tasks/{task_id}/time-spents/{date}",
            "Time spent on a task on a day, by person",
            time::of_day,
        )
        .answers(shapes::time_by_person)
        .post(
            "/actions/tasks/{task_id}/time-spents/{date}/persons/{person_id}",
            "Set the time that a person spent on a task on a day",
            spend(Spend::Set),
        )
        .creates(shapes::time_spent)
        .delete(
            "/actions/tasks/{task_id}/time-spents/{date}/persons/{person_id}",
            "Delete the time that a person spent on a task on a day",
            time::take_back,
        )
        .creates(shapes::time_spent)
        .post(
            "/actions/tasks/{task_id}/time-spents/{date}/persons/{person_id}/add",
            "Add to the time that a person spent on a task on a day",
            spend(Spend::Add),
        )
        .creates(shapes::time_spent)
}

/// Mounts lists of the tasks of people and projects, and of what belongs to
/// tasks.
fn reading(routes: Routes) -> Routes {
    let part =
        |part| move |caller, api, id, query| lists::part_of_project(part, caller, api, id, query);
    let of_person = |is_done| move |caller, api, id| lists::of_person(is_done, caller, api, id);
    routes
        .tag("Tasks")
        .get(
            "/data/tasks/{task_id}/full",
            "A task with its entity, project, assignees and previews",
            lists::full,
        )
        .answers(shapes::full)
        .get(
            "/data/tasks/{task_id}/previews",
            "Previews of a task",
            lists::previews,
        )
        .answers(|| shapes::preview().list())
        .get(
            "/data/tasks/open-tasks",
            "Tasks of open productions",
            open::list,
        )
        .query(&[
            QueryParameter::Integer("page"),
            QueryParameter::Integer("limit"),
        ])
        .query(&OPEN_TASK_FILTERS)
        .answers(shapes::open)
        .get(
            "/data/tasks/open-tasks/stats",
            "Statistics of the tasks of open productions",
            open::stats,
        )
        .answers(shapes::open_stats)
        .get(
            "/data/tasks/open-tasks/burndown",
            "Burndown of the tasks of open productions",
            open::burndown,
        )
        .query(&OPEN_TASK_FILTERS)
        .answers(shapes::burndown)
        .get(
            "/data/persons/{person_id}/tasks",
            "Open tasks of a person",
            of_person(false),
        )
        .answers(|| shapes::todo().list())
        .get(
            "/data/persons/{person_id}/done-tasks",
            "Done tasks of a person",
            of_person(true),
        )
        .answers(|| shapes::todo().list())
        .get(
            "/data/persons/{person_id}/related-tasks/{task_type_id}",
            "Tasks of a type on the entities that a person is assigned to",
            lists::related,
        )
        .answers(|| shapes::task().list())
        .get(
            "/data/persons/task-dates",
            "First and last dates of each person's tasks",
            lists::dates,
        )
        .query(&[QueryParameter::Id("project_id")])
        .answers(|| shapes::dates_of_person().list())
        .get(
            "/data/projects/{project_id}/tasks",
            "Tasks of a production",
            lists::of_project,
        )
        .query(&[
            QueryParameter::Id("task_type_id"),
            QueryParameter::Id("episode_id"),
            QueryParameter::Integer("page"),
        ])
        .answers(|| shapes::task().list_or_page())
        .get(
            "/data/projects/{project_id}/comments",
            "Comments on the tasks of a production",
            part(Part::Comments),
        )
        .query(&[
            QueryParameter::Integer("page"),
            QueryParameter::Integer("limit"),
        ])
        .answers(|| of_tasks::part_of_project(Part::Comments).list_or_page())
        .get(
            "/data/projects/{project_id}/notifications",
            "Notifications of the tasks of a production",
            part(Part::Notifications),
        )
        .query(&[QueryParameter::Integer("page")])
        .answers(|| of_tasks::part_of_project(Part::Notifications).list_or_page())
        .get(
            "/data/projects/{project_id}/preview-files",
            "Previews of the tasks of a production",
            part(Part::PreviewFiles),
        )
        .query(&[QueryParameter::Integer("page")])
        .answers(|| of_tasks::part_of_project(Part::PreviewFiles).list_or_page())
        .get(
            "/data/projects/{project_id}/subscriptions",
            "Subscriptions to the tasks of a production",
            part(Part::Subscriptions),
        )
        .answers(|| of_tasks::part_of_project(Part::Subscriptions).list())
        .tag("Entities")
        .get(
            "/data/entities/{entity_id}/preview-files",
            "Previews of an entity's tasks",
            lists::previews_of_entity,
        )
        .answers(|| of_tasks::preview_of_entity().list())
        .get(
            "/data/entities/{entity_id}/time-spents",
            "Time spent on an entity's tasks",
            lists::time_of_entity,
        )
        .answers(|| shapes::time_spent().list())
}
