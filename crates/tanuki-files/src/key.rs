//! Names and paths of stored files. The only part of them that comes from an
//! HTTP client is an id, which has been parsed as a UUID, so that a path cannot
//! leave the folder.

use std::path::PathBuf;

use uuid::Uuid;

/// The three buckets in which Zou stores files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    Pictures,
    Movies,
    Files,
}

impl Bucket {
    /// All buckets.
    pub const ALL: [Self; 3] = [Self::Pictures, Self::Movies, Self::Files];

    /// Returns the name of the bucket, without the prefix that a studio may
    /// have set (`FS_BUCKET_PREFIX`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Movies => "movies",
            Self::Files => "files",
        }
    }
}

/// What a stored file is for. Decides its bucket and the prefix of its key,
/// both of which are Zou's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// The full picture of a preview as PNG; of a film, its first frame.
    Original,
    /// A small picture of a preview, person, project, organisation, background
    /// or chat attachment.
    Thumbnail,
    /// The square thumbnail of a preview.
    SquareThumbnail,
    /// The picture of a preview for the browser, 1200 pixels wide.
    PicturePreview,
    /// A picture as it was sent. Only Tanuki keeps these; Zou looks for none.
    PictureSource,
    /// The film strip of a film.
    Tiles,
    /// An HDR background as it was sent.
    Background,
    /// A film in high definition.
    Movie,
    /// A film in low definition.
    LowDefinition,
    /// A film as it was sent.
    Source,
    /// A film of a playlist. The id is that of the build job.
    Playlist,
    /// A copy of a film for those who watch it by a link, with texts burnt in.
    /// Only Tanuki has these.
    SharedFilm,
    /// A preview that is neither picture nor film, as it was sent.
    OtherPreview,
    /// The content of a working file.
    WorkingFile,
    /// A file that is attached to a comment or chat message.
    Attachment,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Original,
        Self::Thumbnail,
        Self::SquareThumbnail,
        Self::PicturePreview,
        Self::PictureSource,
        Self::Tiles,
        Self::Background,
        Self::Movie,
        Self::LowDefinition,
        Self::Source,
        Self::Playlist,
        Self::SharedFilm,
        Self::OtherPreview,
        Self::WorkingFile,
        Self::Attachment,
    ];

    /// Returns the bucket of the files of this kind.
    pub fn bucket(self) -> Bucket {
        self.names().0
    }

    /// Returns the prefix of their keys, as `stored_file` and
    /// `preview_file_storage_state` have it.
    pub fn prefix(self) -> &'static str {
        self.names().1
    }

    /// Returns the kind of the files of a bucket whose keys have a prefix;
    /// `None` if Zou has no such files, or only Zou writes them.
    pub fn find(bucket: &str, prefix: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.bucket().name() == bucket && kind.prefix() == prefix)
    }

    fn names(self) -> (Bucket, &'static str) {
        match self {
            Self::Original => (Bucket::Pictures, "original"),
            Self::Thumbnail => (Bucket::Pictures, "thumbnails"),
            Self::SquareThumbnail => (Bucket::Pictures, "thumbnails-square"),
            Self::PicturePreview => (Bucket::Pictures, "previews"),
            Self::PictureSource => (Bucket::Pictures, "source"),
            Self::Tiles => (Bucket::Pictures, "tiles"),
            Self::Background => (Bucket::Pictures, "preview-backgrounds"),
            Self::Movie => (Bucket::Movies, "previews"),
            Self::LowDefinition => (Bucket::Movies, "lowdef"),
            Self::Source => (Bucket::Movies, "source"),
            Self::Playlist => (Bucket::Movies, "playlists"),
            Self::SharedFilm => (Bucket::Movies, "shared"),
            Self::OtherPreview => (Bucket::Files, "previews"),
            Self::WorkingFile => (Bucket::Files, "working"),
            Self::Attachment => (Bucket::Files, "attachments"),
        }
    }
}

/// The key of a stored file: what it is for, and the id of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub kind: FileKind,
    pub id: Uuid,
}

impl Key {
    /// Returns the key of the file of a kind that belongs to a row.
    pub fn new(kind: FileKind, id: Uuid) -> Self {
        Self { kind, id }
    }

    /// Returns the key of an attachment of a comment or chat message.
    pub fn attachment(id: Uuid) -> Self {
        Self::new(FileKind::Attachment, id)
    }

    /// Returns the key of the content of a working file.
    pub fn working(id: Uuid) -> Self {
        Self::new(FileKind::WorkingFile, id)
    }

    /// Returns the key of the thumbnail of a row.
    pub fn thumbnail(id: Uuid) -> Self {
        Self::new(FileKind::Thumbnail, id)
    }

    /// Reads the name of a file of a bucket; `None` if it is of no kind.
    pub fn parse(bucket: Bucket, name: &str) -> Option<Self> {
        let (prefix, id) = name.split_at_checked(name.len().checked_sub(ID_LENGTH)?)?;
        let kind = FileKind::find(bucket.name(), prefix.strip_suffix('-')?)?;
        let key = Self::new(kind, Uuid::try_parse(id).ok()?);
        (key.name() == name).then_some(key)
    }

    /// Returns the bucket.
    pub fn bucket(&self) -> Bucket {
        self.kind.bucket()
    }

    /// Returns the prefix of the name.
    pub fn prefix(&self) -> &'static str {
        self.kind.prefix()
    }

    /// Returns the name within the bucket, as S3 and the table of stored files
    /// have it.
    pub fn name(&self) -> String {
        format!("{}-{}", self.prefix(), self.id)
    }
}

/// Length of an id in a name.
const ID_LENGTH: usize = 36;

/// Folder of Zou's database dumps, which has no levels of folders in it.
const DUMPS: &str = "dbbackup";

/// Returns the path of a file in its bucket's folder, in Zou's layout: the name
/// is split at its first dash, also where the prefix has one itself. Two levels
/// of folders, from the first characters of the second part, limit the number
/// of files per folder. `None` for a name that Zou could not have given.
pub(crate) fn path_of(name: &str) -> Option<PathBuf> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let (folder, rest) = name.split_once('-')?;
    if !name.bytes().all(is_safe) || folder.is_empty() || name.starts_with('.') {
        return None;
    }
    if folder == DUMPS {
        return (!rest.is_empty()).then(|| PathBuf::from(folder).join(rest));
    }
    // Neither part may be `.` or `..`, which would lead elsewhere.
    let levels = [rest.get(..3)?, rest.get(3..6)?];
    if rest.starts_with('.') || levels.iter().any(|level| level.starts_with('.')) {
        return None;
    }
    let [first, second] = levels;
    Some(PathBuf::from(folder).join(first).join(second).join(rest))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x63e4_53f1_9655_49ad_acba_ff7f_27c4_9e9d);

    #[test]
    fn a_file_is_where_zou_keeps_it() {
        let path = |kind| path_of(&Key::new(kind, ID).name()).unwrap();
        for (kind, expected) in [
            (FileKind::Attachment, "attachments/63e/453/"),
            (FileKind::Original, "original/63e/453/"),
            (FileKind::SquareThumbnail, "thumbnails/squ/are/square-"),
            (FileKind::Background, "preview/bac/kgr/backgrounds-"),
        ] {
            assert_eq!(path(kind), Path::new(&format!("{expected}{ID}")));
        }
        assert_eq!(
            Key::attachment(ID).name(),
            "attachments-63e453f1-9655-49ad-acba-ff7f27c49e9d"
        );
        assert_eq!(
            path_of("dbbackup-2026-11-27.dump").unwrap(),
            Path::new("dbbackup/2026-11-27.dump")
        );
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in [
            "previews-../../etc/passwd",
            "..-abcdefghi",
            "previews-......x",
            "previews-abc..def",
            "previews-abc",
            "previews",
            "-abcdefghi",
            "dbbackup-",
            "previews-äöüäöüäöü",
        ] {
            assert_eq!(path_of(name), None, "{name}");
        }
    }

    #[test]
    fn each_kind_is_found_by_its_names() {
        for kind in FileKind::ALL {
            let found = FileKind::find(kind.bucket().name(), kind.prefix());
            assert_eq!(found, Some(kind));
            let key = Key::new(kind, ID);
            assert_eq!(Key::parse(kind.bucket(), &key.name()), Some(key));
        }
        assert_eq!(FileKind::find("files", "dbbackup"), None);
        for name in ["", "previews", "dbbackup-2026-11-27.dump", &ID.to_string()] {
            assert_eq!(Key::parse(Bucket::Files, name), None);
        }
    }
}
