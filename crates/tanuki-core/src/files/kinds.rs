//! Kinds of uploaded previews, by the extension of their name.

/// Pictures. Those that Zou refuses are the last six.
const PICTURES: [&str; 10] = [
    "jpe", "jpeg", "jpg", "png", "bmp", "hdr", "tga", "tif", "tiff", "webp",
];

/// Films.
const MOVIES: [&str; 7] = ["avi", "m4v", "mkv", "mov", "mp4", "webm", "wmv"];

/// Files that are kept as they are.
const OTHERS: [&str; 34] = [
    "ae", "ai", "blend", "clip", "comp", "diff", "exr", "fbx", "fla", "flv", "gif", "glb", "gltf",
    "hip", "kra", "ma", "mb", "md", "mp3", "obj", "pdf", "psd", "psb", "rar", "rev", "riv", "sai",
    "sai2", "sbbkp", "svg", "swf", "tvpp", "wav", "zip",
];

/// Those of [`OTHERS`] of which there is a picture.
const PICTURED_OTHERS: [&str; 7] = ["ai", "exr", "gif", "pdf", "psb", "psd", "svg"];

/// How an upload is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadKind {
    /// It is stored as PNG, in the sizes that are shown.
    Picture,
    /// It is encoded.
    Movie,
    /// It is kept as it is. Of some files a picture is made that is shown
    /// instead.
    Other { is_pictured: bool },
}

impl UploadKind {
    /// Returns the kind of files with that extension, in lower case; `None` if
    /// they are not accepted.
    pub fn of(extension: &str) -> Option<Self> {
        if PICTURES.contains(&extension) {
            Some(Self::Picture)
        } else if MOVIES.contains(&extension) {
            Some(Self::Movie)
        } else if OTHERS.contains(&extension) {
            let is_pictured = PICTURED_OTHERS.contains(&extension);
            Some(Self::Other { is_pictured })
        } else {
            None
        }
    }
}

/// Whether a file of a preview may be requested with that extension: pictures
/// and other files, no films.
pub(crate) fn is_served_as(extension: &str) -> bool {
    matches!(
        UploadKind::of(extension),
        Some(UploadKind::Picture | UploadKind::Other { .. })
    )
}

/// Splits the name of a file at its last dot. The extension is in lower case; a
/// name without a dot is its own extension.
pub(crate) fn split_name(name: &str) -> (&str, String) {
    match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, extension.to_lowercase()),
        None => ("", name.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_what_becomes_of_a_file() {
        for (name, stem, kind) in [
            ("shot.v1.PNG", "shot.v1", Some(UploadKind::Picture)),
            ("png", "", Some(UploadKind::Picture)),
            (".mov", "", Some(UploadKind::Movie)),
            (
                "rig.blend",
                "rig",
                Some(UploadKind::Other { is_pictured: false }),
            ),
            (
                "walk.gif",
                "walk",
                Some(UploadKind::Other { is_pictured: true }),
            ),
            ("notes.txt", "notes", None),
            ("shot.", "shot", None),
            ("", "", None),
        ] {
            let (before, extension) = split_name(name);
            assert_eq!((before, UploadKind::of(&extension)), (stem, kind), "{name}");
        }
    }
}
