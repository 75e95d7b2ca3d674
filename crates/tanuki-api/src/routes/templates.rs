//! Project templates. Managers may list their parts, only admins change them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::projects::template_links::TemplatePart;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Arguments, Authenticated, Body, Fields, PathIds, TextRule};
use crate::{Api, response};

type Rows = Json<Vec<Map<String, Value>>>;
type Created = (StatusCode, Json<JsonRow>);

/// The body of `PUT /data/project-templates/ID/default-preview-background-file`.
#[derive(Debug)]
pub(crate) struct SetDefaultBackground {
    background: Option<MaybeId>,
}

impl ActionBody for SetDefaultBackground {
    const SCHEMA: &'static str = "SetDefaultBackgroundSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            background: fields
                .optional_text("default_preview_background_file_id")
                .map(MaybeId::from),
        }
    }
}

/// `PUT /data/project-templates/ID/default-preview-background-file`.
pub(crate) async fn set_default_background(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(template): PathIds<MaybeId>,
    body: Body<SetDefaultBackground>,
) -> HandlerResult<Json<JsonRow>> {
    let admin = caller.as_admin()?;
    let SetDefaultBackground { background } = body.validate()?;
    let row = api
        .core
        .projects()
        .set_template_background(admin, &template, background.as_ref())
        .await?;
    Ok(Json(row))
}

/// The body of `PUT /data/project-templates/ID/metadata-descriptors`.
#[derive(Debug)]
pub(crate) struct SetDescriptors {
    descriptors: Vec<Value>,
}

impl ActionBody for SetDescriptors {
    const SCHEMA: &'static str = "SetMetadataDescriptorsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            descriptors: fields.optional_list("metadata_descriptors"),
        }
    }
}

/// `PUT /data/project-templates/ID/metadata-descriptors`. The body may be the
/// list itself.
pub(crate) async fn set_descriptors(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(template): PathIds<MaybeId>,
    body: Body<SetDescriptors>,
) -> HandlerResult<Json<JsonRow>> {
    let admin = caller.as_admin()?;
    let Arguments(body) = body.into_unvalidated();
    let descriptors = match body {
        Value::Array(descriptors) => descriptors,
        body => {
            let body: Body<SetDescriptors> = Arguments(body).into();
            body.validate()?.descriptors
        }
    };
    let row = api
        .core
        .projects()
        .set_template_descriptors(admin, &template, &descriptors)
        .await?;
    Ok(Json(row))
}

/// The body of `POST /data/project-templates/from-project/ID`.
#[derive(Debug)]
pub(crate) struct CreateTemplateFromProject {
    name: String,
    description: Option<String>,
}

impl ActionBody for CreateTemplateFromProject {
    const SCHEMA: &'static str = "CreateTemplateFromProjectSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", TextRule::FILLED),
            description: fields.optional_text("description"),
        }
    }
}

/// `POST /data/project-templates/from-project/ID`.
pub(crate) async fn create_from_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    body: Body<CreateTemplateFromProject>,
) -> HandlerResult<Created> {
    let admin = caller.as_admin()?;
    let CreateTemplateFromProject { name, description } = body.validate()?;
    let row = api
        .core
        .projects()
        .create_template_from(admin, &project, name, description)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The ids in the path of a template that is applied to a project.
#[derive(Debug, Deserialize)]
pub(crate) struct AppliedTemplate {
    project_id: MaybeId,
    project_template_id: MaybeId,
}

/// `POST /data/projects/ID/apply-template/ID`.
pub(crate) async fn apply(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<AppliedTemplate>,
) -> HandlerResult<Json<JsonRow>> {
    let row = api
        .core
        .projects()
        .apply_template_to(
            caller.as_admin()?,
            &path.project_id,
            &path.project_template_id,
        )
        .await?;
    Ok(Json(row))
}

/// `GET /data/project-templates/ID/PARTS`.
pub(crate) async fn list(
    part: TemplatePart,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(template): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .template_parts(&caller, &template, part)
            .await?,
    )
    .await
}

/// `POST /data/project-templates/ID/PARTS`.
pub(crate) async fn add(
    part: TemplatePart,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(template): PathIds<MaybeId>,
    body: Arguments,
) -> HandlerResult<Created> {
    let admin = caller.as_admin()?;
    let read = |fields: &mut Fields| part_fields(part, fields);
    let (target, values) = Fields::validated(body, schema(part), read)?;
    let row = api
        .core
        .projects()
        .add_to_template(admin, &template, part, &target, values)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The ids in the path of a part of a template. The second parameter has
/// another name for each kind of part.
#[derive(Debug, Deserialize)]
pub(crate) struct TemplatePartPath {
    project_template_id: MaybeId,
    #[serde(
        alias = "asset_type_id",
        alias = "task_type_id",
        alias = "task_status_id",
        alias = "status_automation_id",
        alias = "preview_background_file_id"
    )]
    target_id: MaybeId,
}

/// `DELETE /data/project-templates/ID/PARTS/ID`.
pub(crate) async fn remove(
    part: TemplatePart,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TemplatePartPath>,
) -> HandlerResult {
    api.core
        .projects()
        .remove_from_template(
            caller.as_admin()?,
            &path.project_template_id,
            part,
            &path.target_id,
        )
        .await?;
    Ok(response::no_content())
}

/// `POST /actions/project-templates/ID/PARTS/reorder`.
pub(crate) async fn order(
    part: TemplatePart,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(template): PathIds<MaybeId>,
    body: Arguments,
) -> HandlerResult<Rows> {
    let admin = caller.as_admin()?;
    let (schema, field) = order_field(part);
    let targets = Fields::validated(body, schema, |fields| fields.required_texts(field))?;
    let targets: Vec<MaybeId> = targets.into_iter().map(MaybeId::from).collect();
    let ordered = api
        .core
        .projects()
        .order_template(admin, &template, part, &targets)
        .await?;
    Ok(Json(ordered))
}

/// Zou's name of the body with the new order of a part, and its field.
pub(crate) fn order_field(part: TemplatePart) -> (&'static str, &'static str) {
    match part {
        TemplatePart::TaskTypes => ("ReorderTaskTypesSchema", "task_type_ids"),
        _ => ("ReorderTaskStatusesSchema", "task_status_ids"),
    }
}

/// Reads the id of what is added to a template, and the values of the link.
pub(crate) fn part_fields(
    part: TemplatePart,
    fields: &mut Fields,
) -> (MaybeId, Map<String, Value>) {
    let target = MaybeId::from(fields.text(part.target(), TextRule::FILLED));
    let values = match part {
        TemplatePart::TaskTypes => task_type_fields(fields),
        TemplatePart::TaskStatuses => task_status_fields(fields),
        _ => Map::new(),
    };
    (target, values)
}

/// Zou's name of the body that adds to a part of a template.
pub(crate) fn schema(part: TemplatePart) -> &'static str {
    match part {
        TemplatePart::TaskTypes => "AddTaskTypeSchema",
        TemplatePart::TaskStatuses => "AddTaskStatusSchema",
        TemplatePart::AssetTypes => "AddAssetTypeSchema",
        TemplatePart::StatusAutomations => "AddStatusAutomationSchema",
        TemplatePart::PreviewBackgrounds => "AddBackgroundSchema",
    }
}

/// Reads the settings of a task type; both bit rates are set if either is
/// given.
fn task_type_fields(fields: &mut Fields) -> Map<String, Value> {
    let mut values = Map::new();
    put(
        &mut values,
        "priority",
        fields.optional_integer("priority", None),
    );
    let bitrates = ["hd_bitrate_compression", "ld_bitrate_compression"];
    let has_bitrates = bitrates.iter().any(|field| fields.has(field));
    for field in bitrates {
        let rate = fields.optional_integer(field, Some(1));
        if has_bitrates {
            values.insert(field.into(), rate.into());
        }
    }
    let is_visible = fields.optional_flag("is_client_visible");
    put(&mut values, "is_client_visible", is_visible);
    values
}

/// Reads the settings of a task status.
fn task_status_fields(fields: &mut Fields) -> Map<String, Value> {
    let mut values = Map::new();
    put(
        &mut values,
        "priority",
        fields.optional_integer("priority", None),
    );
    let roles = fields.texts("roles_for_board");
    put(
        &mut values,
        "roles_for_board",
        (!roles.is_empty()).then_some(roles),
    );
    if fields.has("is_client_allowed") {
        let is_allowed = fields.optional_flag("is_client_allowed");
        values.insert("is_client_allowed".into(), is_allowed.into());
    }
    values
}

/// Sets a value unless it is `None`.
fn put(values: &mut Map<String, Value>, field: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        values.insert(field.into(), value.into());
    }
}
