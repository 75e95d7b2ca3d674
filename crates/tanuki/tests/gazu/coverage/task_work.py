"""gazu.task: assignments, time spent, comments and previews, and the end of tasks."""

import contextlib
import tempfile
from pathlib import Path

import gazu
import world as worlds
from calls import call, ordered, raises, run, tries
from gazu import task
from world import NOBODY, world


def assignments():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    call(task.assign_task, world.sword_modeling, world.artist)
    call(task.assign_task, world.sword_modeling["id"], world.animator["id"])
    call(task.assign_task, NOBODY, world.artist)
    raises(task.assign_task, world.sword_modeling, NOBODY)
    call(task.assign_tasks_to_person, [world.hero_rigging, world.sh20_animation["id"]], world.animator)
    raises(task.assign_tasks_to_person, [], world.animator)
    raises(task.assign_tasks_to_person, [world.hero_rigging], NOBODY)
    call(task.clear_assignations, world.sword_modeling, person=world.animator)
    call(task.clear_assignations, [world.hero_rigging["id"], world.sh20_animation])
    call(task.clear_assignations, [])
    call(task.clear_assignations, [NOBODY])
    call(task.clear_assignations, world.sword_modeling, person=NOBODY)
    call(task.get_task, world.sword_modeling)
    call(task.all_tasks_for_person, world.artist)
    call(task.all_tasks_for_person, world.vendor["id"])
    raises(task.all_tasks_for_person, NOBODY)
    call(task.all_tasks_for_person_and_type, world.artist, world.modeling)
    raises(task.all_tasks_for_person_and_type, NOBODY, world.modeling)
    call(task.all_tasks_for_person_and_type, world.artist, NOBODY)


def time_spents():
    modeling, artist = world.hero_modeling, world.artist
    call(task.get_time_spent, modeling)
    spent = call(task.set_time_spent, modeling, artist, "2021-02-03", 240)
    call(task.set_time_spent, modeling["id"], artist["id"], "2021-02-03", 300)
    call(task.add_time_spent, modeling, artist, "2021-02-03", 60)
    raises(task.add_time_spent, modeling, world.supervisor, "2021-02-04", 30)
    call(task.assign_task, modeling, world.supervisor)
    other = call(task.add_time_spent, modeling, world.supervisor, "2021-02-04", 30)
    raises(task.set_time_spent, NOBODY, artist, "2021-02-03", 240)
    raises(task.set_time_spent, modeling, NOBODY, "2021-02-03", 240)
    raises(task.set_time_spent, modeling, artist, "someday", 240)
    raises(task.add_time_spent, NOBODY, artist, "2021-02-03", 60)
    raises(task.add_time_spent, modeling, artist, "2021-02-30", 60)
    call(task.get_time_spent, modeling)
    call(task.get_time_spent, modeling, date="2021-02-03")
    call(task.get_task_time_spent_for_date, modeling, "2021-02-04")
    call(task.get_task_time_spent_for_date, modeling, "2021-02-05")
    raises(task.get_time_spent, NOBODY)
    raises(task.get_task_time_spent_for_date, NOBODY, "2021-02-04")
    call(task.remove_time_spent, other)
    raises(task.remove_time_spent, other["id"])
    raises(task.remove_time_spent, NOBODY)
    call(task.get_task, modeling)
    worlds.make(spent=spent)


def comments():
    modeling = world.hero_modeling
    started = call(task.start_task, modeling)
    told = call(
        task.add_comment,
        modeling,
        world.wfa,
        comment="Please look, @Sven Tester",
        person=world.artist,
        checklist=[{"text": "eyes", "checked": True}, {"text": "ears", "checked": False}],
        created_at="2021-02-03 10:00:00",
        links=["https://animfilms.com/hero"],
        for_client=True,
    )
    plain = call(task.add_comment, modeling["id"], world.retake["id"])
    worlds.make(started=started, told=told, plain=plain)
    call(task.start_task, world.hero_rigging, started_task_status=world.wfa, person=world.supervisor)
    raises(task.add_comment, NOBODY, world.wip)
    raises(task.add_comment, modeling, NOBODY)
    raises(task.add_comment, modeling, world.wip, checklist="none")
    call(task.get_comment, told["id"])
    raises(task.get_comment, NOBODY)
    ordered(task.all_comments_for_task, modeling)
    raises(task.all_comments_for_task, NOBODY)
    call(task.get_last_comment_for_task, modeling)
    call(task.get_last_comment_for_task, world.sh10_layout)
    call(task.update_comment, {"id": plain["id"], "text": "Look again"})
    raises(task.update_comment, {"id": NOBODY, "text": "Nobody's"})
    call(task.acknowledge_comment, modeling, told)
    call(task.acknowledge_comment, modeling["id"], told["id"])
    raises(task.acknowledge_comment, modeling, NOBODY)
    reply = call(task.reply_to_comment, modeling, told, "Looks fine")
    call(task.reply_to_comment, modeling, told["id"], "Thank you", person=world.artist)
    raises(task.reply_to_comment, modeling, NOBODY, "Nobody's")
    call(task.delete_comment_reply, modeling, told, reply)
    raises(task.delete_comment_reply, modeling, NOBODY, reply)
    call(task.get_comment, told["id"])


def many_comments():
    layout, animation = world.sh10_layout, world.sh10_animation
    first = {"task_id": layout["id"], "task_status_id": world.wip["id"], "text": "One"}
    second = {**first, "task_id": animation["id"], "person_id": world.animator["id"], "text": "Two"}
    call(task.batch_comments, [first, second])
    call(task.batch_comments, [{**first, "text": "Three"}], task=layout)
    call(task.batch_comments)
    raises(task.batch_comments, [{**first, "task_id": NOBODY}])
    raises(task.batch_comments, [{**first, "task_status_id": NOBODY}])
    # gazu sends a form where the API wants a list
    many = {"object_id": layout["id"], "task_status_id": world.wfa["id"], "comment": "Four"}
    raises(task.create_multiple_comments, world.film, [many, {**many, "object_id": animation["id"]}])
    raises(task.create_multiple_comments, world.film)
    raises(task.create_multiple_comments, NOBODY, [many])
    call(task.add_tasks_batch_comments, [layout, animation["id"]], {"task_status_id": world.done["id"], "text": "Five"})
    call(task.all_comments_for_task, layout)
    raises(task.move_comment_to_task, world.hero_modeling, world.plain, world.sword_modeling)
    call(task.move_comment_to_task, world.hero_modeling, world.plain, world.hero_rigging)
    call(task.all_comments_for_task, world.hero_rigging)
    raises(task.move_comment_to_task, world.hero_modeling, NOBODY, world.sword_modeling)
    attachment = gazu.client.create(
        "attachment-files", {"name": "notes.txt", "comment_id": world.told["id"], "size": 3, "extension": "txt"}
    )
    worlds.make(attachment=attachment)
    call(task.delete_comment_attachment, world.hero_modeling, world.told, attachment)
    raises(task.delete_comment_attachment, world.hero_modeling, world.told, attachment)
    raises(task.delete_comment_attachment, world.hero_modeling, world.told, NOBODY)


def attachments():
    modeling, told = world.hero_modeling, world.told
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        notes, sketch = "notes.txt", "sketch ü.png"
        Path(notes).write_text("Less green.")
        Path(sketch).write_bytes(b"not really a picture")
        call(task.add_attachment_files_to_comment, modeling, told, notes)
        attached = call(task.add_attachment_files_to_comment, modeling["id"], told["id"], [sketch, notes])
        worlds.make(first=attached[0], second=attached[1])
        raises(task.add_attachment_files_to_comment, modeling, NOBODY, notes)
        raises(task.add_attachment_files_to_comment, NOBODY, told, notes)
        raises(task.add_attachment_files_to_comment, modeling, told, [])
        call(task.add_comment, modeling, world.wip, comment="With notes", attachments=[notes, sketch])
        fresh = {"task_status_id": world.wip["id"], "text": "In a batch", "attachment_files": [notes, sketch]}
        call(task.batch_comments, [fresh, {**fresh, "attachment_files": []}], task=modeling)
    call(task.delete_comment_attachment, modeling, told, world.first)
    call(task.get_comment, told["id"])


def previews():
    modeling, told = world.hero_modeling, world.told
    preview = call(task.create_preview, modeling, told)
    call(task.create_preview, modeling, world.started, revision=7)
    extra = call(task.create_extra_preview, modeling, told, preview)
    worlds.make(preview=preview, extra=extra)
    raises(task.create_preview, modeling, NOBODY)
    raises(task.create_preview, NOBODY, told)
    raises(task.create_extra_preview, modeling, told, NOBODY)
    call(task.all_previews_for_task, modeling)
    raises(task.all_previews_for_task, NOBODY)
    call(task.set_main_preview, preview)
    call(task.set_main_preview, preview["id"], frame_number=3)
    raises(task.set_main_preview, NOBODY)
    call(gazu.asset.get_asset, world.hero["id"])
    call(task.remove_preview_from_comment, modeling, told, extra)
    raises(task.remove_preview_from_comment, modeling, told, NOBODY)
    call(task.all_previews_for_task, modeling)


def overviews():
    film = world.film
    call(task.all_open_tasks)
    call(task.get_open_tasks_stats)
    call(task.get_persons_tasks_dates)
    call(task.all_comments_for_project, film)
    raises(task.all_comments_for_project, NOBODY)
    call(task.all_notifications_for_project, film)
    raises(task.all_notifications_for_project, NOBODY)
    call(task.all_preview_files_for_project, film)
    raises(task.all_preview_files_for_project, NOBODY)
    gazu.client.create("subscriptions", {"person_id": world.artist["id"], "task_id": world.sh20_animation["id"]})
    call(task.all_subscriptions_for_project, film)
    raises(task.all_subscriptions_for_project, NOBODY)
    call(task.add_comment, world.hero_modeling, world.done)
    call(task.all_done_tasks_for_person, world.artist)
    call(task.all_done_tasks_for_person, world.vendor["id"])
    raises(task.all_done_tasks_for_person, NOBODY)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        if who not in world.guests:
            tries(task.all_open_tasks)
            tries(task.get_open_tasks_stats)
        tries(task.all_comments_for_task, world.hero_modeling)
        tries(task.all_tasks_for_person, world.artist)
        tries(task.add_comment, world.hero_modeling, world.wip, comment=f"Of {who['first_name']}")
        tries(task.set_time_spent, world.hero_modeling, who, "2021-03-01", 60)
        tries(task.get_persons_tasks_dates)
        tries(task.all_comments_for_project, world.film)
    worlds.log_in(world.artist)
    raises(task.remove_task, world.hero_rigging)
    call(task.assign_task, world.hero_rigging, world.animator)
    raises(task.remove_tasks_for_type, world.film, world.animation)
    raises(task.remove_tasks_batch, world.film, [world.hero_rigging])
    worlds.as_admin()


def removal():
    film = world.film
    call(task.remove_comment, world.told)
    raises(task.get_comment, world.told["id"])
    raises(task.remove_comment, NOBODY)
    call(task.remove_task, world.hero_modeling)
    raises(task.get_task, world.hero_modeling)
    raises(task.remove_task, NOBODY)
    call(task.remove_tasks_batch, film, [world.sword_modeling, world.hero_rigging["id"]])
    call(task.remove_tasks_batch, film, [])
    call(task.remove_tasks_for_type, film, world.animation)
    tries(task.remove_tasks_for_type, film, NOBODY)
    raises(task.remove_tasks_for_type, NOBODY, world.layout)
    call(task.all_tasks_for_project, film)


if __name__ == "__main__":
    run(assignments, time_spents, comments, many_comments, attachments, previews, overviews, as_others, removal)
