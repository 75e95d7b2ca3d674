//! What the functions are called with.

use serde_json::{Value, json};
use tanuki_core::auth::{FactorError, ResetError, SecondFactorProof};
use tanuki_core::comments::NewComment;
use tanuki_core::communication::NOTIFICATIONS;
use tanuki_core::directory::DirectoryPerson;
use tanuki_core::entities::NewEntity;
use tanuki_core::files::{AnnotationChanges, NewOutputFile, Upload};
use tanuki_core::imports::ImportError;
use tanuki_core::projects::{DescriptorDetails, NewTaskType};
use tanuki_core::resource::RequestBody;
use tanuki_core::shares::{NewLink, ShareError};
use tanuki_core::work::SavedSearch;
use tanuki_core::{BotDetails, Caller, Error};

use super::Attempt;
use crate::studio::object;

pub(super) fn entity(name: &str) -> NewEntity {
    NewEntity {
        name: name.to_owned(),
        ..NewEntity::default()
    }
}

/// Somebody in the directory who has no account.
pub(super) fn stranger() -> DirectoryPerson {
    DirectoryPerson {
        dn: "uid=stranger".into(),
        login: "stranger".into(),
        uid: None,
        replaced_uid: None,
        emails: vec!["stranger@studio.local".into()],
        first_name: "Some".into(),
        last_name: "Body".into(),
        is_active: true,
    }
}

pub(super) fn body(value: Value) -> RequestBody {
    RequestBody::Object(object(value))
}

pub(super) fn remark(of: &Attempt) -> NewComment {
    NewComment {
        task_status_id: of.id("todo"),
        text: "A remark".into(),
        person_id: None,
        created_at: String::new(),
        checklist: Vec::new(),
        links: Vec::new(),
        for_client: false,
    }
}

pub(super) fn field(name: &str) -> DescriptorDetails {
    DescriptorDetails {
        name: Some(name.to_owned()),
        data_type: Some("string".into()),
        for_client: None,
        choices: Vec::new(),
        departments: Vec::new(),
    }
}

pub(super) fn share_link() -> NewLink {
    NewLink {
        expires: None,
        can_comment: true,
        password: None,
        burn_in: None,
    }
}

pub(super) fn share_error(error: ShareError) -> Error {
    match error {
        ShareError::Failed(error) => error,
        error => panic!("{error:?}"),
    }
}

pub(super) fn import_error(error: ImportError) -> Error {
    match error {
        ImportError::Other(error) => error,
        error => panic!("{error:?}"),
    }
}

pub(super) fn robot() -> BotDetails {
    BotDetails {
        name: "Robot".into(),
        expiration_date: String::new(),
        departments: Vec::new(),
        projects: Vec::new(),
        role: "user".into(),
        active: true,
    }
}

pub(super) fn tomorrow() -> chrono::NaiveDateTime {
    tanuki_domain::dates::parse_rfc3339("9000-01-01T00:00:00Z").unwrap()
}

pub(super) fn drawing() -> AnnotationChanges {
    AnnotationChanges {
        additions: vec![object(
            json!({"time": 1, "drawing": {"objects": [{"type": "path"}]}}),
        )],
        ..AnnotationChanges::default()
    }
}

pub(super) fn added(of: &Attempt) -> NewTaskType {
    NewTaskType {
        task_type_id: of.id("modeling"),
        priority: None,
        bitrates: None,
        is_client_visible: None,
    }
}

pub(super) fn search(name: &str) -> SavedSearch {
    SavedSearch {
        texts: ["name", "list_type"]
            .map(|column| (column, Some(name.to_owned())))
            .into(),
        ..SavedSearch::default()
    }
}

/// A picture of one pixel.
pub(super) const TGA: &[u8] = &[
    0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 10, 20, 30,
];

/// A background of one pixel.
pub(super) const HDR: &[u8] = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x10\x20\x30\x80";

/// A table of castings of the studio.
pub(super) const CASTING: &[u8] =
    b"Parent,Name,Asset Type,Asset,Occurences\nsequence,shot,Props here,prop,2\n";

/// A file that was received.
pub(super) async fn upload(of: &Attempt, name: &str, bytes: &[u8]) -> Result<Upload, Error> {
    let failed = |error: std::io::Error| Error::Failed(error.to_string());
    let mut receiving = of.core.storage().receive().await.map_err(failed)?;
    receiving.write(bytes).await.map_err(failed)?;
    Ok(Upload {
        name: name.to_owned(),
        mimetype: String::new(),
        received: receiving.finish().await.map_err(failed)?,
    })
}

/// Saves a filter, or a group of filters, of the caller's. Returns its id.
pub(super) async fn saved(of: &Attempt, is_group: bool) -> Result<uuid::Uuid, Error> {
    let work = of.core.work();
    let row = if is_group {
        work.create_filter_group(&of.caller, &search("Mine"))
            .await?
    } else {
        work.create_filter(&of.caller, &search("Mine")).await?
    };
    Ok(row["id"].as_str().unwrap().parse().unwrap())
}

/// Creates a notification of the caller's. Returns its id.
pub(super) async fn notified(of: &Attempt) -> Result<uuid::Uuid, Error> {
    of.caller.require_person()?;
    let row = json!({
        "type": "comment", "person_id": of.caller.id, "author_id": of.caller.id,
    });
    let made = of
        .core
        .resources()
        .create(&NOTIFICATIONS, &Caller::operator(), body(row))
        .await?;
    Ok(made["id"].as_str().unwrap().parse().unwrap())
}

pub(super) fn output_file(of: &Attempt) -> NewOutputFile {
    NewOutputFile {
        name: "main".into(),
        output_type_id: of.id("output_type"),
        task_type_id: of.id("animation"),
        person_id: None,
        working_file_id: Some(of.id("working_file")),
        file_status_id: None,
        comment: String::new(),
        revision: 0,
        extension: ".abc".into(),
        representation: String::new(),
        nb_elements: 1,
        separator: "/".into(),
    }
}

/// Errors of the functions that change a password.
pub(super) fn reset_error(error: ResetError) -> Error {
    match error {
        ResetError::Failed(error) => error,
        other => Error::Refused(format!("{other:?}").into()),
    }
}

pub(super) fn factor_error(error: FactorError) -> Error {
    match error {
        FactorError::Failed(error) => error,
        other => Error::Refused(format!("{other:?}").into()),
    }
}

/// A proof of second factors that nobody has.
pub(super) fn proof() -> SecondFactorProof {
    SecondFactorProof {
        totp: Some("123456".into()),
        recovery_code: Some("ABCDEFGHIJ".into()),
        ..SecondFactorProof::default()
    }
}

/// Takes it for success that what an allowed caller names is not there.
pub(super) async fn unless_absent(error: Error) -> tanuki_core::Result<()> {
    match error {
        Error::NotFound | Error::Refused(_) => Ok(()),
        other => Err(other),
    }
}
