"""The resources through gazu: its generic calls on each, and what it is written for on many."""

import gazu
from kit import ADMIN, ADMIN_PASSWORD, API, check, is_there, raises, run

gazu.set_host(API)
gazu.log_in(ADMIN, ADMIN_PASSWORD)
client = gazu.client
made = {}


def made_id(name):
    return made[name]["id"]


def lives(model, data, change):
    """Created, read, found, listed by page, changed; what is made stays for the others."""
    row = client.create(model, data)
    made[model] = row
    check(f"{model}: type", isinstance(row["type"], str), True)
    check(f"{model}: read", client.fetch_one(model, row["id"])["id"], row["id"])
    check(f"{model}: found", client.fetch_first(model, {"id": row["id"]})["id"], row["id"])
    check(f"{model}: listed", row["id"] in [item["id"] for item in client.fetch_all(model)], True)
    page = client.fetch_all(f"{model}?page=1&limit=1")
    check(f"{model}: page", (page["page"], len(page["data"])), (1, 1))
    changed = client.update(model, row["id"], change)
    check(f"{model}: changed", {key: changed.get(key) for key in change}, change)


def person(name):
    return gazu.client.create(
        "persons",
        {"first_name": name, "last_name": "Resource", "email": f"{name.lower()}@animfilms.com", "role": "user"},
    )


def setup():
    lives("departments", {"name": "Res dep", "color": "#001122"}, {"name": "Res department"})
    lives("studios", {"name": "Res studio", "color": "#001122"}, {"name": "Res place"})
    lives("task-types", {"name": "Res type", "color": "#001122", "for_entity": "Asset"}, {"priority": 3})
    lives("task-status", {"name": "Res status", "short_name": "res", "color": "#001122"}, {"is_done": True})
    lives("entity-types", {"name": "Res asset type"}, {"description": "things"})
    lives("project-status", {"name": "Res closed", "color": "#001122"}, {"color": "#221100"})
    lives("file-status", {"name": "Res file", "color": "#001122"}, {"color": "#221100"})
    lives("output-types", {"name": "Res out", "short_name": "out"}, {"short_name": "o"})
    lives("softwares", {"name": "Res soft", "short_name": "rs", "file_extension": ".rs"}, {"version": "2"})
    lives("hardware-items", {"name": "Res box", "short_name": "rb"}, {"short_name": "box"})
    lives("organisations", {"name": "Res org"}, {"name": "Res organisation"})
    lives("custom-actions", {"name": "Res action", "url": "http://a.test"}, {"url": "http://b.test"})
    lives("preview-background-files", {"name": "Res sky"}, {"archived": True})
    lives(
        "plugins",
        {"plugin_id": "res", "name": "Res", "version": "1", "maintainer_name": "me", "license": "MIT"},
        {"version": "2"},
    )
    lives(
        "status-automations",
        {
            "entity_type": "asset",
            "in_task_type_id": made_id("task-types"),
            "in_task_status_id": made_id("task-status"),
            "out_field_type": "status",
            "out_task_type_id": made_id("task-types"),
            "out_task_status_id": made_id("task-status"),
        },
        {"archived": True},
    )


def production():
    made["persons"] = artist = person("Artist")
    lives("project-templates", {"name": "Res template"}, {"fps": "24"})
    lives("projects", {"name": "Res project", "team": [artist["id"]]}, {"code": "res"})
    project = made_id("projects")
    lives(
        "metadata-descriptors",
        {
            "project_id": project,
            "entity_type": "Asset",
            "name": "Size",
            "field_name": "size",
            "data_type": "string",
        },
        {"for_client": True},
    )
    lives("milestones", {"project_id": project, "name": "Beta", "date": "2026-05-01"}, {"name": "Gold"})
    lives("schedule-items", {"project_id": project, "task_type_id": made_id("task-types")}, {"man_days": 4})
    lives("production-schedule-versions", {"project_id": project, "name": "v1"}, {"locked": True})
    lives("budgets", {"project_id": project, "name": "Quote", "revision": 1}, {"name": "Quote 2"})
    lives(
        "budget-entries",
        {
            "budget_id": made_id("budgets"),
            "department_id": made_id("departments"),
            "start_date": "2026-01-01",
            "months_duration": 2,
            "daily_salary": 100,
            "position": "artist",
            "seniority": "mid",
        },
        {"daily_salary": 120},
    )


def work():
    project, artist = made_id("projects"), made_id("persons")
    kind = made_id("entity-types")
    lives("entities", {"project_id": project, "entity_type_id": kind, "name": "Hero"}, {"code": "h"})
    asset = made_id("entities")
    prop = client.create("entities", {"project_id": project, "entity_type_id": kind, "name": "Sword"})
    lives("entity-links", {"entity_in_id": asset, "entity_out_id": prop["id"]}, {"nb_occurences": 2})
    lives("asset-instances", {"asset_id": asset, "entity_type_id": kind, "number": 1}, {"name": "Hero_1"})
    task = {"project_id": project, "entity_id": asset, "task_type_id": made_id("task-types")}
    lives("tasks", {**task, "task_status_id": made_id("task-status")}, {"estimation": 60.0})
    task = made_id("tasks")
    version = {"production_schedule_version_id": made_id("production-schedule-versions"), "task_id": task}
    lives("production-schedule-version-task-links", version, {"estimation": 30.0})
    spent = {"task_id": task, "person_id": artist, "date": "2026-02-02", "duration": 90}
    lives("time-spents", spent, {"duration": 120.0})
    check("the task's duration", client.fetch_one("tasks", task)["duration"], 120)
    off = {"person_id": artist, "date": "2026-03-02", "end_date": "2026-03-03"}
    lives("day-offs", off, {"description": "away"})
    lives("working-files", {"name": "hero.blend", "task_id": task, "entity_id": asset}, {"comment": "c"})
    output = {"name": "out", "revision": 1, "file_status_id": made_id("file-status"), "entity_id": asset}
    lives("output-files", output, {"comment": "c"})
    lives("preview-files", {"task_id": task, "revision": 1, "position": 1}, {"description": "first"})


def talk():
    project, artist, task = made_id("projects"), made_id("persons"), made_id("tasks")
    comment = {"object_id": task, "object_type": "Task", "person_id": artist, "text": "hello"}
    lives("comments", {**comment, "task_status_id": made_id("task-status")}, {"text": "hello again"})
    lives("attachment-files", {"name": "a.txt", "comment_id": made_id("comments")}, {"size": 3})
    lives("playlists", {"project_id": project, "name": "Review"}, {"name": "Review 2"})
    lives("chats", {"object_id": made_id("entities"), "object_type": "entity"}, {"object_type": "asset"})
    message = {"chat_id": made_id("chats"), "person_id": artist, "text": "hi"}
    lives("chat-messages", message, {"text": "hi there"})
    news = {"author_id": artist, "task_id": task, "comment_id": made_id("comments")}
    lives("news", news, {"change": True})
    lives("notifications", {"person_id": artist, "author_id": artist, "type": "comment"}, {"read": True})
    lives("subscriptions", {"person_id": artist, "task_id": task}, {"task_type_id": None})
    lives("search-filter-groups", {"list_type": "asset", "person_id": artist}, {"name": "Mine"})
    lives("search-filters", {"list_type": "asset", "person_id": artist}, {"name": "Also mine"})
    lives("events", {"name": "res:new"}, {"name": "res:update"})


def named_calls():
    """What scripts call instead of the generic functions."""
    project = gazu.project.get_project_by_name("Res project")
    check("project: by name", project["id"], made_id("projects"))
    check("project: by id", gazu.project.get_project(project["id"])["code"], "res")
    check("task: type by name", gazu.task.get_task_type_by_name("Res type")["id"], made_id("task-types"))
    check("task: status by name", gazu.task.get_task_status_by_name("Res status")["id"], made_id("task-status"))
    check("person: departments", "Res department" in [d["name"] for d in gazu.person.all_departments()], True)
    check("person: by mail", gazu.person.get_person_by_email("artist@animfilms.com")["id"], made_id("persons"))
    check("files: output types", "Res out" in [o["name"] for o in gazu.files.all_output_types()], True)
    check("files: software", gazu.files.get_software_by_name("Res soft")["id"], made_id("softwares"))
    check("entity: type by name", gazu.entity.get_entity_type_by_name("Res asset type")["id"], made_id("entity-types"))
    updated = gazu.project.update_project({"id": project["id"], "description": "told"})
    check("project: update", updated["description"], "told")
    bound = "limit" if is_there("sync.get_last_events(limit)") else "page_size"
    events = gazu.sync.get_last_events(project=project["id"], **{bound: 1})
    check("events: last", (events[0]["name"], events[0]["project_id"]), ("playlist:update", project["id"]))


def names_are_letters():
    """What is called nearly the same is another thing; see `?name=` in docs/differences.md."""
    project, kind = made["projects"], made["entity-types"]
    sequence = gazu.shot.new_sequence(project, "letters")
    for name in ["sh-010", "sh_010"]:
        shot = gazu.shot.new_shot(project, sequence, name)
        check(f"new_shot: {name}", shot["name"], name)
        asset = gazu.asset.new_asset(project, kind, name)
        check(f"new_asset: {name}", asset["name"], name)
        check(f"new_asset again: {name}", gazu.asset.new_asset(project, kind, name)["id"], asset["id"])
        episode = gazu.shot.new_episode(project, name)
        check(f"new_episode: {name}", episode["name"], name)
        check(f"get_shot_by_name: {name}", gazu.shot.get_shot_by_name(sequence, name)["id"], shot["id"])
    for name in ["alpha7", "ALPHA7"]:
        client.create("projects", {"name": name})
    for name in ["alpha7", "ALPHA7"]:
        check(f"get_project_by_name: {name}", gazu.project.get_project_by_name(name)["name"], name)
    playlist = gazu.playlist.new_playlist(project, "as it was made")
    check("update_playlist", gazu.playlist.update_playlist(playlist)["id"], playlist["id"])


def go():
    """What others need stays; closed and forced, a production goes with all that is in it."""
    project = made_id("projects")
    raises("a production that is open", gazu.exception.ParameterException, client.delete, f"data/projects/{project}")
    raises("a department in use", gazu.exception.ParameterException, client.delete, f"data/departments/{made_id('departments')}")
    client.update("projects", project, {"project_status_id": made_id("project-status")})
    client.delete(f"data/projects/{project}?force=true")
    gone = [
        "projects", "entities", "tasks", "comments", "attachment-files", "preview-files", "time-spents",
        "playlists", "budgets", "budget-entries", "milestones", "schedule-items", "metadata-descriptors",
        "working-files", "output-files", "news", "chats", "chat-messages", "asset-instances",
        "production-schedule-versions", "production-schedule-version-task-links", "entity-links",
    ]
    for model in gone:
        raises(f"{model}: gone", gazu.exception.RouteNotFoundException, client.fetch_one, model, made_id(model))
    for model in ["persons", "departments", "entity-types", "task-types", "status-automations"]:
        check(f"{model}: still there", client.fetch_one(model, made_id(model))["id"], made_id(model))


if __name__ == "__main__":
    run([setup, production, work, talk, named_calls, names_are_letters, go])
