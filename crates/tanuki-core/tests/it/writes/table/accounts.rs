//! Accounts, jobs, what callers have of their own, playlists and shared links.

use super::super::Write;
use super::super::arguments::{
    factor_error, notified, proof, reset_error, robot, saved, search, share_error, share_link,
    stranger, tomorrow, unless_absent,
};
use super::super::callers::{ADMIN, MANAGERS, PERSONS, SEE_THE_SHOT, TEAM};
use crate::studio::PASSWORD;
use futures_util::TryFutureExt as _;
use serde_json::Map;
use tanuki_core::MaybeId;
use tanuki_core::directory::SyncOptions;
use tanuki_core::files::BurnInParts;
use tanuki_core::housekeeping::OldRows;
use tanuki_core::playlists::{ClientSelection, NewEntry};
use tanuki_core::shares::Invitation;

pub static ACCOUNTS: &[Write] = writes![
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
    auth.add_passkey by PERSONS => |of| of.core
        .auth()
        .add_passkey(&of.caller, &Map::new(), "key", &proof())
        .map_err(factor_error)
        .map_ok(drop)
        .or_else(unless_absent);
    auth.remove_passkey by PERSONS => |of| of.core
        .auth()
        .remove_passkey(&of.caller, of.id("artist"), &proof())
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
        .map_ok(drop)
        .or_else(unless_absent);

    directory.sync by ADMIN => |of| of.core.directory().sync(
        of.caller.as_admin()?, &[stranger()], SyncOptions::default(),
    );
    directory.sync_photos by ADMIN => |of| async {
        let admin = of.caller.as_admin()?;
        let dry = SyncOptions { is_dry_run: true, ..SyncOptions::default() };
        let report = of.core.directory().sync(admin, &[stranger()], dry).await?;
        of.core.directory().sync_photos(admin, &report, |_| ()).await
    };

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

];
