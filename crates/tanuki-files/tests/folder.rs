//! Files in a folder.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

use std::path::Path;

use futures_util::TryStreamExt as _;
use tanuki_files::{FileKind, Files, Key, Received};
use uuid::Uuid;

const KEY: Key = Key {
    kind: FileKind::Attachment,
    id: Uuid::nil(),
};

fn files() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path().join("previews"), String::new());
    (folder, files)
}

async fn received(files: &Files, text: &str) -> Received {
    let mut receiving = files.receive().await.unwrap();
    for byte in text.as_bytes() {
        receiving.write(&[*byte]).await.unwrap();
    }
    receiving.finish().await.unwrap()
}

async fn keep(files: &Files, received: Received) {
    let staged = files.stage(received, KEY).await.unwrap();
    files.publish(staged).await.unwrap();
}

/// Returns how many temporary files and folders there are.
fn temporary(folder: &Path) -> usize {
    let within = |folder: &Path| {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
    };
    let of_processes = within(&folder.join(".incoming")).filter(|entry| entry.path().is_dir());
    of_processes
        .map(|entry| within(&entry.path()).count())
        .sum()
}

async fn read(files: &Files, range: std::ops::Range<u64>) -> String {
    let kept = files.open(KEY).await.unwrap().unwrap();
    let pieces: Vec<_> = kept.read(range).await.unwrap().try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

#[tokio::test]
async fn what_is_kept_is_read_again_whole_or_in_part() {
    let (_folder, files) = files();
    assert!(files.open(KEY).await.unwrap().is_none());
    let received = received(&files, "0123456789").await;
    assert_eq!(received.size, 10);
    keep(&files, received).await;
    assert_eq!(files.open(KEY).await.unwrap().unwrap().size, 10);
    assert_eq!(read(&files, 0..10).await, "0123456789");
    assert_eq!(read(&files, 2..5).await, "234");
    assert_eq!(read(&files, 4..4).await, "");
}

#[tokio::test]
async fn a_file_takes_the_place_of_another() {
    let (_folder, files) = files();
    for text in ["the first", "second"] {
        let received = received(&files, text).await;
        keep(&files, received).await;
    }
    assert_eq!(read(&files, 0..6).await, "second");
}

#[tokio::test]
async fn what_is_not_kept_leaves_nothing_behind() {
    let (folder, files) = files();
    drop(received(&files, "never mind").await);
    assert_eq!(temporary(&folder.path().join("previews")), 0);
    assert!(files.open(KEY).await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_stopped_server_left_unfinished_goes_once_it_is_old() {
    let (folder, files) = files();
    let now = std::time::UNIX_EPOCH;
    files.drop_unfinished(now).await.unwrap();
    let left = folder.path().join("previews/.incoming/left");
    let receiving = files.receive().await.unwrap();
    std::fs::write(&left, "half of it").unwrap();
    files.drop_unfinished(now).await.unwrap();
    assert!(left.exists());
    drop(receiving);
    let later = now + std::time::Duration::from_secs(1 << 34);
    files.drop_unfinished(later).await.unwrap();
    assert!(!left.exists());
}

#[tokio::test]
async fn a_file_is_removed_once_or_twice() {
    let (_folder, files) = files();
    let received = received(&files, "x").await;
    keep(&files, received).await;
    for _ in 0..2 {
        files.remove(KEY).await.unwrap();
        assert!(files.open(KEY).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_file_that_is_shorter_than_its_range_is_an_error() {
    let (_folder, files) = files();
    let received = received(&files, "short").await;
    keep(&files, received).await;
    let kept = files.open(KEY).await.unwrap().unwrap();
    let pieces: Result<Vec<_>, _> = kept.read(0..10).await.unwrap().try_collect().await;
    assert!(pieces.is_err());
}

#[tokio::test]
async fn a_program_gets_a_path_and_a_folder_to_write_into() {
    let (folder, files) = files();
    assert!(files.local(KEY).await.unwrap().is_none());
    let scratch = files.scratch().await.unwrap();
    std::fs::write(scratch.path().join("film.mp4"), "encoded").unwrap();
    std::fs::write(scratch.path().join("log"), "passes").unwrap();
    let taken = scratch.take("film.mp4").await.unwrap();
    assert_eq!(std::fs::read_to_string(taken.path()).unwrap(), "encoded");
    keep(&files, taken).await;
    let local = files.local(KEY).await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(local.path()).unwrap(), "encoded");
    drop(local);
    assert_eq!(read(&files, 0..7).await, "encoded");
    let path = scratch.path().to_owned();
    drop(scratch);
    assert!(!path.exists());
    assert_eq!(temporary(&folder.path().join("previews")), 0);
}

#[tokio::test]
async fn a_folder_that_an_encode_left_goes_once_nothing_in_it_is_new() {
    let (folder, files) = files();
    let left = folder.path().join("previews/.incoming/left");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("film.mp4"), "half of it").unwrap();
    let now = left.metadata().unwrap().modified().unwrap();
    let hour = std::time::Duration::from_secs(3600);
    files.drop_unfinished(now - hour).await.unwrap();
    assert!(left.exists());
    files.drop_unfinished(now + hour).await.unwrap();
    assert!(!left.exists());
}
