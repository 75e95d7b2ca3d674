//! Forms with files.

use std::collections::HashSet;
use std::marker::PhantomData;

use axum::extract::{FromRequest, Multipart, Request};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;
use tanuki_core::files::Upload;
use tanuki_core::json_input::{self, JsonError};
use tanuki_core::{Caller, Error};

use super::body_limits::{check_length, media_type};
use super::multipart::{Form, ReceivedForm, limited, take_room_for_texts};
use super::{ActionBody, Arguments, Body};
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// A request whose body may be a form with files, not read yet: files are only
/// received once the handler has checked the caller's permission.
#[derive(Debug)]
pub(crate) struct FormRequest<T>(Request, PhantomData<fn() -> T>);

/// The argument with the id of an upload that is sent as the file `file`.
pub(crate) const UPLOAD_ID: &str = "upload_id";

/// The argument with the ids of uploads by the names of the files that they are
/// sent as.
pub(crate) const UPLOAD_IDS: &str = "upload_ids";

/// The arguments of an action, and the uploaded files: the first of each field
/// name, as in Zou, and those that were uploaded before by the tus protocol.
#[derive(Debug)]
pub(crate) struct WithFiles<T> {
    pub arguments: Body<T>,
    pub files: Vec<(String, Upload)>,
}

impl<T> WithFiles<T> {
    /// Returns the arguments and the files, without their field names.
    pub fn into_parts(self) -> (Body<T>, Vec<Upload>) {
        let files = self.files.into_iter().map(|(_, file)| file).collect();
        (self.arguments, files)
    }
}

impl<S: Sync, T> FromRequest<S> for FormRequest<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(request, PhantomData))
    }
}

impl<T: ActionBody> FormRequest<T> {
    /// Whether the body may contain files. The caller's permission has to be
    /// checked before such a body is read; other bodies are small, and are
    /// checked in Zou's order, which is to read them first.
    pub fn may_have_files(&self) -> bool {
        media_type(self.0.headers()) == "multipart/form-data"
    }

    /// Reads the body, and writes its files to temporary storage. Uploads of the
    /// caller's that the arguments name are files as well.
    ///
    /// # Errors
    ///
    /// 400 if the form is malformed or names an upload that is not there, 408 if it does not arrive in time, 413 if
    /// it is too large, 502 if too much is being sent at once.
    pub async fn read(self, api: &Api, caller: &Caller) -> Result<WithFiles<T>, Failure> {
        let unchecked = |_| ready(Ok(())).boxed();
        self.read_checked(api, caller, unchecked).await
    }

    /// Like [`read`](Self::read). `check` is called with the arguments that
    /// precede the first file, before that file is received.
    pub async fn read_checked(
        self,
        api: &Api,
        caller: &Caller,
        check: impl Fn(Value) -> BoxFuture<'static, Result<(), Failure>> + Send,
    ) -> Result<WithFiles<T>, Failure> {
        let mut form = match self.may_have_files() {
            true => self.read_form(api, check).await?,
            false => WithFiles {
                arguments: Body::from_request(self.0, api).await?,
                files: Vec::new(),
            },
        };
        let named = named_uploads(form.arguments.unvalidated())?;
        for NamedUpload {
            field,
            argument,
            id,
        } in named
        {
            if form.files.iter().any(|(sent, _)| *sent == field) {
                let message = format!("{argument}: the file `{field}` is sent twice.");
                return Err(Error::invalid(message).into());
            }
            let files = api.core.files();
            let upload = files.complete_upload(caller, argument, &id).await?;
            form.files.push((field, upload));
        }
        Ok(form)
    }

    async fn read_form(
        self,
        api: &Api,
        check: impl Fn(Value) -> BoxFuture<'static, Result<(), Failure>> + Send,
    ) -> Result<WithFiles<T>, Failure> {
        let Self(request, _) = self;
        check_length(request.headers(), api.max_body)?;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let taking_in = ReceivedForm {
            files: api.core.storage(),
            held: HeldMemory::of(request.extensions()),
        };
        if let Some(held) = &taking_in.held {
            take_room_for_texts(held, request.headers()).await?;
        }
        let mut form = Form::within(api.max_body);
        // Without a boundary, the form has no parts.
        let request = limited(request, api.max_body);
        if let Ok(mut parts) = Multipart::from_request(request, api).await {
            while let Some(part) = form.next_part(&mut parts).await? {
                let Some(file) = form.file_or_text(part).await? else {
                    continue;
                };
                if form.files.is_empty() {
                    let Arguments(before) = Arguments::of_pairs(&query, form.texts.clone())?;
                    check(before).await?;
                }
                form.take_in(file, &taking_in).await?;
            }
        }
        Ok(WithFiles {
            arguments: Arguments::of_pairs(&query, form.texts)?.into(),
            files: form.files,
        })
    }
}

/// An upload that is sent as a file.
#[derive(Debug, PartialEq, Eq)]
struct NamedUpload {
    /// The name of the file's field.
    field: String,
    /// The argument that names the upload.
    argument: &'static str,
    id: String,
}

/// Returns the uploads that arguments name. In a form `upload_ids` is a text of
/// JSON.
///
/// # Errors
///
/// [`Error::Invalid`] if an argument has another type, or names an upload
/// twice.
fn named_uploads(arguments: &Value) -> Result<Vec<NamedUpload>, Error> {
    let no_object = || {
        Error::invalid(format!(
            "{UPLOAD_IDS} must be an object with an id for each file."
        ))
    };
    let parsed;
    let ids = match arguments.get(UPLOAD_IDS) {
        Some(Value::String(text)) => {
            parsed = json_input::parse(text.as_bytes()).map_err(|error| match error {
                JsonError::Malformed => no_object(),
                beyond => beyond.into(),
            })?;
            &parsed
        }
        given => given.unwrap_or(&Value::Null),
    };
    let one = arguments.get(UPLOAD_ID).filter(|id| !id.is_null());
    let one = one.map(|id| ("file", UPLOAD_ID, id));
    let several = match ids {
        Value::Null => None,
        Value::Object(ids) => Some(ids),
        _ => return Err(no_object()),
    };
    let several = several.into_iter().flatten();
    let several = several.map(|(field, id)| (field.as_str(), UPLOAD_IDS, id));
    let mut seen = HashSet::new();
    one.into_iter()
        .chain(several)
        .map(|(field, argument, id)| {
            let id = id.as_str().filter(|id| seen.insert(id.to_owned()));
            let id = id.ok_or_else(|| {
                Error::invalid(format!("{argument}: each file needs an upload of its own."))
            })?;
            Ok(NamedUpload {
                field: field.to_owned(),
                argument,
                id: id.to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn uploads_are_named_by_two_arguments() {
        let named = |arguments: Value| -> Result<Vec<String>, String> {
            let uploads = named_uploads(&arguments).map_err(|error| error.to_string())?;
            let shown = uploads.into_iter();
            Ok(shown
                .map(|upload| format!("{} {}", upload.field, upload.id))
                .collect())
        };
        assert_eq!(named(json!({})).unwrap(), [""; 0]);
        assert_eq!(named(json!([1])).unwrap(), [""; 0]);
        let nothing = json!({"upload_id": null, "upload_ids": null});
        assert_eq!(named(nothing).unwrap(), [""; 0]);
        assert_eq!(named(json!({"upload_id": "a"})).unwrap(), ["file a"]);
        let both = json!({"upload_id": "a", "upload_ids": {"preview_file-0": "b"}});
        assert_eq!(named(both).unwrap(), ["file a", "preview_file-0 b"]);
        let in_form = json!({"upload_ids": "{\"preview_file-0\": \"b\"}"});
        assert_eq!(named(in_form).unwrap(), ["preview_file-0 b"]);
        for wrong in [
            json!({"upload_id": 5}),
            json!({"upload_ids": []}),
            json!({"upload_ids": "b"}),
            json!({"upload_ids": {"file": 5}}),
            json!({"upload_ids": {"a": "b", "c": "b"}}),
            json!({"upload_id": "a", "upload_ids": {"c": "a"}}),
        ] {
            named(wrong.clone()).expect_err(&wrong.to_string());
        }
    }
}
