"""The actions of event_stream.py, each with what it is called."""

ACTIONS = []


def action(does):
    ACTIONS.append((does.__name__.replace("_", " "), does))
    return does


@action
def comment(world):
    world.first = world.comment(world.task, 0)


@action
def comment_with_another_status(world):
    world.comment(world.task, 1)


@action
def comment_that_asks_for_a_review(world):
    world.comment(world.task, 2)


@action
def comment_with_a_mention(world):
    world.comment(world.task, 4, comment=f"@Supervisor {world.people['supervisor']['last_name']}")


@action
def comment_for_clients(world):
    world.comment(world.task, 0, for_client=True)


@action
def comment_on_the_other_tasks_too(world):
    world.comment(world.task, 0, comment="#all look")


@action
def comment_of_an_earlier_day(world):
    world.comment(world.task, 3, created_at="2020-01-01 10:00:00")


@action
def comment_that_sets_off_an_automation(world):
    body = {"entity_type": "asset", "in_task_type_id": world.types[0]["id"],
            "in_task_status_id": world.statuses[3]["id"], "out_field_type": "status",
            "out_task_type_id": world.types[1]["id"], "out_task_status_id": world.statuses[1]["id"]}
    world.automation = world.admin.post("data/status-automations", body)
    world.admin.post(f"data/projects/{world.project['id']}/settings/status-automations",
                     {"status_automation_id": world.automation["id"]})
    world.comment(world.task, 3)


@action
def several_comments(world):
    entries = [{"object_id": world.task["id"], "task_status_id": world.statuses[1]["id"], "comment": "a"},
               {"object_id": world.rig["id"], "task_status_id": world.statuses[1]["id"], "comment": "b"}]
    world.admin.post(f"actions/projects/{world.project['id']}/tasks/comment-many", entries)


@action
def reply(world):
    path = f"data/tasks/{world.task['id']}/comments/{world.first['id']}/reply"
    world.reply = world.admin.post(path, {"text": "Yes"})


@action
def reply_deleted(world):
    path = f"data/tasks/{world.task['id']}/comments/{world.first['id']}/reply/{world.reply['id']}"
    world.admin.delete(path)


@action
def acknowledge(world):
    world.admin.post(f"data/tasks/{world.task['id']}/comments/{world.first['id']}/ack")


@action
def acknowledge_taken_back(world):
    world.admin.post(f"data/tasks/{world.task['id']}/comments/{world.first['id']}/ack")


@action
def comment_changed(world):
    world.admin.put(f"data/comments/{world.first['id']}", {"text": "Looks good"})


@action
def comment_changed_to_mention(world):
    name = world.people["supervisor"]["last_name"]
    world.admin.put(f"data/comments/{world.first['id']}", {"text": f"@Supervisor {name}"})


@action
def reply_with_a_mention(world):
    path = f"data/tasks/{world.task['id']}/comments/{world.first['id']}/reply"
    name = world.people["supervisor"]["last_name"]
    world.admin.post(path, {"text": f"@Supervisor {name}"})


@action
def comment_moved(world):
    moved = world.comment(world.rig, 0)
    world.admin.post(f"actions/tasks/{world.rig['id']}/comments/{moved['id']}/move",
                     {"target_task_id": world.task["id"]})


@action
def asset_is_ready(world):
    world.admin.put(f"data/projects/{world.project['id']}/entities/{world.shot['id']}/casting",
                    [{"asset_id": world.asset["id"], "nb_occurences": 1}])
    body = {"entity_type": "asset", "in_task_type_id": world.types[1]["id"],
            "in_task_status_id": world.statuses[2]["id"], "out_field_type": "ready_for",
            "out_task_type_id": world.types[2]["id"]}
    row = world.admin.post("data/status-automations", body)
    world.admin.post(f"data/projects/{world.project['id']}/settings/status-automations",
                     {"status_automation_id": row["id"]})
    world.comment(world.rig, 2)


@action
def comment_row(world):
    body = {"object_id": world.task["id"], "object_type": "Task", "text": "A row",
            "task_status_id": world.statuses[0]["id"], "person_id": world.people["user"]["id"]}
    world.row = world.admin.post("data/comments", body)


@action
def comment_row_deleted(world):
    world.admin.delete(f"data/comments/{world.row['id']}")


@action
def comment_deleted(world):
    world.admin.delete(f"data/tasks/{world.task['id']}/comments/{world.first['id']}")


@action
def last_comment_deleted(world):
    last = world.comment(world.task, 3)
    world.admin.delete(f"data/tasks/{world.task['id']}/comments/{last['id']}")


@action
def preview_of_a_comment(world):
    world.shown = world.comment(world.task, 0)
    path = f"actions/tasks/{world.task['id']}/comments/{world.shown['id']}/add-preview"
    world.preview = world.admin.post(path, {"revision": 1})


@action
def preview_changed(world):
    world.admin.put(f"data/preview-files/{world.preview['id']}", {"status": "ready"})


@action
def preview_is_the_main_one(world):
    world.admin.put(f"actions/preview-files/{world.preview['id']}/set-main-preview")


@action
def preview_row(world):
    body = {"name": "made", "revision": 7, "task_id": world.task["id"],
            "person_id": world.people["user"]["id"], "extension": "png"}
    world.made = world.admin.post("data/preview-files", body)


@action
def preview_row_deleted(world):
    world.admin.delete(f"data/preview-files/{world.made['id']}")


@action
def assign(world):
    world.admin.put(f"actions/persons/{world.people['supervisor']['id']}/assign",
                    {"task_ids": [world.task["id"], world.rig["id"]]})


@action
def assign_one_task(world):
    world.admin.put(f"actions/tasks/{world.anim['id']}/assign",
                    {"person_id": world.people["vendor"]["id"]})


@action
def assign_by_the_row(world):
    world.admin.put(f"data/tasks/{world.anim['id']}", {"assignees": [world.people["user"]["id"]]})


@action
def take_assignments_away(world):
    world.admin.put("actions/tasks/clear-assignation", {"task_ids": [world.task["id"]]})


@action
def task_row(world):
    world.comp = world.new_task(world.shot, world.types[3])


@action
def task_changed(world):
    world.admin.put(f"data/tasks/{world.comp['id']}", {"priority": 2})


@action
def priorities(world):
    world.admin.put("actions/tasks/set-priority",
                    {"task_ids": [world.comp["id"], world.task["id"]], "priority": 1})


@action
def task_deleted_with_its_comments(world):
    world.comment(world.comp, 0)
    world.admin.delete(f"data/tasks/{world.comp['id']}?force=true")


@action
def tasks_of_a_type(world):
    kind, project = world.types[3]["id"], world.project["id"]
    world.many = world.admin.post(
        f"actions/projects/{project}/task-types/{kind}/shots/create-tasks", [])


@action
def tasks_deleted(world):
    ids = [task["id"] for task in world.many]
    world.admin.post(f"actions/projects/{world.project['id']}/delete-tasks", ids)


@action
def time_spent(world):
    world.artist = world.log_in("user")
    person = world.people["user"]["id"]
    world.artist.post(f"actions/tasks/{world.anim['id']}/time-spents/2026-01-05/persons/{person}",
                     {"duration": 60})


@action
def time_spent_again(world):
    person = world.people["user"]["id"]
    world.artist.post(f"actions/tasks/{world.anim['id']}/time-spents/2026-01-05/persons/{person}",
                     {"duration": 90})


@action
def time_spent_taken_back(world):
    person = world.people["user"]["id"]
    world.artist.delete(f"actions/tasks/{world.anim['id']}/time-spents/2026-01-05/persons/{person}")


@action
def time_spent_row(world):
    body = {"task_id": world.task["id"], "person_id": world.people["user"]["id"],
            "date": "2026-01-06", "duration": 10}
    world.admin.post("data/time-spents", body)


@action
def casting(world):
    world.admin.put(f"data/projects/{world.project['id']}/entities/{world.shot['id']}/casting",
                    [{"asset_id": world.asset["id"], "nb_occurences": 1}])


@action
def casting_emptied(world):
    world.admin.put(f"data/projects/{world.project['id']}/entities/{world.shot['id']}/casting", [])


@action
def entity_link_row(world):
    body = {"entity_in_id": world.shot["id"], "entity_out_id": world.prop["id"], "nb_occurences": 1}
    link = world.admin.post("data/entity-links", body)
    world.admin.put(f"data/entity-links/{link['id']}", {"nb_occurences": 2})
    world.admin.delete(f"data/entity-links/{link['id']}")


@action
def instance_in_a_scene(world):
    world.instance = world.admin.post(f"data/scenes/{world.scene['id']}/asset-instances",
                                      {"asset_id": world.asset["id"]})


@action
def instance_in_a_shot(world):
    world.admin.post(f"data/shots/{world.shot['id']}/asset-instances",
                     {"asset_instance_id": world.instance["id"]})
    world.admin.delete(f"data/shots/{world.shot['id']}/asset-instances/{world.instance['id']}")


@action
def instance_in_an_asset(world):
    world.admin.post(f"data/assets/{world.asset['id']}/asset-asset-instances",
                     {"asset_to_instantiate_id": world.prop["id"]})


@action
def instance_row(world):
    body = {"asset_id": world.prop["id"], "name": "two", "number": 9, "scene_id": world.scene["id"]}
    row = world.admin.post("data/asset-instances", body)
    world.admin.put(f"data/asset-instances/{row['id']}", {"name": "three"})
    world.admin.delete(f"data/asset-instances/{row['id']}")


@action
def new_entities(world):
    project = f"data/projects/{world.project['id']}"
    world.chair = world.new_asset("Chair")
    world.second = world.admin.post(f"{project}/sequences", {"name": "SQ02"})
    world.admin.post(f"{project}/shots", {"name": "SH02", "sequence_id": world.second["id"]})
    world.admin.post(f"{project}/episodes", {"name": "E01"})
    world.admin.post(f"{project}/edits", {"name": "ED01"})
    world.admin.post(f"{project}/concepts", {"name": "C01"})


@action
def entities_changed(world):
    world.admin.put(f"data/entities/{world.shot['id']}", {"nb_frames": 12})
    world.admin.put(f"data/shots/{world.shot['id']}", {"nb_frames": 13})
    world.admin.put(f"data/entities/{world.asset['id']}", {"description": "It"})


@action
def entities_deleted(world):
    world.admin.delete(f"data/assets/{world.chair['id']}?force=true")
    world.admin.delete(f"data/sequences/{world.second['id']}?force=true")


@action
def playlist(world):
    body = {"name": "Dailies", "project_id": world.project["id"], "for_entity": "shot", "shots": []}
    row = world.admin.post("data/playlists", body)
    world.admin.put(f"data/playlists/{row['id']}", {"name": "Weeklies"})
    world.admin.delete(f"data/playlists/{row['id']}")


@action
def planning(world):
    project = world.project["id"]
    row = world.admin.post("data/milestones",
                           {"name": "Delivery", "date": "2031-01-01", "project_id": project})
    world.admin.delete(f"data/milestones/{row['id']}")
    row = world.admin.post("data/schedule-items",
                           {"project_id": project, "task_type_id": world.types[0]["id"]})
    world.admin.put(f"data/schedule-items/{row['id']}", {"man_days": 2})
    world.admin.delete(f"data/schedule-items/{row['id']}")
    row = world.admin.post("data/production-schedule-versions",
                           {"name": "First", "project_id": project})
    world.admin.delete(f"data/production-schedule-versions/{row['id']}")


@action
def budget(world):
    path = f"data/projects/{world.project['id']}/budgets"
    row = world.admin.post(path, {"name": "Money", "currency": "EUR"})
    world.admin.put(f"{path}/{row['id']}", {"name": "More"})
    world.admin.delete(f"{path}/{row['id']}")


@action
def column(world):
    path = f"data/projects/{world.project['id']}/metadata-descriptors"
    row = world.admin.post(path, {"name": "Weight", "entity_type": "Asset", "data_type": "string"})
    world.admin.put(f"{path}/{row['id']}", {"name": "Mass"})
    world.admin.delete(f"{path}/{row['id']}")


@action
def team(world):
    person, project = world.people["vendor"]["id"], world.project["id"]
    world.admin.delete(f"data/projects/{project}/team/{person}")
    world.admin.post(f"data/projects/{project}/team", {"person_id": person})


@action
def settings_of_a_production(world):
    path, kind = f"data/projects/{world.project['id']}/settings", world.kind["id"]
    world.admin.post(f"{path}/asset-types", {"asset_type_id": kind})
    world.admin.delete(f"{path}/asset-types/{kind}")


@action
def production_changed(world):
    world.admin.put(f"data/projects/{world.project['id']}", {"description": "Long"})


@action
def working_files(world):
    body = {"name": "main", "task_id": world.task["id"], "entity_id": world.asset["id"],
            "person_id": world.people["user"]["id"], "revision": 1, "path": "/a"}
    row = world.admin.post("data/working-files", body)
    world.admin.put(f"data/working-files/{row['id']}", {"comment": "It"})
    world.admin.delete(f"data/working-files/{row['id']}")


@action
def output_files(world):
    status = world.admin.post("data/file-status", {"name": world.kind["name"], "color": "#112233"})
    kind = world.admin.post("data/output-types", {"name": f"Out {world.kind['name']}", "short_name": "o"})
    body = {"name": "main", "entity_id": world.asset["id"], "task_type_id": world.types[0]["id"],
            "person_id": world.people["user"]["id"], "output_type_id": kind["id"], "revision": 1,
            "representation": "", "file_status_id": status["id"], "nb_elements": 1}
    row = world.admin.post("data/output-files", body)
    world.admin.put(f"data/output-files/{row['id']}", {"comment": "It"})
    world.admin.delete(f"data/output-files/{row['id']}")


@action
def attached_file_row(world):
    body = {"name": "a.png", "extension": "png", "comment_id": world.shown["id"], "size": 1,
            "mimetype": "image/png"}
    row = world.admin.post("data/attachment-files", body)
    world.admin.put(f"data/attachment-files/{row['id']}", {"name": "b.png"})
    world.admin.delete(f"data/attachment-files/{row['id']}")


@action
def news_row(world):
    body = {"task_id": world.task["id"], "author_id": world.people["user"]["id"],
            "comment_id": world.shown["id"]}
    row = world.admin.post("data/news", body)
    world.admin.delete(f"data/news/{row['id']}")


@action
def notification_row(world):
    body = {"task_id": world.task["id"], "author_id": world.people["user"]["id"], "type": "comment",
            "person_id": world.people["supervisor"]["id"], "comment_id": world.shown["id"]}
    row = world.admin.post("data/notifications", body)
    world.admin.put(f"data/notifications/{row['id']}", {"read": True})
    world.admin.delete(f"data/notifications/{row['id']}")


@action
def subscription_row(world):
    body = {"task_id": world.task["id"], "person_id": world.people["supervisor"]["id"]}
    row = world.admin.post("data/subscriptions", body)
    world.admin.delete(f"data/subscriptions/{row['id']}")


@action
def search_filter_row(world):
    body = {"list_type": "asset", "name": "Mine", "search_query": "x", "entity_type": "Asset",
            "project_id": world.project["id"], "person_id": world.people["user"]["id"]}
    row = world.admin.post("data/search-filters", body)
    world.admin.delete(f"data/search-filters/{row['id']}")


@action
def chat_rows(world):
    body = {"object_id": world.asset["id"], "object_type": "entity"}
    chat = world.admin.post("data/chats", body)
    body = {"chat_id": chat["id"], "person_id": world.people["user"]["id"], "text": "Hello"}
    message = world.admin.post("data/chat-messages", body)
    world.admin.delete(f"data/chat-messages/{message['id']}")
    world.admin.delete(f"data/chats/{chat['id']}")


@action
def day_off(world):
    body = {"person_id": world.people["user"]["id"], "date": "2026-02-02", "end_date": "2026-02-03"}
    row = world.admin.post("data/day-offs", body)
    world.admin.delete(f"data/day-offs/{row['id']}")


@action
def the_studio(world):
    name = world.kind["name"]
    color = {"name": name, "color": "#112233"}
    for path, body in [
        ("departments", color), ("studios", color),
        ("file-status", {"name": f"{name} x", "color": "#112233"}),
        ("project-status", {"name": name[:18], "color": "#112233"}),
        ("task-types", {**color, "short_name": "x"}), ("entity-types", {"name": f"{name} x"}),
        ("softwares", {"name": name, "short_name": "x", "file_extension": "x"}),
        ("hardware-items", {"name": name, "short_name": "x"}),
        ("custom-actions", {"name": name, "url": "http://a"}),
    ]:
        row = world.admin.post(f"data/{path}", body)
        world.admin.put(f"data/{path}/{row['id']}", {"name": body["name"][:14] + " 2"})
        world.admin.delete(f"data/{path}/{row['id']}")


@action
def people(world):
    person = world.person("user")
    world.admin.put(f"data/persons/{person['id']}", {"first_name": "Other"})
    world.admin.delete(f"data/persons/{person['id']}")


@action
def project_template(world):
    row = world.admin.post("data/project-templates", {"name": world.kind["name"]})
    world.admin.put(f"data/project-templates/{row['id']}", {"description": "x"})
    world.admin.delete(f"data/project-templates/{row['id']}")


@action
def another_production(world):
    row = world.admin.post("data/projects", {"name": f"Third {world.kind['name']}", "team": []})
    statuses = world.admin.get("data/project-status")
    closed = next(status["id"] for status in statuses if status["name"] == "Closed")
    world.admin.put(f"data/projects/{row['id']}", {"project_status_id": closed})
    world.admin.delete(f"data/projects/{row['id']}?force=true")
