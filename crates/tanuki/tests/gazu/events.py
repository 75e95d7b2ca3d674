"""gazu.events: who may listen, and what they hear; run with an admin and artist@studio.test."""

import queue

import gazu
import socketio
from kit import (
    ADMIN,
    ADMIN_PASSWORD,
    API,
    HOST,
    PASSWORD,
    check,
    client_with,
    listen,
    report,
    run,
)

PATIENCE = 10


class Listener:
    """A client of gazu.events that keeps what it hears."""

    def __init__(self, client, *names):
        self.heard = queue.Queue()
        self.gone = queue.Queue()
        self.socket = listen(client, reconnection=False)
        self.socket.on("disconnect", lambda *_: self.gone.put(True), namespace="/events")
        for name in names:
            gazu.events.add_listener(
                self.socket, name, lambda data, name=name: self.heard.put((name, data))
            )

    def next(self):
        return self.heard.get(timeout=PATIENCE)

    def is_sent_away(self):
        try:
            return self.gone.get(timeout=PATIENCE)
        except queue.Empty:
            return False


def logged_in(email, password):
    client = client_with("")
    client.event_host = HOST
    gazu.log_in(email, password, client=client)
    return client


def refused(what, client):
    try:
        Listener(client)
        report("FAILED", f"{what}: may listen")
    except socketio.exceptions.ConnectionError:
        report("ok", f"{what}: is refused")


def hears_what_others_change():
    admin, artist = logged_in(ADMIN, ADMIN_PASSWORD), logged_in("artist@studio.test", PASSWORD)
    listener = Listener(
        artist, "department:new", "department:update", "department:delete", "asset-type:new"
    )
    department = gazu.client.create(
        "departments", {"name": "Listened", "color": "#112233"}, client=admin
    )
    told = {"department_id": department["id"]}
    check("a creation is told", listener.next(), ("department:new", told))
    gazu.client.update("departments", department["id"], {"name": "Heard"}, client=admin)
    check("an update is told", listener.next(), ("department:update", told))
    try:
        gazu.client.update("departments", department["id"], {"name": None}, client=admin)
        report("FAILED", "a department without a name is taken")
    except gazu.exception.ParameterException:
        report("ok", "a department without a name is refused")
    gazu.client.delete(f"data/departments/{department['id']}", client=admin)
    check("a refused update is not told, the deletion is", listener.next()[0], "department:delete")
    kind = gazu.client.create("entity-types", {"name": "Listened kind"}, client=admin)
    check("names are the reference's", listener.next(), ("asset-type:new", {"asset_type_id": kind["id"]}))
    listener.socket.disconnect()


def teams_hear_of_their_productions():
    admin, artist = logged_in(ADMIN, ADMIN_PASSWORD), logged_in("artist@studio.test", PASSWORD)
    user = gazu.client.get("auth/authenticated", client=artist)["user"]
    theirs, others = (
        gazu.client.create("projects", {"name": name, "team": team}, client=admin)
        for name, team in [("Theirs", [user["id"]]), ("Of others", [])]
    )
    listener = Listener(artist, "milestone:new", "notification:new")
    for project in others, theirs:
        milestone = {"name": "Delivery", "date": "2031-01-01", "project_id": project["id"]}
        gazu.client.create("milestones", milestone, client=admin)
    name, data = listener.next()
    check("a team hears of its production alone", (name, data["project_id"]), ("milestone:new", theirs["id"]))
    listener.socket.disconnect()


def bots_listen():
    admin = logged_in(ADMIN, ADMIN_PASSWORD)
    bot = gazu.client.create(
        "persons", {"first_name": "Ears", "last_name": "", "is_bot": True, "role": "user"}, client=admin
    )
    client = client_with(bot["access_token"])
    client.event_host = HOST
    listener = Listener(client, "studio:new")
    studio = gazu.client.create("studios", {"name": "Far", "color": "#445566"}, client=admin)
    check("a bot hears", listener.next(), ("studio:new", {"studio_id": studio["id"]}))
    gazu.client.update("persons", bot["id"], {"active": False}, client=admin)
    check("who is deactivated is sent away", listener.is_sent_away(), True)
    refused("a bot that is deactivated", client)


def who_may_not_listen():
    nobody = client_with("")
    nobody.event_host = HOST
    refused("nobody", nobody)
    forged = client_with("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")
    forged.event_host = HOST
    refused("a forged token", forged)
    left = logged_in("artist@studio.test", PASSWORD)
    gazu.client.get("auth/logout", client=left)
    refused("who has logged out", left)


if __name__ == "__main__":
    run([hears_what_others_change, teams_hear_of_their_productions, bots_listen, who_may_not_listen])
