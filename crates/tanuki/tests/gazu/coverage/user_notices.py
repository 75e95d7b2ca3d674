"""gazu.user: notifications, subscriptions, chats and the avatar of the caller."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import user
from world import NOBODY, world


def subscriptions():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    for task in (world.hero_modeling, world.sh10_layout):
        call(user.check_task_subscription, task)
        call(user.subscribe_to_task, task)
        call(user.subscribe_to_task, task["id"])
        call(user.check_task_subscription, task)
    call(user.unsubscribe_from_task, world.sh10_layout)
    call(user.check_task_subscription, world.sh10_layout)
    call(user.unsubscribe_from_task, world.sh10_layout)
    raises(user.subscribe_to_task, NOBODY)
    call(user.check_task_subscription, NOBODY)
    call(user.unsubscribe_from_task, NOBODY)
    for person in (world.manager, world.artist, world.client):
        worlds.log_in(person)
        tries(user.subscribe_to_task, world.hero_modeling)


def notifications():
    worlds.as_admin()
    gazu.task.add_comment(world.hero_modeling, world.wip, "Told to all who follow the task")
    for person in (world.manager, world.artist, world.animator):
        worlds.log_in(person)
        call(user.all_notifications)
        for told in user.all_notifications()[:1]:
            call(user.get_notification, told)
            call(user.update_notification, {**told, "read": True})
            call(user.get_notification, told["id"])
            call(user.update_notification, {**told, "read": False})
        call(user.mark_all_notifications_as_read)
        call(user.all_notifications)
    raises(user.get_notification, NOBODY)
    raises(user.update_notification, {"id": NOBODY, "read": True})


def chats():
    worlds.as_admin()
    call(user.all_chats)
    call(user.join_chat, world.hero)
    call(user.join_chat, world.hero["id"])
    call(user.all_chats)
    call(user.leave_chat, world.hero)
    call(user.all_chats)
    raises(user.join_chat, NOBODY)
    raises(user.leave_chat, NOBODY)
    worlds.log_in(world.artist)
    call(user.join_chat, world.sh10)
    call(user.all_chats)


def avatars():
    call(user.clear_avatar)
    call(gazu.person.get_person, world.artist["id"])


if __name__ == "__main__":
    run(subscriptions, notifications, chats, avatars)
