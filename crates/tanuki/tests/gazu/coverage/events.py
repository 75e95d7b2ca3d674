"""gazu.events: the log of logins, and listening. A reference's event stream is at EVENT_HOST."""

import os
import queue

import socketio
import world as worlds
from calls import call, ordered, raises, run, seen
from gazu import client, events
from kit import API, HOST
from world import NOBODY, world

EVENT_HOST = os.environ.get("EVENT_HOST", HOST)
TIMEOUT = 20


def logins():
    worlds.studio()
    worlds.log_in(world.artist)
    client.get_current_user()
    worlds.log_in(world.animator)
    client.get_current_user()
    worlds.as_admin()
    client.get_current_user()
    of_people = [world.artist, world.animator["id"]]
    logged = ordered(events.get_last_login_logs, person_ids=of_people)
    ordered(events.get_last_login_logs, limit=2)
    ordered(events.get_last_login_logs, person_ids=of_people, limit=1)
    ordered(events.get_last_login_logs, person_ids=of_people, cursor_login_log_id=logged[0]["id"])
    ordered(events.get_last_login_logs, after="2020-01-01", person_ids=of_people)
    ordered(events.get_last_login_logs, before="2020-01-01")
    ordered(events.get_last_login_logs, after="2999-01-01T10:00:00")
    ordered(events.get_last_login_logs, person_ids=[NOBODY])
    ordered(events.get_last_login_logs, limit=0)
    raises(events.get_last_login_logs, cursor_login_log_id=NOBODY)
    raises(events.get_last_login_logs, cursor_login_log_id="nope")
    raises(events.get_last_login_logs, person_ids=[{"id": "nope"}])
    raises(events.get_last_login_logs, after="yesterday")


def others():
    for person in (world.manager, world.supervisor, world.artist, world.client, world.vendor):
        worlds.log_in(person)
        raises(events.get_last_login_logs)


def listening():
    worlds.as_admin()
    client.set_event_host(EVENT_HOST)
    listener, heard = connected(), queue.Queue()

    def hear(data):
        heard.put(data)
        listener.disconnect()

    call(seen(events.add_listener, lambda same: same is listener), listener, "department:new", hear)
    client.create("departments", {"name": "Ears", "color": "#000000"})
    call(seen(events.run_client, lambda _: heard.get(timeout=TIMEOUT)), listener)
    call(events.connect_error, "refused")


def connected():
    """A listener. gazu waits for a second only, which a busy machine may take longer for."""
    made = []

    def init(*args, **kwargs):
        for _ in range(10):
            try:
                return events.init(*args, **kwargs)
            except socketio.exceptions.ConnectionError:
                continue
        raise TimeoutError("the listener does not connect")

    call(seen(events.init, lambda listener: made.append(listener) or listener.connected, init), reconnection=False)
    return made[0]


def nowhere():
    worlds.as_admin()
    nowhere = client.create_client("http://127.0.0.1:1/api")
    raises(events.init, client=nowhere, reconnection=False)


if __name__ == "__main__":
    run(logins, others, listening, nowhere)
