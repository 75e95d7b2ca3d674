"""What the checks of this folder share: the server asked, clients, curl, and one line a check."""

import base64
import hashlib
import hmac
import inspect
import json
import os
import subprocess
import sys
import traceback

import gazu

HOST, ADMIN, ADMIN_PASSWORD = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]
BARE = os.environ.get("TANUKI_BARE") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "")
API = HOST if BARE else HOST + "/api"

# of scenarios/seeds.sql
ARTIST, PASSWORD = "artist@studio.test", "mypassword"
ARTIST_ID = "aaaaaaaa-0000-4000-8000-000000000003"
PRODUCTION = "bbbbbbbb-0000-4000-8000-000000000001"
OPEN_PRODUCTIONS = ["MyProduction", "Second Production"]
ENTITIES = {"hero": 1, "chair": 3, "seq01": 11, "seq02": 12, "sh01": 13, "sh03": 15}
ENTITIES = {name: f"cccccccc-0000-4000-8000-{number:012}" for name, number in ENTITIES.items()}
NOBODY = "00000000-0000-4000-8000-000000000000"

# Functions, and parameters of functions, that these scripts use and that versions which studios pin
# do not have. Each is checked to be absent there and there in the others, so that nothing is left
# out without being told.
ABSENT = {
    "0.9.4": {
        "set_token",
        "create_session",
        "refresh_access_token",
        "exception.ValidationException",
        "files.download_preview_lowdef_movie",
        "files.download_preview_movie",
        "files.upload_person_avatar",
        "files.upload_project_avatar",
        "files.wait_for_preview_file",
        "person.get_person_by_email(is_bot)",
        "person.get_person_by_full_name(first_name)",
        "person.new_bot",
        "person.new_person(password)",
        "person.remove_bot",
        "person.remove_person",
        "person.update_bot",
        "sync.get_last_events(limit)",
        "user.get_context",
    },
    "0.10.20": {
        "create_session",
        "refresh_access_token",
        "exception.ValidationException",
        "files.download_preview_lowdef_movie",
        "files.download_preview_movie",
        "files.wait_for_preview_file",
        "person.get_person_by_email(is_bot)",
        "sync.get_last_events(limit)",
        "user.get_context",
    },
    "1.1.0": {
        "create_session",
        "exception.ValidationException",
        "files.wait_for_preview_file",
        "person.get_person_by_email(is_bot)",
    },
    "1.3.1": set(),
}
VERSION = tuple(int(part) for part in gazu.__version__.split("."))

# What the classes of errors are called: 422 has had one of its own since 1.2.
ValidationException = getattr(
    gazu.exception, "ValidationException", gazu.exception.NotAuthenticatedException
)

results = {"ok": 0, "FAILED": 0, "skipped": 0}


def is_there(name):
    path, _, parameter = name.rstrip(")").partition("(")
    found = gazu
    for part in path.split("."):
        found = getattr(found, part, None)
    if parameter and found is not None:
        return parameter in inspect.signature(found).parameters
    return found is not None


def versions_are_as_known():
    """What this version lacks, by name: a script that goes without it has said so here."""
    for name in sorted(set().union(*ABSENT.values())):
        expected = name not in ABSENT[gazu.__version__]
        there = "there" if expected else "absent"
        check(f"gazu {gazu.__version__}: {name} is {there}", is_there(name), expected)


def needs(*names):
    """Marks a section that is run where gazu has all of these."""

    def mark(section):
        section.needs = names
        return section

    return mark


def report(outcome, what):
    results[outcome] += 1
    print(f"{outcome}  {what}")


def check(what, got, expected):
    if got == expected:
        report("ok", what)
    else:
        report("FAILED", f"{what}\n    expected {expected!r}\n    got      {got!r}")


def raises(what, error, call, *args, message=None, **kwargs):
    """The call raises exactly this class, with this message of the server when one is given."""
    if message and (0, 10) <= VERSION < (1, 2):
        message = True  # these tell what the answer has under "error", if there is anything
    what, expected = f"{what}: {error.__name__}", (error, message) if message else error
    try:
        check(what, f"no error but {call(*args, **kwargs)!r}", expected)
    except Exception as raised:  # any other class than the expected is a failed check
        told = raised.args[1] if message and len(raised.args) > 1 else None
        check(what, (type(raised), told) if message else type(raised), expected)


def names(rows):
    return [row["name"] for row in rows]


def numbers(rows):
    """The numbers that end the ids of the fixture's tasks, which are all named "main"."""
    return sorted(int(row["id"][-12:]) for row in rows)


def as_admin():
    gazu.set_host(API)
    return gazu.log_in(ADMIN, ADMIN_PASSWORD)


def as_artist(host=API):
    gazu.set_host(host)
    return gazu.log_in(ARTIST, PASSWORD)


def set_token(token, client=None):
    """`gazu.set_token`, and what scripts do in its place before 0.10."""
    client = client or gazu.client.default_client
    if is_there("set_token"):
        gazu.set_token(token, client=client)
    else:
        client.tokens = token if isinstance(token, dict) else {"access_token": token}


def client_with(token, **options):
    """A second gazu client; `token` is an access token, or the dict that a login answers."""
    client = gazu.client.create_client(API, **options)
    # Clients of 1.1 share one dict of tokens where they are given none.
    client.tokens = {"access_token": "", "refresh_token": ""}
    set_token(token, client)
    return client


def listen(client, **options):
    """`gazu.events.init`; before 1.2 it shows the token of the default client, whoever listens."""
    if VERSION < (1, 2):
        gazu.client.default_client.tokens = dict(client.tokens)
    return gazu.events.init(client=client, **options)


def remove_person(person, force=False):
    """`gazu.person.remove_person` or `remove_bot`, and the request that they are."""
    if is_there("person.remove_person"):
        return gazu.person.remove_person(person, force=force)
    query = "?force=true" if force else ""
    return gazu.client.delete(f"data/persons/{person['id']}{query}")


def update_person(person):
    """`gazu.person.update_person` or `update_bot`, and the request that the latter is."""
    if not person.get("is_bot"):
        return gazu.person.update_person(person)
    if is_there("person.update_bot"):
        return gazu.person.update_bot(person)
    return gazu.client.put(f"data/persons/{person['id']}", person)


def whoami(client):
    return gazu.client.get_current_user(client=client)["full_name"]


def curl(line, token="", **names_and_ids):
    """Runs a line of the documents in the shell; answers the status and the parsed JSON."""
    line = line.format(**names_and_ids).replace("https://zou-server-url/api", API)
    line = line.replace("http://api.example.com", HOST).replace("YOUR_API_TOKEN", token)
    line += " --silent --show-error --write-out '\\n%{http_code}'"
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    if done.returncode:
        return done.returncode, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def sign(claims, key=SECRET_KEY, algorithm="HS256"):
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = json.dumps({"alg": algorithm, "typ": "JWT"})
    text = encode(header.encode()) + "." + encode(json.dumps(claims).encode())
    if algorithm == "none":
        return text + "."
    return text + "." + encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())


def run(sections):
    """Each section by itself, so that one that stops leaves the others; then the sums."""
    for section in [versions_are_as_known, *sections]:
        if any(name in ABSENT[gazu.__version__] for name in getattr(section, "needs", ())):
            continue
        try:
            section()
        except Exception:
            report("FAILED", f"{section.__name__} stopped:\n{traceback.format_exc()}")
    print(", ".join(f"{count} {outcome}" for outcome, count in results.items()))
    sys.exit(1 if results["FAILED"] else 0)
