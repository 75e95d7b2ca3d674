//! `/data/user/filters` and `/data/user/filter-groups`: searches that the
//! caller saved.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tanuki_core::work::SavedSearch;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, Fields, PathIds, Person, TextRule};
use crate::{Api, response};

type Object = Json<JsonRow>;

/// Reads an optional id.
fn id(fields: &mut Fields, field: &str) -> Option<MaybeId> {
    fields.optional_text(field).map(MaybeId::from)
}

/// The body of `POST /data/user/filters`.
#[derive(Debug)]
pub(crate) struct NewFilter(SavedSearch);

impl ActionBody for NewFilter {
    const SCHEMA: &'static str = "CreateSearchFilterSchema";

    fn read(fields: &mut Fields) -> Self {
        let name = fields.text("name", TextRule::FILLED);
        let query = fields.text("query", TextRule::FILLED);
        let list_type = fields.text_or("list_type", "todo");
        let project = id(fields, "project_id");
        let entity_type = fields.optional_text("entity_type");
        Self(SavedSearch {
            texts: vec![
                ("name", Some(name)),
                ("search_query", Some(query)),
                ("list_type", Some(list_type)),
                ("entity_type", entity_type),
            ],
            project,
            is_shared: fields.optional_flag("is_shared"),
            group: Some(id(fields, "search_filter_group_id")),
            department: id(fields, "department_id"),
        })
    }
}

/// The body of `PUT /data/user/filters/ID`.
#[derive(Debug)]
pub(crate) struct FilterChange(SavedSearch);

impl ActionBody for FilterChange {
    const SCHEMA: &'static str = "UpdateSearchFilterSchema";

    fn read(fields: &mut Fields) -> Self {
        let name = fields.optional_text("name");
        let query = fields.optional_text("search_query");
        let is_given = fields.has("search_filter_group_id");
        let group = id(fields, "search_filter_group_id");
        Self(SavedSearch {
            texts: vec![("name", name), ("search_query", query)],
            group: is_given.then_some(group),
            is_shared: fields.optional_flag("is_shared"),
            project: id(fields, "project_id"),
            department: id(fields, "department_id"),
        })
    }
}

/// The body of `POST /data/user/filter-groups`.
#[derive(Debug)]
pub(crate) struct NewFilterGroup(SavedSearch);

impl ActionBody for NewFilterGroup {
    const SCHEMA: &'static str = "CreateSearchFilterGroupSchema";

    fn read(fields: &mut Fields) -> Self {
        let name = fields.text("name", TextRule::FILLED);
        let color = fields.optional_text("color");
        let list_type = fields.text_or("list_type", "todo");
        let project = id(fields, "project_id");
        let is_shared = fields.optional_flag("is_shared");
        let entity_type = fields.optional_text("entity_type");
        Self(SavedSearch {
            texts: vec![
                ("name", Some(name)),
                ("color", color),
                ("list_type", Some(list_type)),
                ("entity_type", entity_type),
            ],
            project,
            is_shared,
            department: id(fields, "department_id"),
            group: None,
        })
    }
}

/// The body of `PUT /data/user/filter-groups/ID`.
#[derive(Debug)]
pub(crate) struct FilterGroupChange(SavedSearch);

impl ActionBody for FilterGroupChange {
    const SCHEMA: &'static str = "UpdateSearchFilterGroupSchema";

    fn read(fields: &mut Fields) -> Self {
        let name = fields.optional_text("name");
        let color = fields.optional_text("color");
        Self(SavedSearch {
            texts: vec![("name", name), ("color", color)],
            is_shared: fields.optional_flag("is_shared"),
            project: id(fields, "project_id"),
            department: id(fields, "department_id"),
            group: None,
        })
    }
}

/// `GET /data/user/filters`.
pub(crate) async fn filters(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Object> {
    Ok(Json(api.core.work().filters(&caller).await?))
}

/// `POST /data/user/filters`.
pub(crate) async fn create_filter(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<NewFilter>,
) -> HandlerResult<(StatusCode, Object)> {
    let NewFilter(filter) = body.validate()?;
    let filter = api.core.work().create_filter(&caller, &filter).await?;
    Ok((StatusCode::CREATED, Json(filter)))
}

/// `PUT /data/user/filters/ID`.
pub(crate) async fn update_filter(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    body: Body<FilterChange>,
) -> HandlerResult<Object> {
    let FilterChange(change) = body.validate()?;
    let filter = api.core.work().update_filter(&caller, id, &change).await?;
    Ok(Json(filter))
}

/// `DELETE /data/user/filters/ID`.
pub(crate) async fn remove_filter(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Response> {
    api.core.work().remove_filter(&caller, id).await?;
    Ok(response::no_content())
}

/// `GET /data/user/filter-groups`.
pub(crate) async fn groups(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Object> {
    Ok(Json(api.core.work().filter_groups(&caller).await?))
}

/// `POST /data/user/filter-groups`.
pub(crate) async fn create_group(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<NewFilterGroup>,
) -> HandlerResult<(StatusCode, Object)> {
    let NewFilterGroup(group) = body.validate()?;
    let group = api.core.work().create_filter_group(&caller, &group).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

/// `GET /data/user/filter-groups/ID`.
pub(crate) async fn group(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Object> {
    Ok(Json(api.core.work().filter_group(&caller, id).await?))
}

/// `PUT /data/user/filter-groups/ID`.
pub(crate) async fn update_group(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    body: Body<FilterGroupChange>,
) -> HandlerResult<Object> {
    let FilterGroupChange(change) = body.validate()?;
    let work = api.core.work();
    Ok(Json(work.update_filter_group(&caller, id, &change).await?))
}

/// `DELETE /data/user/filter-groups/ID`.
pub(crate) async fn remove_group(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Response> {
    api.core.work().remove_filter_group(&caller, id).await?;
    Ok(response::no_content())
}
