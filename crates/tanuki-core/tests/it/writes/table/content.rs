//! Resources, the breakdown, comments, files of previews, imports and entities.

use super::super::Write;
use super::super::arguments::{CASTING, HDR, TGA, body, entity, import_error, remark, upload};
use super::super::callers::{ADMIN, MANAGERS, READ_THE_TASK, STAFF, SUPERVISORS};
use crate::studio::object;
use futures_util::TryFutureExt as _;
use serde_json::{Value, json};
use tanuki_core::breakdown::{CastAsset, NewInstance, Share, Wanted};
use tanuki_core::comments::{BatchComment, PreviewOfComment, TaskComment};
use tanuki_core::entities::{ENTITIES, Kind};
use tanuki_core::files::{AvatarOwner, PreviewSelection, ProcessingOptions};
use tanuki_core::imports::{
    ClipNames, EntityImport, ImportOptions, KITSU_IMPORTS, SHOTGUN_IMPORTS, SHOTGUN_REMOVALS,
};
use tanuki_core::{Error, MaybeId};

pub static CONTENT: &[Write] = writes![
    // Resources
    resources.create by MANAGERS => |of| of.core.resources().create(&ENTITIES, &of.caller, body(json!({
        "name": "New", "project_id": of.id::<Value>("project"),
        "entity_type_id": of.id::<Value>("props"),
    })));
    resources.update by MANAGERS => |of| of.core
        .resources()
        .update(&ENTITIES, &of.caller, of.id("prop"), body(json!({"description": "New"})));
    resources.delete by MANAGERS => |of| of.core.resources().delete(&ENTITIES, &of.caller, of.id("prop"), true);

    // Breakdown
    breakdown.update_castings by MANAGERS => |of| of.core
        .breakdown()
        .update_castings(&of.caller, of.id("project"), &[(of.id("shot"), [].as_slice())]);
    breakdown.update_asset_casting by MANAGERS => |of| of.core.breakdown().update_asset_casting(
        &of.caller, of.id("asset"), vec![Wanted::new(of.id("prop"), 1.into(), "".into())?],
    );
    breakdown.cast_asset by MANAGERS => |of| of.core.breakdown().cast_asset(
        &of.caller, of.id("project"), of.id("prop"),
        &CastAsset { entity_ids: vec![of.id("shot")], nb_occurences: None, label: None },
    );
    breakdown.remove_casting_link by MANAGERS => |of| of.core
        .breakdown()
        .remove_casting_link(&of.caller, of.id("project"), of.id("casting_link"));
    breakdown.instantiate_in_scene by STAFF => |of| of.core.breakdown().instantiate_in_scene(
        &of.caller, of.id("scene"),
        NewInstance { asset_id: of.id("prop"), description: None },
    );
    breakdown.instantiate_in_asset by STAFF => |of| of.core.breakdown().instantiate_in_asset(
        &of.caller, of.id("asset"),
        NewInstance { asset_id: of.id("prop"), description: None },
    );
    breakdown.cast_instance by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist", "vendor"] => |of| of.core
        .breakdown()
        .cast_instance(&of.caller, of.id("shot"), of.id("instance"));
    breakdown.uncast_instance by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist"] => |of| of.core
        .breakdown()
        .uncast_instance(&of.caller, of.id("other_shot"), of.id("instance"));
    breakdown.share_assets by MANAGERS => |of| of.core
        .breakdown()
        .share_assets(&of.caller, Share::These(&[of.id("asset")]), true);
    breakdown.share_assets by MANAGERS => |of| of.core
        .breakdown()
        .share_assets(&of.caller, Share::InProject { project_id: of.id("project"), asset_ids: None }, true);

    // Comments
    comments.comment by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "client", "manager_as_client", "vendor"] => |of| of.core
        .comments()
        .comment(&of.caller, of.id("task"), remark(of), Vec::new());
    comments.comment_batch by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "client", "manager_as_client", "vendor"] => |of| of.core.comments().comment_batch(&of.caller, None, vec![BatchComment {
        task: Some(of.id("task")), comment: remark(of), files: Vec::new(), previews: Vec::new(),
    }]);
    comments.comment_many by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "vendor"] => |of| of.core.comments().comment_many(&of.caller, of.id("project"), vec![
        TaskComment {
            task_id: Some(of.id("task")), task_status_id: Some(of.id("todo")),
            text: Some("A remark".into()), links: Vec::new(),
        },
    ]);
    comments.copy_client_comments by MANAGERS => |of| of.core
        .comments()
        .copy_client_comments(&of.caller, of.id("project"), &[of.id("task")], "");
    comments.add_attachments by &["admin", "manager", "user_as_manager", "bot", "artist"] => |of| of.core
        .comments()
        .add_attachments(&of.caller, of.id("task"), of.id("comment"), Vec::new());
    comments.delete_attachment by &["admin", "manager", "user_as_manager", "bot", "artist"] => |of| of.core
        .comments()
        .delete_attachment(&of.caller, of.id("task"), of.id("comment"), of.id("attachment"));
    comments.acknowledge by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist", "vendor"] => |of| of.core.comments().acknowledge(&of.caller, of.id("task"), of.id("comment"));
    comments.move_comment by &["admin", "manager", "bot"] => |of| of.core.comments().move_comment(
        of.caller.as_manager()?, of.id("task"), of.id("comment"), of.id("second_task"),
    );
    comments.delete_comment by &["admin", "manager", "user_as_manager", "bot", "artist"] => |of| of.core.comments().delete_comment(&of.caller, of.id("comment"));
    files.extract_tile by READ_THE_TASK => |of| of.core
        .files()
        .extract_tile(&of.caller, of.id("preview"))
        .map_ok(drop)
        .or_else(async |error| match error {
            // No film is stored for the preview.
            Error::Absent(_) => Ok(()),
            error => Err(error),
        });
    files.encode_again by ADMIN => |of| of.core
        .files()
        .encode_again(&of.caller, &PreviewSelection::default(), true);
    files.probe_films by ADMIN => |of| of.core
        .files()
        .probe_films(&of.caller, &PreviewSelection::default(), false)
        .map_ok(drop)
        .or_else(async |error| match error {
            // ffmpeg is missing.
            Error::Invalid { .. } => Ok(()),
            error => Err(error),
        });
    files.make_missing_thumbnails by ADMIN => |of| of.core
        .files()
        .make_missing_thumbnails(&of.caller, &PreviewSelection::default(), true);
    files.probe_pictures by ADMIN => |of| of.core
        .files()
        .probe_pictures(&of.caller, &PreviewSelection::default(), false)
        .map_ok(drop);
    files.make_missing_tiles by ADMIN => |of| of.core
        .files()
        .make_missing_tiles(&of.caller, &PreviewSelection::default(), true);
    comments.add_preview by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "vendor"] => |of| of.core
        .comments()
        .add_preview(&of.caller, of.id("task"), of.id("comment"), None);
    comments.add_preview_beside by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "vendor"] => |of| of.core.comments().add_preview_beside(
        &of.caller, of.id("task"), of.id("comment_with_preview"), of.id("preview"),
    );
    comments.remove_comment_preview by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "vendor"] => |of| of.core.comments().remove_comment_preview(
        &of.caller, PreviewOfComment { task_id: of.id("task"), comment_id: of.id("comment_with_preview"), preview_id: of.id("preview") }, false,
    );
    comments.remove_comment_preview by MANAGERS => |of| of.core.comments().remove_comment_preview(
        &of.caller, PreviewOfComment { task_id: of.id("task"), comment_id: of.id("comment_with_preview"), preview_id: of.id("preview") }, true,
    );
    comments.reply by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "client", "manager_as_client", "vendor"] => |of| of.core.comments().reply(
        &of.caller,
        of.core.comments().may_reply(&of.caller, of.id("task"), of.id("comment")).await?,
        ("A reply", Vec::new()),
    );
    comments.delete_reply by &["admin", "artist"] => |of| of.core
        .comments()
        .delete_reply(&of.caller, of.id("comment"), of.id("reply"));

    // Files
    files.upload_preview by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "vendor"] => |of| of.core.files().upload_preview(
        &of.caller, of.id("preview"), upload(of, "notes.pdf", b"a page").await?,
        ProcessingOptions { normalize: true, waits: false },
    );
    files.set_avatar by &["admin", "artist"] => |of| of.core
        .files()
        .set_avatar(&of.caller, AvatarOwner::Person, of.id("artist"), upload(of, "me.tga", TGA).await?);
    files.set_avatar by MANAGERS => |of| of.core
        .files()
        .set_avatar(&of.caller, AvatarOwner::Project, of.id("project"), upload(of, "film.tga", TGA).await?);
    files.upload_background by ADMIN => |of| of.core
        .files()
        .upload_background(of.caller.as_admin()?, of.id("background"), upload(of, "sky.hdr", HDR).await?);

    // Imports
    imports.entities by MANAGERS => |of| {
        let project = of.core.require_managed_project(&of.caller, of.id("project")).await?;
        let file = upload(of, "rows.csv", b"Sequence,Name\nNew,SH01\n").await?;
        let options = ImportOptions::default();
        let imports = of.core.imports();
        imports.entities(project, EntityImport::Shots, file, options).map_err(import_error)
    };

    imports.timeline by MANAGERS => |of| {
        let project = of.core.require_managed_project(&of.caller, of.id("project")).await?;
        let edit = b"001 AX V C 0 10 0 10\n* FROM CLIP NAME: NEW_SH01\n";
        let file = upload(of, "edit.edl", edit).await?;
        let convention = Some("${sequence_name}_${shot_name}".to_owned());
        let names = ClipNames { convention, match_case: true };
        of.core.imports().timeline(project, None, file, names).map_err(import_error)
    };
    imports.persons by ADMIN => |of| {
        let file = upload(of, "rows.csv", b"First Name,Last Name,Email\nAda,New,ada@animfilms.com\n").await?;
        let options = ImportOptions::default();
        of.core.imports().persons(of.caller.as_admin()?, file, options).map_err(import_error)
    };
    imports.rows by ADMIN => |of| {
        let rows = json!([{"id": of.id::<Value>("project"), "man_days": 5}]);
        of.core.imports().rows(of.caller.as_admin()?, &KITSU_IMPORTS[0], rows, true)
    };
    imports.shotgun_rows by ADMIN => |of| {
        let rows = json!([{"id": 5, "name": "Ready", "code": "rdy"}]);
        let import = SHOTGUN_IMPORTS.iter().find(|import| import.name == "status").unwrap();
        of.core.imports().shotgun_rows(of.caller.as_admin()?, import, rows)
    };
    imports.remove_shotgun_row by ADMIN => |of| {
        let (admin, imports) = (of.caller.as_admin()?, of.core.imports());
        let rows = json!([{"id": 5, "name": "Ready", "code": "rdy"}]);
        let import = SHOTGUN_IMPORTS.iter().find(|import| import.name == "status").unwrap();
        imports.shotgun_rows(admin, import, rows).await?;
        let removal = SHOTGUN_REMOVALS.iter().find(|removal| removal.name == "status").unwrap();
        let removed = imports.remove_shotgun_row(admin, removal, &json!({"id": 5})).await;
        async move { removed }
    };
    imports.add_shotgun_error by ADMIN => |of| of.core
        .imports()
        .add_shotgun_error(of.caller.as_admin()?, json!({"id": 5}));
    imports.delete_shotgun_error by ADMIN => |of| {
        let (admin, imports) = (of.caller.as_admin()?, of.core.imports());
        let error = imports.add_shotgun_error(admin, json!({"id": 6})).await?;
        let id = MaybeId::from(error["id"].as_str().unwrap_or_default().to_owned());
        async move { imports.delete_shotgun_error(admin, &id).await }
    };
    imports.estimations by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| {
        let imports = of.core.imports();
        let tasks = imports.may_estimate(&of.caller, of.id("project"), of.id("animation"), None).await?;
        let file = upload(of, "rows.csv", b"Parent,Entity,Estimation\nsequence,shot,2\n").await?;
        imports.estimations(tasks, file, ImportOptions::default()).map_err(import_error)
    };
    imports.casting by MANAGERS => |of| {
        let project = of.core.require_managed_project(&of.caller, of.id("project")).await?;
        let file = upload(of, "rows.csv", CASTING).await?;
        let options = ImportOptions::default();
        of.core.imports().casting(project, file, options).map_err(import_error)
    };

    // Entities
    entities.create_entity by MANAGERS => |of| of.core
        .entities()
        .create_entity(&of.caller, Kind::Shot, of.id("project"), entity("New"));
    entities.create_entity by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist"] => |of| of.core
        .entities()
        .create_entity(&of.caller, Kind::Concept, of.id("project"), entity("New"));
    entities.create_asset by MANAGERS => |of| of.core
        .entities()
        .create_asset(&of.caller, of.id("project"), of.id("props"), entity("New"));
    entities.delete_entity by MANAGERS => |of| of.core
        .entities()
        .delete_entity(&of.caller, Kind::Shot, of.id("other_shot"), false);
    entities.delete_entity by MANAGERS => |of| of.core
        .entities()
        .delete_entity(&of.caller, Kind::Shot, of.id("shot"), true);
    entities.delete_entities by MANAGERS => |of| of.core
        .entities()
        .delete_entities(&of.caller, of.id("project"), &of.list(&["other_shot"]), false);
    entities.rename_concept_folder by SUPERVISORS => |of| of.core
        .entities()
        .rename_concept_folder(&of.caller, of.id("folder"), "Moods");
    entities.delete_concept_folder by SUPERVISORS => |of| of.core
        .entities()
        .delete_concept_folder(&of.caller, of.id("folder"));
    entities.move_concepts by SUPERVISORS => |of| of.core.entities().move_concepts(
        &of.caller, of.id("project"), &[of.id("concept")], Some(of.id("folder")),
    );
    entities.update_shot by &["admin", "manager", "user_as_manager", "bot"] => |of| of.core.entities().update_shot(
        &of.caller,
        of.core.entities().managed_shot(&of.caller, of.id("shot")).await?,
        object(json!({"description": "New"})),
    );
    entities.add_shot_to_scene by STAFF => |of| of.core
        .entities()
        .add_shot_to_scene(&of.caller, of.id("scene"), of.id("shot"));
    entities.remove_shot_from_scene by STAFF => |of| of.core
        .entities()
        .remove_shot_from_scene(&of.caller, of.id("scene"), of.id("other_shot"));

];
