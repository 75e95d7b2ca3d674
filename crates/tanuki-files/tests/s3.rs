//! Files in S3, on moto's server.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

use futures_util::TryStreamExt as _;
use tanuki_files::{Bucket, EncryptionKey, FileKind, Files, Key, Received, S3Settings, copy_all};
use tanuki_testkit::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use tempfile::TempDir;
use uuid::Uuid;

const KEY: Key = Key {
    kind: FileKind::SquareThumbnail,
    id: Uuid::nil(),
};

fn settings(server: &S3Server) -> S3Settings {
    S3Settings {
        endpoint: Some(server.endpoint()),
        region: Some("eu-west-3".into()),
        credentials: Some((ACCESS_KEY.into(), SECRET_KEY.into())),
        create_buckets: true,
        ..S3Settings::default()
    }
}

fn encrypted(server: &S3Server) -> S3Settings {
    let key = EncryptionKey::parse("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=");
    S3Settings {
        encryption: Some(key.unwrap()),
        bucket_prefix: "secret-".into(),
        ..settings(server)
    }
}

async fn files(folder: &TempDir, settings: S3Settings) -> Files {
    let files = Files::in_s3(folder.path(), settings).unwrap();
    files.prepare().await.unwrap();
    files
}

async fn received(files: &Files, bytes: &[u8]) -> Received {
    let mut receiving = files.receive().await.unwrap();
    receiving.write(bytes).await.unwrap();
    receiving.finish().await.unwrap()
}

async fn keep(files: &Files, received: Received) {
    let staged = files.stage(received, KEY).await.unwrap();
    files.publish(staged).await.unwrap();
}

async fn read(files: &Files, range: std::ops::Range<u64>) -> std::io::Result<Vec<u8>> {
    let kept = files.open(KEY).await.unwrap().unwrap();
    let pieces: Vec<_> = kept.read(range).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// Bytes of which no two blocks are the same.
fn film(size: u32) -> Vec<u8> {
    (0..size / 4).flat_map(u32::to_be_bytes).collect()
}

#[tokio::test]
async fn files_are_kept_in_one_part_or_several_and_read_in_ranges() {
    let Some(server) = S3Server::start().unwrap() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    // A second server finds the buckets that the first made.
    files(&folder, settings(&server)).await;
    for settings in [settings(&server), encrypted(&server)] {
        let files = files(&folder, settings).await;
        assert!(files.open(KEY).await.unwrap().is_none());
        assert!(files.local(KEY).await.unwrap().is_none());
        for content in [Vec::new(), b"short".to_vec(), film(9_000_000)] {
            let size = content.len() as u64;
            let received = received(&files, &content).await;
            keep(&files, received).await;
            let kept = files.open(KEY).await.unwrap().unwrap();
            assert_eq!(kept.size, size);
            assert!(read(&files, 0..size).await.unwrap() == content);
            for range in [0..1, 3..5, size / 2..size, size.saturating_sub(7)..size] {
                let range = range.start.min(size)..range.end.min(size);
                let expected = &content[range.start as usize..range.end as usize];
                assert!(read(&files, range.clone()).await.unwrap() == expected);
            }
            assert!(read(&files, 0..size + 1).await.is_err());
            let local = files.local(KEY).await.unwrap().unwrap();
            assert!(std::fs::read(local.path()).unwrap() == content);
            let listed: Vec<_> = files.list(Bucket::Pictures).try_collect().await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].name, KEY.name());
            assert_eq!(listed[0].size, files.stored_size(size));
        }
        for _ in 0..2 {
            files.remove(KEY).await.unwrap();
            assert!(files.open(KEY).await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn an_encrypted_file_that_was_changed_is_not_given_out() {
    let Some(server) = S3Server::start().unwrap() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let protected = files(&folder, encrypted(&server)).await;
    let plain = S3Settings {
        encryption: None,
        ..encrypted(&server)
    };
    let plain = files(&folder, plain).await;
    for size in [1000, 8_800_000] {
        let content = received(&protected, &film(size)).await;
        keep(&protected, content).await;
        assert_eq!(read(&protected, 0..4).await.unwrap(), [0; 4]);
        let stored = plain.open(KEY).await.unwrap().unwrap();
        let stored = plain.copy(stored).await.unwrap();
        let mut bytes = std::fs::read(stored.path()).unwrap();
        assert_eq!(bytes[0], 0x80);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let changed = received(&plain, &bytes).await;
        keep(&plain, changed).await;
        let error = read(&protected, 0..4).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}

#[tokio::test]
async fn a_staged_file_replaces_another_only_when_it_is_published() {
    let Some(server) = S3Server::start().unwrap() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let files = files(&folder, settings(&server)).await;
    let bytes = received(&files, b"film").await;
    let film = files.stage(bytes, KEY).await.unwrap();
    assert!(files.open(KEY).await.unwrap().is_none());
    files.publish(film).await.unwrap();
    assert_eq!(read(&files, 0..4).await.unwrap(), b"film");
    let [one, other] = [b"second", b"third!"].map(|bytes| received(&files, bytes));
    let (one, other) = (one.await, other.await);
    let one = files.stage(one, KEY).await.unwrap();
    let other = files.stage(other, KEY).await.unwrap();
    drop(one);
    assert_eq!(read(&files, 0..4).await.unwrap(), b"film");
    files.publish(other).await.unwrap();
    assert_eq!(read(&files, 0..6).await.unwrap(), b"third!");
}

#[tokio::test]
async fn a_copy_is_compared_by_md5_however_the_object_was_sent() {
    let Some(server) = S3Server::start().unwrap() else {
        return;
    };
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = files(&folder, settings(&server)).await;
    let here = Files::in_folder(other.path().to_owned(), String::new());
    for content in [Vec::new(), b"short".to_vec(), film(9_000_000)] {
        keep(&here, received(&here, &content).await).await;
        // In parts, whatever the size is.
        keep(&store, received(&store, &content).await).await;
        let report = copy_all(&here, &store, |_| {}).await.unwrap();
        assert_eq!((report.copied, report.skipped), (0, 1));
        let mut changed = content;
        if let Some(byte) = changed.last_mut() {
            *byte ^= 1;
            keep(&here, received(&here, &changed).await).await;
            let report = copy_all(&here, &store, |_| {}).await.unwrap();
            assert_eq!((report.copied, report.skipped), (1, 0));
        }
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_an_error_without_secrets() {
    let folder = TempDir::new().unwrap();
    let settings = S3Settings {
        // Nothing listens there.
        endpoint: Some("http://127.0.0.1:1".into()),
        credentials: Some((ACCESS_KEY.into(), SECRET_KEY.into())),
        ..S3Settings::default()
    };
    assert!(!format!("{settings:?}").contains(SECRET_KEY));
    let files = Files::in_s3(folder.path(), settings).unwrap();
    assert!(!format!("{files:?}").contains(SECRET_KEY));
    for error in [
        files.prepare().await.unwrap_err(),
        files.open(KEY).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), std::io::ErrorKind::NotConnected, "{error}");
        let error = format!("{error} {error:?}");
        assert!(!error.contains(SECRET_KEY) && !error.contains(ACCESS_KEY));
    }
}

#[tokio::test]
async fn a_bucket_that_is_missing_is_named() {
    let Some(server) = S3Server::start().unwrap() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let settings = S3Settings {
        create_buckets: false,
        bucket_prefix: "studio-".into(),
        ..settings(&server)
    };
    let files = Files::in_s3(folder.path(), settings).unwrap();
    let error = files.prepare().await.unwrap_err();
    assert!(error.to_string().contains("studio-pictures"), "{error}");
}
