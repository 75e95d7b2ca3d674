//! Planning, productions with their settings, templates, working files and tasks.

use super::super::Write;
use super::super::arguments::{added, drawing, field, output_file, upload};
use super::super::callers::{
    ADMIN, EVERYBODY, MANAGERS, PERSONS, PUBLISH, STAFF, STUDIO_MANAGERS, WORK,
};
use crate::studio::object;
use futures_util::TryFutureExt as _;
use serde_json::{Map, Value, json};
use tanuki_core::entities::Kind;
use tanuki_core::files::{OutputPlace, UploadMetadata};
use tanuki_core::planning::schedule::ScheduledTable;
use tanuki_core::projects::template_links::TemplatePart;
use tanuki_core::projects::{
    LinkOrder, NewDescriptor, NewSettings, Setting, TaskStatusLink, TaskTypeLink,
};
use tanuki_core::studio::Equipment;
use tanuki_core::tasks::{Day, NewTasks, NewWorkingFile, Spend};

pub static PRODUCTIONS: &[Write] = writes![
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
