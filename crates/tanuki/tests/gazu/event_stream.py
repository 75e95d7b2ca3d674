"""What the main actions publish, in order, and who hears it.

An admin hears what the reference published, recorded in event_stream.json; outsiders hear the
studio-wide part of it alone. `--record` at the end records anew from the server that is asked,
whose events are at EVENT_HOST.
"""

import json
import os
import queue
import re
import sys
import uuid
from pathlib import Path

import requests
import socketio
from kit import ADMIN, ADMIN_PASSWORD, API, HOST, check, report, run

EVENT_HOST = os.environ.get("EVENT_HOST", HOST)
RECORDED = Path(__file__).with_suffix(".json")
RECORDING = sys.argv[-1] == "--record"
TIMEOUT = 20
PASSWORD = "mypassword"

# Objects whose events everybody hears; clients and bots as well.
EVERYBODY = {
    "asset-type", "department", "file-status", "organisation", "output-type", "person",
    "preview-background-file", "project-status", "software", "studio", "task-status", "task-type",
}
# Heard by everybody but vendors.
NOT_VENDORS = {"custom-action", "status-automation"}

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


class Account:
    def __init__(self, token):
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.token = token

    def ask(self, method, path, body=None, **kwargs):
        answer = self.session.request(method, f"{API}/{path}", json=body, **kwargs)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, body if body is not None else {})

    def put(self, path, body=None):
        return self.ask("PUT", path, body if body is not None else {})

    def delete(self, path):
        return self.ask("DELETE", path)


class Ears:
    """Hears everything, in order."""

    def __init__(self, account):
        self.heard = queue.Queue()
        self.socket = socketio.Client(reconnection=False)
        self.socket.on("*", lambda name, data: self.heard.put((name, data)), namespace="/events")
        headers = {"Authorization": f"Bearer {account.token}"}
        self.socket.connect(
            EVENT_HOST, headers, namespaces=["/events"], transports=["websocket"], wait_timeout=TIMEOUT
        )

    def until(self, marker):
        """What was heard before the marker, an event of that name and row."""
        heard = []
        while True:
            event = self.heard.get(timeout=TIMEOUT)
            if event == marker:
                return heard
            heard.append(event)


def log_in(email, password):
    body = {"email": email, "password": password}
    answer = requests.post(f"{API}/auth/login", json=body)
    return Account(answer.json()["access_token"])


def plain(value):
    """An event's payload with what differs from run to run taken out."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return TIME.sub("<time>", ID.sub("<id>", value))
    return value


class World:
    """A production with a team, one without, and somebody of each kind who is in neither."""

    def __init__(self):
        self.run = uuid.uuid4().hex[:8]
        self.admin = log_in(ADMIN, ADMIN_PASSWORD)
        make = self.admin.post
        self.department = make("data/departments", {"name": f"D {self.run}", "color": "#112233"})
        self.statuses = [
            make("data/task-status", {
                "name": f"{name} {self.run}", "short_name": f"{name[:3]}{self.run[:6]}", "color": "#112233",
                **more,
            })
            for name, more in [("Open", {}), ("Wip", {"is_wip": True}),
                               ("Review", {"is_feedback_request": True}), ("Done", {"is_done": True}),
                               ("Fix", {"is_retake": True})]
        ]
        types = [("Model", "Asset"), ("Rig", "Asset"), ("Anim", "Shot"), ("Comp", "Shot")]
        self.types = [
            make("data/task-types", {
                "name": f"{name} {self.run}", "short_name": name, "color": "#112233", "for_entity": entity,
                "department_id": self.department["id"], "priority": place,
            })
            for place, (name, entity) in enumerate(types, 1)
        ]
        self.kind = make("data/entity-types", {"name": f"Kind {self.run}"})
        self.people = {
            role: self.person(role) for role in ["user", "supervisor", "client", "vendor"]
        }
        team = [person["id"] for person in self.people.values()]
        self.project = make("data/projects", {"name": f"Ours {self.run}", "team": team})
        self.other = make("data/projects", {"name": f"Theirs {self.run}", "team": []})
        for status in self.statuses:
            make(f"data/projects/{self.project['id']}/settings/task-status",
                 {"task_status_id": status["id"]})
        for kind in self.types:
            make(f"data/projects/{self.project['id']}/settings/task-types", {"task_type_id": kind["id"]})
        self.asset = self.new_asset("Hero")
        self.prop = self.new_asset("Prop")
        project = f"data/projects/{self.project['id']}"
        self.sequence = make(f"{project}/sequences", {"name": "SQ01"})
        self.shot = make(f"{project}/shots", {"name": "SH01", "sequence_id": self.sequence["id"]})
        self.scene = make(f"{project}/scenes", {"name": "SC01", "sequence_id": self.sequence["id"]})
        self.task = self.new_task(self.asset, self.types[0])
        self.rig = self.new_task(self.asset, self.types[1])
        self.anim = self.new_task(self.shot, self.types[2])
        self.admin.put(f"actions/persons/{self.people['user']['id']}/assign",
                       {"task_ids": [self.task["id"]]})

    def person(self, role, project=None):
        body = {"first_name": role.title(), "last_name": self.run, "role": role, "password": PASSWORD,
                "email": f"{role}-{uuid.uuid4().hex[:8]}@example.com"}
        person = self.admin.post("data/persons", body)
        if project:
            self.admin.post(f"data/projects/{project['id']}/team", {"person_id": person["id"]})
        return person

    def log_in(self, role):
        return log_in(self.people[role]["email"], PASSWORD)

    def new_asset(self, name):
        path = f"data/projects/{self.project['id']}/asset-types/{self.kind['id']}/assets/new"
        return self.admin.post(path, {"name": f"{name} {self.run}"})

    def new_task(self, entity, kind):
        body = {"project_id": self.project["id"], "entity_id": entity["id"], "name": "main",
                "task_type_id": kind["id"], "task_status_id": self.statuses[0]["id"]}
        return self.admin.post("data/tasks", body)

    def comment(self, task, status, **more):
        body = {"task_status_id": self.statuses[status]["id"], "comment": "Look", **more}
        return self.admin.post(f"actions/tasks/{task['id']}/comment", body)

    def outsiders(self):
        """Accounts that are in no team of the production, by what they are."""
        client, vendor = (self.person(role, self.other) for role in ["client", "vendor"])
        bot = {"first_name": "Bot", "last_name": self.run, "is_bot": True, "role": "user"}
        return {
            "of no team": log_in(self.person("user")["email"], PASSWORD),
            "a manager of no team": log_in(self.person("manager")["email"], PASSWORD),
            "a client of another production": log_in(client["email"], PASSWORD),
            "a vendor of another production": log_in(vendor["email"], PASSWORD),
            "a bot of no team": Account(self.admin.post("data/persons", bot)["access_token"]),
        }


def expected_of(action, recorded):
    """What is published: differs from the reference's where docs/differences.md says so."""
    if action == "people":
        assert recorded[-1] == recorded[-2], "a deletion is published twice there, and once here"
        return recorded[:-1]
    return recorded


def actions(world):
    """Name of each action, and what does it."""
    from event_actions import ACTIONS

    for name, action in ACTIONS:
        yield name, lambda action=action: action(world)


def marked(world):
    """Changes a row that everybody hears of, and how they do."""
    world.admin.put(f"data/departments/{world.department['id']}", {"color": "#334455"})
    return ("department:update", {"department_id": world.department["id"]})


def is_for(kind, name):
    heard = EVERYBODY if "vendor" in kind else EVERYBODY | NOT_VENDORS
    if "manager" in kind:
        heard = heard | {"project-template"}
    return name.split(":")[0] in heard


def the_stream():
    world = World()
    admin = Ears(world.admin)
    others = {} if RECORDING else {
        kind: Ears(account) for kind, account in world.outsiders().items()
    }
    marker = marked(world)
    for ears in [admin, *others.values()]:
        ears.until(marker)
    recorded = {} if RECORDING else json.loads(RECORDED.read_text())
    told, names = {}, set()
    for action, do in actions(world):
        do()
        marker = marked(world)
        heard = admin.until(marker)
        told[action] = [[name, plain(data)] for name, data in heard]
        names |= {name for name, _ in heard}
        if RECORDING:
            continue
        ordered = [[name, list(data.items())] for name, data in told[action]]
        expected = [[name, list(data.items())] for name, data in expected_of(action, recorded[action])]
        check(f"{action}: the reference's events", ordered, expected)
        for kind, ears in others.items():
            wanted = [event for event in heard if is_for(kind, event[0])]
            check(f"{action}: {kind} hears the studio's alone", ears.until(marker), wanted)
    if RECORDING:
        RECORDED.write_text(json.dumps(told, indent=1) + "\n")
    report("ok", f"{len(names)} names of events: {' '.join(sorted(names))}")
    for ears in [admin, *others.values()]:
        ears.socket.disconnect()


def the_log():
    world = World()
    project = world.project["id"]
    managers = {}
    for role in None, "user", "client":
        person = world.person("manager")
        body = {"person_id": person["id"], **({"role": role} if role else {})}
        world.admin.post(f"data/projects/{project}/team", body)
        managers[role] = log_in(person["email"], PASSWORD)
    world.comment(world.task, 0)
    shown = managers[None].get(f"data/events/last?project_id={project}&limit=20")
    check("a manager reads the log of the production", shown[0]["project_id"], project)
    shown = managers[None].get("data/events/last?limit=100")
    check("and of no other, nor the studio's", {row["project_id"] for row in shown}, {project})
    for role in "user", "client":
        path = f"{API}/data/events/last?project_id={project}"
        answer = managers[role].session.get(path)
        check(f"a manager who is {role} in the team does not", answer.status_code, 403)
        check(f"nor among others, as {role}", managers[role].get("data/events/last"), [])


if __name__ == "__main__":
    run([the_stream] if RECORDING else [the_stream, the_log])
