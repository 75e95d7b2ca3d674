//! Photos of the directory as pictures of people.

use std::path::{Path, PathBuf};

use tanuki_testkit::http::Request;
use tanuki_testkit::ldap::{LdapServer, PEOPLE};
use tanuki_testkit::{Backend, Server};

use super::{account, assert_code, assert_written, started, sync};
use crate::cli::text;
use crate::films::png_size;
use crate::on_both;

on_both! {
    photos_become_pictures_when_they_change
}

/// Returns the path of a JPEG.
pub(super) fn jpeg(name: &str) -> PathBuf {
    let pictures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tanuki-media/tests/pictures"
    );
    Path::new(pictures).canonicalize().unwrap().join(name)
}

fn set(directory: &LdapServer, login: &str, file: &Path) {
    let ldif = format!(
        "dn: uid={login},{PEOPLE}\nchangetype: modify\nreplace: jpegPhoto\njpegPhoto:< file://{}\n\n",
        file.display()
    );
    directory.change(&ldif).unwrap();
}

pub(super) fn picture(server: &Server, login: &str) -> Option<Vec<u8>> {
    let id = account(server, login)["id"].as_str().unwrap().to_owned();
    let path = format!("/pictures/thumbnails/persons/{id}.png");
    let answer = server.send(&Request::get(&path).bearer(&server.admin_token()));
    (answer.status == 200).then_some(answer.body)
}

fn photos_become_pictures_when_they_change(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (one, another) = (jpeg("rgb.jpg"), jpeg("turned.jpg"));
    assert_eq!(picture(&server, "ada"), None);
    set(&directory, "ada", &one);
    let count = |flags: &[&str]| {
        let output = sync(&server, flags);
        assert_written(&output);
        let said = text(&output.stderr);
        said.lines().last().unwrap_or_default().to_owned()
    };
    count(&["--no-photos"]);
    assert_eq!(picture(&server, "ada"), None);
    count(&["--dry-run"]);
    assert_eq!(picture(&server, "ada"), None);
    assert_eq!(count(&[]), "1 new photos, 0 as before.");
    let first = picture(&server, "ada").unwrap();
    assert_eq!(png_size(&first), (400, 400));
    assert_eq!(account(&server, "ada")["has_avatar"], true);
    let changed_at = account(&server, "ada")["updated_at"].clone();
    assert_eq!(count(&[]), "0 new photos, 1 as before.");
    assert_eq!(account(&server, "ada")["updated_at"], changed_at);
    set(&directory, "ada", &another);
    assert_eq!(count(&[]), "1 new photos, 0 as before.");
    assert_ne!(picture(&server, "ada").unwrap(), first);
    // What begins like a JPEG and is none.
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, &std::fs::read(&one).unwrap()[..60]).unwrap();
    set(&directory, "bob", &broken);
    let plan = assert_code(&sync(&server, &[]), 3);
    assert!(
        plan[0].starts_with(&format!("photo       uid=bob,{PEOPLE}: ")),
        "{plan:?}"
    );
    assert_eq!(account(&server, "bob")["has_avatar"], false);
}
