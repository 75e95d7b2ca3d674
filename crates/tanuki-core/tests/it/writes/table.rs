//! The functions of core that write, and who may call them.

use futures_util::TryFutureExt as _;
use serde_json::{Map, Value, json};
use tanuki_core::breakdown::{CastAsset, NewInstance, Share, Wanted};
use tanuki_core::comments::{BatchComment, PreviewOfComment, TaskComment};
use tanuki_core::entities::{ENTITIES, Kind};
use tanuki_core::files::{
    AvatarOwner, BurnInParts, OutputPlace, PreviewSelection, ProcessingOptions, UploadMetadata,
};
use tanuki_core::housekeeping::OldRows;
use tanuki_core::imports::{EntityImport, ImportOptions};
use tanuki_core::planning::schedule::ScheduledTable;
use tanuki_core::playlists::{ClientSelection, NewEntry};
use tanuki_core::projects::template_links::TemplatePart;
use tanuki_core::projects::{
    LinkOrder, NewDescriptor, NewSettings, Setting, TaskStatusLink, TaskTypeLink,
};
use tanuki_core::shares::Invitation;
use tanuki_core::studio::Equipment;
use tanuki_core::tasks::{Day, NewTasks, NewWorkingFile, Spend};
use tanuki_core::{Error, MaybeId};

use super::Write;
use super::arguments::{
    CASTING, HDR, TGA, added, body, drawing, entity, factor_error, field, import_error, notified,
    output_file, proof, remark, reset_error, robot, saved, search, share_error, share_link,
    tomorrow, unless_absent, upload,
};
use super::callers::{
    ADMIN, EVERYBODY, MANAGERS, PERSONS, PUBLISH, READ_THE_TASK, SEE_THE_SHOT, STAFF,
    STUDIO_MANAGERS, SUPERVISORS, TEAM, WORK,
};
use crate::studio::{PASSWORD, object};

/// `AREA.FUNCTION by WHO => |of| CALL`, where `of` is the [`Attempt`].
macro_rules! writes {
    ($($area:ident.$name:ident by $allowed:expr => |$of:ident| $call:expr;)*) => {
        &[$(Write {
            name: concat!(stringify!($area), ".", stringify!($name)),
            allowed: $allowed,
            call: |$of| Box::pin(async move {
                $call.await?;
                Ok(())
            }),
        }),*]
    };
}

pub static WRITES: &[Write] = writes![
    // Accounts
    auth.issue_app_login by PERSONS => |of| of.core.auth().issue_app_login(&of.caller, "challenge");
    auth.change_password by PERSONS => |of| of.core
        .auth()
        .change_password(&of.caller, PASSWORD, "another one", "another one")
        .map_err(reset_error);
    auth.end_session by PERSONS => |of| of.core
        .auth()
        .end_session(&of.caller, of.id("artist"))
        .or_else(unless_absent);
    auth.prepare_totp by PERSONS => |of| of.core
        .auth()
        .prepare_totp(&of.caller)
        .map_err(factor_error);
    auth.enable_totp by PERSONS => |of| of.core
        .auth()
        .enable_totp(&of.caller, "123456")
        .map_err(factor_error)
        .map_ok(drop)
        .or_else(unless_absent);
    auth.disable_totp by PERSONS => |of| of.core
        .auth()
        .disable_totp(&of.caller, &proof())
        .map_err(factor_error)
        .or_else(unless_absent);
    auth.prepare_email_otp by PERSONS => |of| of.core
        .auth()
        .prepare_email_otp(&of.caller)
        .map_err(factor_error);
    auth.enable_email_otp by PERSONS => |of| of.core
        .auth()
        .enable_email_otp(&of.caller, "123456")
        .map_err(factor_error)
        .map_ok(drop)
        .or_else(unless_absent);
    auth.disable_email_otp by PERSONS => |of| of.core
        .auth()
        .disable_email_otp(&of.caller, &proof())
        .map_err(factor_error)
        .or_else(unless_absent);
    auth.prepare_fido by PERSONS => |of| of.core
        .auth()
        .prepare_fido(&of.caller)
        .map_err(factor_error);
    auth.enable_fido by PERSONS => |of| of.core
        .auth()
        .enable_fido(&of.caller, &Map::new(), "key")
        .map_err(factor_error)
        .map_ok(drop)
        .or_else(unless_absent);
    auth.remove_fido by PERSONS => |of| of.core
        .auth()
        .remove_fido(&of.caller, "key", &proof())
        .map_err(factor_error)
        .or_else(unless_absent);
    auth.renew_recovery_codes by PERSONS => |of| of.core
        .auth()
        .renew_recovery_codes(&of.caller, &proof())
        .map_err(factor_error)
        .map_ok(drop)
        .or_else(unless_absent);
    bots.create by ADMIN => |of| of.core.bots().create(of.caller.as_admin()?, &robot());
    bots.create_once by ADMIN => |of| of.core
        .bots()
        .create_once(of.caller.as_admin()?, uuid::Uuid::from_u128(1), &robot());
    bots.update by ADMIN => |of| of.core
        .bots()
        .update(of.caller.as_admin()?, of.id("bot"), &robot());
    bots.set_active by ADMIN => |of| of.core.bots().set_active(&of.caller, of.id("bot"), false);
    bots.delete by ADMIN => |of| of.core.bots().delete(&of.caller, of.id("bot"), true);
    bots.rotate_token by ADMIN => |of| of.core.bots().rotate_token(&of.caller, of.id("bot"));

    people.clear_avatar by ADMIN => |of| of.core
        .people()
        .clear_avatar(of.caller.as_admin()?, of.id("artist"));
    people.clear_own_avatar by PERSONS => |of| of.core.people().clear_own_avatar(&of.caller);
    people.set_active by ADMIN => |of| of.core.people().set_active(
        of.caller.as_admin()?, of.id("artist"), false,
    );
    people.set_role by ADMIN => |of| of.core.people().set_role(
        of.caller.as_admin()?, of.id("artist"), tanuki_domain::Role::Supervisor,
    );
    people.end_sessions by ADMIN => |of| of.core.people().end_sessions(
        of.caller.as_admin()?, of.id("artist"),
    );
    people.end_all_sessions by ADMIN => |of| of.core.people().end_all_sessions(of.caller.as_admin()?);
    people.invite by ADMIN => |of| of.core.people().invite(&of.caller, of.id("artist"));
    people.password_reset_link by ADMIN => |of| of.core
        .people()
        .password_reset_link(&of.caller, of.id("artist"));
    people.set_password by ADMIN => |of| of.core
        .people()
        .set_password(&of.caller, of.id("artist"), "another one")
        .map_err(reset_error);
    people.disable_two_factor by ADMIN => |of| of.core
        .people()
        .disable_two_factor(&of.caller, of.id("artist"))
        .or_else(unless_absent);

    comments.recount_tasks by ADMIN => |of| of.core
        .comments()
        .recount_tasks(of.caller.as_admin()?, of.id("project"), |_, _| ());
    breakdown.recount_project by ADMIN => |of| of.core
        .breakdown()
        .recount_project(of.caller.as_admin()?, of.id("project"), |_, _| ());
    // Everything that there is by tomorrow
    housekeeping.remove_old by ADMIN => |of| of.core.housekeeping().remove_old(
        of.caller.as_admin()?, OldRows::Events, tomorrow(), |_| (),
    );

    // The job queue, which is empty
    jobs.retry by ADMIN => |of| of.core
        .jobs()
        .retry(&of.caller, of.id("artist"))
        .or_else(unless_absent);
    jobs.retry_failed by ADMIN => |of| of.core.jobs().retry_failed(&of.caller);
    jobs.cancel by ADMIN => |of| of.core
        .jobs()
        .cancel(&of.caller, of.id("artist"))
        .or_else(unless_absent);

    // The caller's own
    work.create_filter by PERSONS => |of| of.core.work().create_filter(&of.caller, &search("Mine"));
    work.update_filter by PERSONS => |of| of.core
        .work()
        .update_filter(&of.caller, saved(of, false).await?, &search("Ours"));
    work.remove_filter by PERSONS => |of| of.core
        .work()
        .remove_filter(&of.caller, saved(of, false).await?);
    work.create_filter_group by PERSONS => |of| of.core
        .work()
        .create_filter_group(&of.caller, &search("Mine"));
    work.update_filter_group by PERSONS => |of| of.core
        .work()
        .update_filter_group(&of.caller, saved(of, true).await?, &search("Ours"));
    work.remove_filter_group by PERSONS => |of| of.core
        .work()
        .remove_filter_group(&of.caller, saved(of, true).await?);
    chats.join by SEE_THE_SHOT => |of| of.core.chats().join(&of.caller, of.id("shot"));
    chats.leave by SEE_THE_SHOT => |of| async {
        of.core.chats().join(&of.caller, of.id("shot")).await?;
        of.core.chats().leave(&of.caller, of.id("shot")).await
    };
    chats.write by SEE_THE_SHOT => |of| async {
        let chats = of.core.chats();
        chats.join(&of.caller, of.id("shot")).await?;
        chats.write(&of.caller, of.id("shot"), "Hello", Vec::new()).await
    };
    chats.remove_message by SEE_THE_SHOT => |of| async {
        let chats = of.core.chats();
        chats.join(&of.caller, of.id("shot")).await?;
        let message = chats.write(&of.caller, of.id("shot"), "Hello", Vec::new()).await?;
        let id = MaybeId::from(message["id"].as_str().unwrap().to_owned());
        chats.remove_message(&of.caller, of.id("shot"), &id).await
    };
    playlists.add_entries by MANAGERS => |of| async {
        let entry = NewEntry { entity_id: of.id("shot"), preview_file_id: None };
        of.core.playlists().add_entries(&of.caller, of.id("playlist"), &[entry]).await
    };
    playlists.notify_clients by MANAGERS => |of| of.core
        .playlists()
        .notify_clients(&of.caller, of.id("playlist"), ClientSelection::default());
    playlists.build by MANAGERS => |of| of.core.playlists().build(&of.caller, of.id("playlist"), BurnInParts::default());
    playlists.remove_build by MANAGERS => |of| async {
        let build = of.core.playlists().build(&of.caller, of.id("playlist"), BurnInParts::default()).await?;
        let id = MaybeId::from(build["id"].as_str().unwrap().to_owned());
        of.core.playlists().remove_build(&of.caller, &of.id("playlist"), &id).await
    };
    shares.create_link by MANAGERS => |of| of.core
        .shares()
        .create_link(&of.caller, &of.id("playlist"), share_link());
    shares.revoke_link by MANAGERS => |of| async {
        let (shares, playlist) = (of.core.shares(), of.id("playlist"));
        let link = shares.create_link(&of.caller, &playlist, share_link()).await?;
        shares.revoke_link(&of.caller, &playlist, link["token"].as_str().unwrap()).await
    };
    shares.invite by MANAGERS => |of| async {
        let (shares, playlist) = (of.core.shares(), of.id("playlist"));
        let link = shares.create_link(&of.caller, &playlist, share_link()).await?;
        let token = link["token"].as_str().unwrap();
        let invitation = Invitation { emails: vec!["eve@client.com".into()], ..Invitation::default() };
        shares.invite(&of.caller, &playlist, token, invitation).map_err(share_error).await
    };
    work.mark_notification by PERSONS => |of| of.core
        .work()
        .mark_notification(&of.caller, notified(of).await?, true);
    work.mark_notifications by PERSONS => |of| of.core.work().mark_notifications(&of.caller);
    work.subscribe by SEE_THE_SHOT => |of| of.core.work().subscribe(&of.caller, &[of.id("task")]);
    work.unsubscribe by SEE_THE_SHOT => |of| async {
        let work = of.core.work();
        work.subscribe(&of.caller, &[of.id("task")]).await?;
        work.unsubscribe(&of.caller, &[of.id("task")]).await
    };
    work.subscribe_to_sequence by TEAM => |of| of.core
        .work()
        .subscribe_to_sequence(&of.caller, of.id("sequence"), &of.id("animation"));
    work.unsubscribe_from_sequence by TEAM => |of| async {
        let (sequence, task_type) = (of.id("sequence"), of.id("animation"));
        let work = of.core.work();
        work.subscribe_to_sequence(&of.caller, of.id("sequence"), &task_type).await?;
        work.unsubscribe_from_sequence(&of.caller, &sequence, &task_type).await
    };

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

    imports.persons by ADMIN => |of| {
        let file = upload(of, "rows.csv", b"First Name,Last Name,Email\nAda,New,ada@animfilms.com\n").await?;
        let options = ImportOptions::default();
        of.core.imports().persons(of.caller.as_admin()?, file, options).map_err(import_error)
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

    // Planning
    planning.create_budget by MANAGERS => |of| of.core.planning().create_budget(
        of.core.planning().budgeted(&of.caller, of.id("project")).await?, "New".into(), None,
    );
    planning.update_budget by MANAGERS => |of| of.core.planning().update_budget(
        of.core.planning().budget_of(&of.caller, of.id("project"), of.id("budget")).await?,
        Some("New".into()), None,
    );
    planning.delete_budget by MANAGERS => |of| of.core.planning().delete_budget(
        of.core.planning().budget_of(&of.caller, of.id("project"), of.id("budget")).await?,
    );
    planning.create_budget_entry by MANAGERS => |of| of.core.planning().create_budget_entry(
        of.core.planning().budget_of(&of.caller, of.id("project"), of.id("budget")).await?,
        object(json!({"department_id": of.id::<Value>("department"), "start_date": "2026-11-01", "months_duration": 1, "daily_salary": 1, "position": "artist", "seniority": "mid"})),
    );
    planning.update_budget_entry by MANAGERS => |of| of.core.planning().update_budget_entry(
        of.core.planning().budget_entry_of(
            &of.caller, of.id("project"), of.id("budget"), of.id("entry"),
        ).await?,
        object(json!({"daily_salary": 2})),
    );
    planning.delete_budget_entry by MANAGERS => |of| of.core.planning().delete_budget_entry(
        of.core.planning().budget_entry_of(
            &of.caller, of.id("project"), of.id("budget"), of.id("entry"),
        ).await?,
    );
    planning.set_frames_from_previews by MANAGERS => |of| of.core
        .planning()
        .set_frames_from_previews(&of.caller, of.id("project"), of.id("animation"), None);
    // Listing a schedule creates what it lacks.
    planning.task_type_schedule by STAFF => |of| of.core.planning().task_type_schedule(&of.caller, of.id("project"));
    planning.schedule_of by STAFF => |of| of.core.planning().schedule_of(
        &of.caller, of.id("project"), of.id("animation"), ScheduledTable::Sequences, None,
    );
    planning.fill_version by MANAGERS => |of| of.core
        .planning()
        .fill_version(of.core.planning().managed_version(&of.caller, of.id("version")).await?);
    planning.copy_version by MANAGERS => |of| of.core.planning().copy_version(
        of.core.planning().managed_version(&of.caller, of.id("version")).await?, of.id("other_version"),
    );
    planning.apply_version by MANAGERS => |of| of.core
        .planning()
        .apply_version(of.core.planning().managed_version(&of.caller, of.id("version")).await?);

    // Productions and their settings
    projects.create_descriptor by MANAGERS => |of| of.core.projects().create_descriptor(
        &of.caller, of.id("project"),
        NewDescriptor { entity_type: "Shot", task_type_id: None, details: &field("Note") },
    );
    projects.update_descriptor by MANAGERS => |of| of.core
        .projects()
        .update_descriptor(&of.caller, of.id("project"), of.id("descriptor"), &field("Note"));
    projects.delete_descriptor by MANAGERS => |of| of.core
        .projects()
        .delete_descriptor(&of.caller, of.id("project"), of.id("descriptor"));
    projects.order_descriptors by MANAGERS => |of| of.core
        .projects()
        .order_descriptors(&of.caller, of.id("project"), "Shot", &[of.id("descriptor")]);
    projects.create_descriptor_everywhere by STUDIO_MANAGERS => |of| of.core
        .projects()
        .create_descriptor_everywhere(of.caller.as_manager()?, "Shot", &field("Note"));
    projects.update_descriptor_everywhere by STUDIO_MANAGERS => |of| of.core
        .projects()
        .update_descriptor_everywhere(of.caller.as_manager()?, ("Shot", "mood"), &field("Note"));
    projects.delete_descriptor_everywhere by STUDIO_MANAGERS => |of| of.core
        .projects()
        .delete_descriptor_everywhere(of.caller.as_manager()?, "Shot", "mood");
    projects.order_descriptors_everywhere by STUDIO_MANAGERS => |of| of.core
        .projects()
        .order_descriptors_everywhere(of.caller.as_manager()?, "Shot", &["mood".into()]);
    projects.link_task_type by MANAGERS => |of| of.core.projects().link_task_type(&of.caller, TaskTypeLink {
        project_id: of.id("project"), task_type_id: of.id("layout"), priority: None,
    });
    projects.link_task_status by MANAGERS => |of| of.core.projects().link_task_status(&of.caller, TaskStatusLink {
        project_id: of.id("project"), task_status_id: of.id("approved"), priority: None,
        roles_for_board: Vec::new(),
    });
    projects.order_links by MANAGERS => |of| of.core.projects().order_links(
        of.core.require_managed_project(&of.caller, of.id("project")).await?,
        LinkOrder::TaskTypes, &[of.id("animation")],
    );
    projects.renew_preview_account by MANAGERS => |of| of.core
        .projects()
        .renew_preview_account(&of.caller, of.id("project"));
    projects.open_preview_account by MANAGERS => |of| of.core
        .projects()
        .open_preview_account(&of.caller, of.id("project"), true);
    projects.delete_preview_account by MANAGERS => |of| of.core
        .projects()
        .delete_preview_account(&of.caller, of.id("project"));
    projects.add_setting by MANAGERS => |of| of.core
        .projects()
        .add_setting(&of.caller, of.id("project"), Setting::TaskStatuses, of.id("approved"));
    projects.remove_setting by MANAGERS => |of| of.core
        .projects()
        .remove_setting(&of.caller, of.id("project"), Setting::Team, of.id("artist"));
    projects.add_task_type by MANAGERS => |of| of.core
        .projects()
        .add_task_type(&of.caller, of.id("project"), added(of));
    projects.add_settings by MANAGERS => |of| of.core.projects().add_settings(
        &of.caller, of.id("project"),
        NewSettings {
            task_types: vec![added(of)], task_status_ids: Vec::new(), asset_type_ids: Vec::new(),
            replace_task_types: false,
        },
    );
    projects.allow_status_to_clients by MANAGERS => |of| of.core
        .projects()
        .allow_status_to_clients(&of.caller, of.id("project"), of.id("todo"), Some(true));
    projects.add_task_type_software by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| of.core.projects().add_task_type_software(
        &of.caller, of.id("project"), of.id("layout"), of.id("software"),
    );
    projects.remove_task_type_software by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| of.core.projects().remove_task_type_software(
        &of.caller, of.id("project"), of.id("animation"), of.id("software"),
    );
    projects.add_to_team by MANAGERS => |of| of.core
        .projects()
        .add_to_team(&of.caller, of.id("project"), of.id("spare"), Some("client"));
    projects.set_team_role by MANAGERS => |of| of.core
        .projects()
        .set_team_role(&of.caller, of.id("project"), of.id("artist"), Some("supervisor"));

    // Templates
    projects.create_template_from by ADMIN => |of| of.core.projects().create_template_from(
        of.caller.as_admin()?, of.id("project"), "New".into(), None,
    );
    projects.apply_template_to by ADMIN => |of| of.core
        .projects()
        .apply_template_to(of.caller.as_admin()?, of.id("project"), of.id("template"));
    projects.add_to_template by ADMIN => |of| of.core.projects().add_to_template(
        of.caller.as_admin()?, of.id("template"), TemplatePart::TaskTypes, of.id("layout"),
        Map::new(),
    );
    projects.remove_from_template by ADMIN => |of| of.core.projects().remove_from_template(
        of.caller.as_admin()?, of.id("template"), TemplatePart::TaskTypes, of.id("animation"),
    );
    projects.order_template by ADMIN => |of| of.core.projects().order_template(
        of.caller.as_admin()?, of.id("template"), TemplatePart::TaskTypes, &[of.id("animation")],
    );
    projects.set_template_background by ADMIN => |of| of.core
        .projects()
        .set_template_background(of.caller.as_admin()?, of.id("template"), None);
    projects.set_template_descriptors by ADMIN => |of| of.core
        .projects()
        .set_template_descriptors(of.caller.as_admin()?, of.id("template"), &[]);
    studio.order_task_types by ADMIN => |of| of.core
        .studio()
        .order_task_types(of.caller.as_admin()?, &[of.id("animation")]);
    studio.add_equipment by ADMIN => |of| of.core.studio().add_equipment(
        of.caller.as_admin()?, Equipment::Software, of.id("lighting"), of.id("software"),
    );
    people.log_desktop_login by &["admin", "artist"] => |of| of.core.people().log_desktop_login(
        &of.caller, &of.id("artist"), None,
    );
    people.log_own_desktop_login by PERSONS => |of| of.core.people().log_own_desktop_login(
        &of.caller, Some("2026-11-02T09:00:00"),
    );
    people.add_to_department by ADMIN => |of| of.core.people().add_to_department(
        of.caller.as_admin()?, &of.id("artist"), of.id("lighting"),
    );
    people.remove_from_department by ADMIN => |of| of.core.people().remove_from_department(
        of.caller.as_admin()?, &of.id("artist"), &of.id("department"),
    );
    studio.remove_equipment by ADMIN => |of| of.core.studio().remove_equipment(
        of.caller.as_admin()?, Equipment::Software, (of.id("department"), of.id("software")),
    );

    // Files
    files.create_upload by EVERYBODY => |of| async move {
        let metadata = UploadMetadata::default();
        of.core.files().create_upload(&of.caller, (5, 5), &metadata).await
    };
    files.delete_upload by EVERYBODY => |of| async move {
        let metadata = UploadMetadata::default();
        let upload = of.core.files().create_upload(&of.caller, (5, 5), &metadata).await?;
        of.core.files().delete_upload(&of.caller, upload.id).await
    };
    files.comment_working_file by PUBLISH => |of| of.core.files().comment_working_file(&of.caller, of.id("working_file"), "Done");
    files.touch_working_file by PUBLISH => |of| of.core.files().touch_working_file(&of.caller, of.id("working_file"));
    files.upload_working_file by WORK => |of| upload(of, "scene.blend", b"content").and_then(|content| {
        of.core.files().upload_working_file(&of.caller, of.id("working_file"), content)
    });
    files.create_output_file by WORK => |of| of.core
        .files()
        .create_output_file(&of.caller, OutputPlace::Entity(of.id("shot")), &output_file(of));
    tasks.create_working_file by WORK => |of| of.core.tasks().create_working_file(&of.caller, of.id("task"), &NewWorkingFile {
        name: "main".into(), mode: "working".into(), comment: String::new(), person_id: None,
        software_id: None, revision: 0, separator: "/".into(),
    });

    // Tasks
    tasks.assign by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| of.core.tasks().assign(&of.caller, of.id("task"), of.id("idle_artist"));
    tasks.assign_many by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| of.core
        .tasks()
        .assign_many(&of.caller, of.id("idle_artist"), &[of.id("task")]);
    tasks.unassign by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist"] => |of| of.core
        .tasks()
        .unassign(&of.caller, &[of.id("task")], Some(of.id("artist")));
    tasks.set_priority by &["admin", "manager", "user_as_manager", "bot", "supervisor"] => |of| of.core.tasks().set_priority(&of.caller, &[of.id("task")], 2);
    tasks.create by MANAGERS => |of| of.core.tasks().create(&of.caller, Kind::Shot, NewTasks {
        project: of.id("project"), task_type: of.id("layout"),
        entities: of.list(&["other_shot"]), parameters: &[],
    });
    tasks.create_of_named by MANAGERS => |of| of.core
        .tasks()
        .create_of_named(&of.caller, "shot", NewTasks {
            project: of.id("project"), task_type: of.id("layout"),
            entities: of.list(&["other_shot"]), parameters: &[],
        });
    tasks.create_entity_tasks by STAFF => |of| of.core
        .tasks()
        .create_entity_tasks(&of.caller, of.id("other_shot"), || Ok(vec![of.id("layout")]));
    tasks.show_task by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist", "vendor"] => |of| of.core.tasks().show_task(&of.caller, of.id("task"));
    tasks.show_tasks by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist", "vendor"] => |of| of.core.tasks().show_tasks(&of.caller, &[of.id("task")]);
    tasks.show_preview by &["admin", "manager", "user_as_manager", "bot", "supervisor", "lighting_supervisor", "artist", "idle_artist", "vendor"] => |of| of.core.tasks().show_preview(&of.caller, of.id("preview"), None);
    files.annotate by &["admin", "manager", "user_as_manager", "bot", "supervisor", "client", "manager_as_client"] => |of| of.core.files().annotate(
        &of.caller, of.id("preview"), drawing(),
    );
    files.move_preview by &["admin", "manager", "user_as_manager", "bot", "supervisor", "artist", "client", "manager_as_client", "vendor"] => |of| of.core.files().move_preview(
        &of.caller, of.id("preview"), 1,
    );
    tasks.delete by &["admin", "manager", "user_as_manager", "bot"] => |of| of.core
        .tasks()
        .delete(&of.caller, of.id("project"), &of.list(&["task"]));
    tasks.delete_of_type by ADMIN => |of| of.core.tasks().delete_of_type(
        of.caller.as_admin()?, of.id("project"), of.id("animation"),
    );
    tasks.spend by &["admin", "manager", "user_as_manager", "bot", "artist"] => |of| of.core.tasks().spend(
        &of.caller,
        Day { task: of.id("task"), date: "2026-11-03", person: of.id("artist") },
        Spend::Set, || Ok(60.0),
    );
    tasks.remove_spent by &["admin", "manager", "user_as_manager", "bot", "artist"] => |of| of.core.tasks().remove_spent(
        &of.caller, Day { task: of.id("task"), date: "2026-11-02", person: of.id("artist") },
    );
];
