//! Forms with files.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Multipart, Request};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;
use tanuki_core::files::Upload;

use super::body_limits::media_type;
use super::multipart::{Form, ReceivedForm, limited, take_room_for_texts};
use super::{ActionBody, Arguments, Body};
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// A request whose body may be a form with files, not read yet: files are only
/// received once the handler has checked the caller's permission.
#[derive(Debug)]
pub(crate) struct FormRequest<T>(Request, PhantomData<fn() -> T>);

/// The arguments of an action, and the uploaded files: the first of each field
/// name, as in Zou.
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

    /// Reads the body, and writes its files to temporary storage.
    ///
    /// # Errors
    ///
    /// 400 if the form is malformed, 408 if it does not arrive in time, 413 if
    /// it is too large, 502 if too much is being sent at once.
    pub async fn read(self, api: &Api) -> Result<WithFiles<T>, Failure> {
        self.read_checked(api, |_| ready(Ok(())).boxed()).await
    }

    /// Like [`read`](Self::read). `check` is called with the arguments that
    /// precede the first file, before that file is received.
    pub async fn read_checked(
        self,
        api: &Api,
        check: impl Fn(Value) -> BoxFuture<'static, Result<(), Failure>> + Send,
    ) -> Result<WithFiles<T>, Failure> {
        if !self.may_have_files() {
            return Ok(WithFiles {
                arguments: Body::from_request(self.0, api).await?,
                files: Vec::new(),
            });
        }
        let Self(request, _) = self;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let taking_in = ReceivedForm {
            files: api.core.storage(),
            held: HeldMemory::of(request.extensions()),
        };
        if let Some(held) = &taking_in.held {
            take_room_for_texts(held, request.headers()).await?;
        }
        let mut form = Form::default();
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
