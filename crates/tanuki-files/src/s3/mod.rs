//! Storage in S3, or in a store that speaks its protocol, in Zou's layout: a
//! bucket for each of Zou's, objects without folders.

mod encrypted;
mod http;
mod object;
mod upload;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use hyper::{Method, StatusCode};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpError, HttpErrorKind, HttpRequestBody};
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::path::Path;
use object_store::signer::Signer as _;
use object_store::{BackoffConfig, ObjectStoreExt as _, RetryConfig};

use crate::encryption::EncryptionKey;
use crate::key::Bucket;
use crate::listing::{ListedFile, ListedMd5};
use crate::temporary::Received;
use encrypted::Encrypted;
use http::HyperConnector;
use object::Object;
pub(crate) use object::S3Object;
use upload::Content;
pub(crate) use upload::{UnfinishedObject, parts_of};

/// The size of the parts in which objects are sent and read, in bytes.
const PART: u64 = 8 * 1024 * 1024;

/// How often a request is repeated, and for how long.
const RETRIES: usize = 2;
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// Settings of S3, by the names that Zou has for them.
#[derive(Clone, Default)]
pub struct S3Settings {
    /// `FS_S3_ENDPOINT`: the address of the store; `None` for AWS.
    pub endpoint: Option<String>,
    /// `FS_S3_REGION`.
    pub region: Option<String>,
    /// `FS_S3_ACCESS_KEY` and `FS_S3_SECRET_KEY`. Without them, credentials are
    /// those that AWS gives to its machines.
    pub credentials: Option<(String, String)>,
    /// `FS_BUCKET_PREFIX`: begins the names of the buckets.
    pub bucket_prefix: String,
    /// `FS_S3_CREATE_BUCKET`: create buckets that do not exist.
    pub create_buckets: bool,
    /// `FS_S3_AES256_KEY`, with `FS_S3_AES256_ENCRYPTED`: objects are encrypted.
    pub encryption: Option<EncryptionKey>,
    /// `AWS_CA_BUNDLE`: a PEM file of authorities to trust besides those that
    /// browsers trust.
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("bucket_prefix", &self.bucket_prefix)
            .finish_non_exhaustive()
    }
}

/// The buckets of a studio.
pub(crate) struct S3 {
    settings: S3Settings,
    http: HyperConnector,
    /// In the order of [`Bucket::ALL`].
    buckets: [AmazonS3; 3],
    encrypted: Option<Encrypted>,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(formatter)
    }
}

impl S3 {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// A message for the administrator if a setting cannot be used.
    pub fn new(settings: S3Settings) -> Result<Self, String> {
        let http = HyperConnector::new(settings.ca_file.as_ref())?;
        let bucket = |bucket: Bucket| {
            let name = format!("{}{}", settings.bucket_prefix, bucket.name());
            client(&settings, &name, &http).map_err(|error| format!("bucket {name}: {error}"))
        };
        let [pictures, movies, files] = Bucket::ALL.map(bucket);
        Ok(Self {
            buckets: [pictures?, movies?, files?],
            encrypted: settings.encryption.clone().map(Encrypted::new),
            http,
            settings,
        })
    }

    fn bucket(&self, bucket: Bucket) -> &AmazonS3 {
        match bucket {
            Bucket::Pictures => &self.buckets[0],
            Bucket::Movies => &self.buckets[1],
            Bucket::Files => &self.buckets[2],
        }
    }

    /// Whether objects are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted.is_some()
    }

    /// Checks that each bucket can be used; creates it where the settings say
    /// so.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached, or a bucket is missing or not ours.
    pub async fn prepare(&self) -> io::Result<()> {
        for bucket in Bucket::ALL {
            let store = self.bucket(bucket);
            let name = format!("{}{}", self.settings.bucket_prefix, bucket.name());
            let status = self.request(store, Method::HEAD, String::new()).await?;
            let kind = match status {
                StatusCode::OK => continue,
                StatusCode::NOT_FOUND if self.settings.create_buckets => {
                    self.create(store, &name).await?;
                    continue;
                }
                StatusCode::NOT_FOUND => io::ErrorKind::NotFound,
                _ => io::ErrorKind::PermissionDenied,
            };
            let reason = match kind {
                io::ErrorKind::NotFound => {
                    format!("there is no bucket {name}; create it, or set FS_S3_CREATE_BUCKET")
                }
                _ => format!("the bucket {name} cannot be used: {status}"),
            };
            return Err(io::Error::new(kind, reason));
        }
        Ok(())
    }

    async fn create(&self, store: &AmazonS3, name: &str) -> io::Result<()> {
        let body = match self.settings.region.as_deref() {
            None | Some("us-east-1") => String::new(),
            Some(region) => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        let status = self.request(store, Method::PUT, body).await?;
        // 409: another server that starts as well has made it.
        if status.is_success() || status == StatusCode::CONFLICT {
            return Ok(());
        }
        let reason = format!("the bucket {name} cannot be created: {status}");
        Err(io::Error::other(reason))
    }

    /// Sends a request about a bucket itself, which object_store has none for.
    async fn request(
        &self,
        store: &AmazonS3,
        method: Method,
        body: String,
    ) -> io::Result<StatusCode> {
        let (root, minute) = (Path::default(), Duration::from_secs(60));
        let url = store.signed_url(method.clone(), &root, minute).await;
        let request = hyper::Request::builder()
            .method(method)
            .uri(url.map_err(failure)?.as_str())
            .body(HttpRequestBody::from(body))
            .map_err(io::Error::other)?;
        let answer = self.http.client().execute(request).await;
        let answer = answer.map_err(|error| {
            io::Error::new(kind_of(&error), format!("S3: {}", describe(&error)))
        })?;
        Ok(answer.status())
    }

    /// Sends the content of a file. The object exists once the upload is
    /// [completed](UnfinishedObject::complete).
    pub async fn stage(
        &self,
        received: &Received,
        bucket: Bucket,
        name: &str,
    ) -> io::Result<UnfinishedObject> {
        let content = Content::open(received, self.encrypted.as_ref()).await?;
        self.send(content, bucket, name).await
    }

    async fn send(
        &self,
        content: Content,
        bucket: Bucket,
        name: &str,
    ) -> io::Result<UnfinishedObject> {
        let upload = self.bucket(bucket).put_multipart(&path(name)?).await;
        let mut object = UnfinishedObject::begin(upload.map_err(failure)?, name);
        object.send(content).await?;
        Ok(object)
    }

    /// Sends a file, by a single request if it is short. An object is whole or
    /// not there.
    pub async fn keep(&self, received: &Received, bucket: Bucket, name: &str) -> io::Result<()> {
        let mut content = Content::open(received, self.encrypted.as_ref()).await?;
        if content.size > PART {
            return self.send(content, bucket, name).await?.complete().await;
        }
        let whole = content.next_part(PART).await?.unwrap_or_default();
        let put = self.bucket(bucket).put(&path(name)?, whole.into()).await;
        put.map_err(failure)?;
        Ok(())
    }

    /// Opens an object; `None` if it does not exist.
    pub async fn open(&self, bucket: Bucket, name: &str) -> io::Result<Option<S3Object>> {
        let store = self.bucket(bucket);
        let about = match store.head(&path(name)?).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            about => about.map_err(failure)?,
        };
        let object = Object {
            store: store.clone(),
            about,
        };
        match &self.encrypted {
            Some(encrypted) => Ok(Some(S3Object::Encrypted(Box::new(
                encrypted.open(object).await?,
            )))),
            None => Ok(Some(S3Object::Plain(object))),
        }
    }

    /// Deletes an object, if it exists.
    pub async fn remove(&self, bucket: Bucket, name: &str) -> io::Result<()> {
        match self.bucket(bucket).delete(&path(name)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            outcome => outcome.map_err(failure),
        }
    }

    /// Lists the objects of a bucket, in the order of their names.
    pub fn list(&self, bucket: Bucket) -> BoxStream<'static, io::Result<ListedFile>> {
        let store = self.bucket(bucket).clone();
        let is_plain = !self.is_encrypted();
        let pages = stream::try_unfold(Some(None), move |page| {
            let store = store.clone();
            async move {
                let Some(page_token) = page else {
                    return Ok(None);
                };
                let options = PaginatedListOptions {
                    page_token,
                    ..PaginatedListOptions::default()
                };
                let page = store.list_paginated(None, options).await;
                let page = page.map_err(failure)?;
                let files = page.result.objects.into_iter().map(move |object| {
                    Ok(ListedFile {
                        name: object.location.to_string(),
                        size: object.size,
                        md5: object
                            .e_tag
                            .filter(|_| is_plain)
                            .and_then(|tag| ListedMd5::parse(&tag)),
                    })
                });
                let next = page.page_token.map(Some);
                Ok::<_, io::Error>(Some((stream::iter(files), next)))
            }
        });
        pages.try_flatten().boxed()
    }
}

fn client(
    settings: &S3Settings,
    bucket: &str,
    http: &HyperConnector,
) -> object_store::Result<AmazonS3> {
    let mut builder = match &settings.credentials {
        Some((id, secret)) => AmazonS3Builder::new()
            .with_access_key_id(id)
            .with_secret_access_key(secret),
        None => AmazonS3Builder::from_env(),
    };
    if let Some(region) = &settings.region {
        builder = builder.with_region(region);
    }
    builder = match &settings.endpoint {
        Some(endpoint) => builder
            .with_endpoint(endpoint)
            .with_allow_http(endpoint.starts_with("http://")),
        // A name with periods has no certificate as part of a host.
        None => builder.with_virtual_hosted_style_request(!bucket.contains('.')),
    };
    builder
        .with_bucket_name(bucket)
        .with_http_connector(http.clone())
        .with_retry(RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: RETRY_TIMEOUT,
        })
        .build()
}

fn path(name: &str) -> io::Result<Path> {
    Path::parse(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// Converts an error of the store. Neither its kind nor its message have
/// credentials; see [`http`].
fn failure(error: object_store::Error) -> io::Error {
    let mut kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(next) = cause {
        if let Some(error) = next.downcast_ref::<HttpError>() {
            kind = kind_of(error);
        }
        cause = next.source();
    }
    io::Error::new(kind, format!("S3: {}", describe(&error)))
}

fn kind_of(error: &HttpError) -> io::ErrorKind {
    match error.kind() {
        HttpErrorKind::Connect => io::ErrorKind::NotConnected,
        HttpErrorKind::Timeout => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::ConnectionAborted,
    }
}

/// Returns the messages of an error and of what caused it.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = next.source();
    }
    text
}
