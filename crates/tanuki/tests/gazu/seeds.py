"""The seeds' documents, run line by line with an unmodified gazu 1.3.1 and curl.

    python seeds.py HOST ADMIN_EMAIL ADMIN_PASSWORD

HOST (http://127.0.0.1:8000) serves a fresh database holding scenarios/seeds.sql, in which every
person without a password was given "mypassword". The API is asked under HOST/api and under HOST.
One line is printed a check; a failed one says what was expected and what came, and the exit code
is 1 then. What the script makes it deletes, so that it can be run again.

    TANUKI_BARE=1   HOST has no /api: the reference, whose documented differences are skipped too
    SECRET_KEY=...  the server's key: signs expired tokens, to see gazu refresh one by itself

The documents are followed in all but host, token, names, ids and two names that gazu 1.3.1 does
not have: user.all_assets_for_asset_type_project is all_assets_for_asset_type_and_project there,
and client.log_out is gazu.log_out. This file holds the documents; accounts.py the lives of bots,
persons and tokens, and the errors.
"""

import json
import shlex
import sys

sys.dont_write_bytecode = True  # the tests leave nothing beside their sources
if len(sys.argv) != 4:
    sys.exit(__doc__)

import gazu

import accounts
from gazu.exception import NotAuthenticatedException
from kit import (
    API,
    ARTIST,
    ARTIST_ID,
    BARE,
    ENTITIES,
    HOST,
    OPEN_PRODUCTIONS,
    PASSWORD,
    PRODUCTION,
    as_admin,
    as_artist,
    check,
    curl,
    names,
    numbers,
    raises,
    remove_person,
    run,
    set_token,
)


def server_is_known():
    gazu.set_host(API)
    check("set_host, get_host", gazu.get_host(), API)
    check("get_api_version", gazu.client.get_api_version(), "1.0.97")
    for host in sorted({API, API + "/", HOST, HOST + "/"}):
        client = gazu.client.create_client(host)
        where = host[len(HOST) :] or "bare"
        check(f"host_is_up, {where}", gazu.client.host_is_up(client), True)
        check(f"host_is_valid, {where}", gazu.client.host_is_valid(client), True)
    nowhere = gazu.client.create_client(API + "/nowhere")
    check("host_is_up, a wrong path", gazu.client.host_is_up(nowhere), False)
    check("host_is_valid, a wrong path", gazu.client.host_is_valid(nowhere), False)


def bot_reads_a_production():
    """The page on bots, and the bot's lines of the page on authentication."""
    as_admin()
    data = {"first_name": "Seeds", "last_name": "", "is_bot": True, "role": "admin"}
    bot = gazu.client.post("data/persons", data)
    gazu.set_host(API + "/")
    set_token(bot["access_token"])
    p = gazu.project.get_project_by_name("MyProduction")
    check("bot: get_project_by_name", (p["id"], p["code"]), (PRODUCTION, "myproduction"))
    check("bot: no such project", gazu.project.get_project_by_name("Nothing"), None)
    everything = ["MyProduction", "Old Production", "Second Production"]
    check("bot: all_projects", names(gazu.project.all_projects()), everything)
    check("bot: get_current_user", gazu.client.get_current_user()["id"], bot["id"])
    curl_reads_as_a_bot(bot["access_token"])
    as_admin()
    remove_person(bot)


def curl_reads_as_a_bot(token):
    line = (
        'curl -H "Accept: application/json" -H "Authorization: Bearer YOUR_API_TOKEN"  '
        '"http://api.example.com/auth/authenticated"'
    )
    status, answer = curl(line, token)
    check("curl, a bot: /auth/authenticated", (status, answer["user"]["is_bot"]), (200, True))
    for path in ["/data/user/context", "/data/user/projects/open", "/auth/logout"]:
        line = f'curl "http://api.example.com{path}" -H "Authorization: Bearer YOUR_API_TOKEN"'
        check(f"curl, a bot: {path} is for real users", curl(line, token)[0], 403)


def user_reads_with_gazu():
    """The page on authentication, under /api and under the bare host."""
    for host in [API] if BARE else [API, HOST]:
        where = "api" if host.endswith("/api") else "bare"
        user_logs_in(host, where)
        user_reads_assets(where)
        user_reads_entities_and_tasks(where)
        user_logs_out(where)


def user_logs_in(host, where):
    tokens = as_artist(host)
    check(f"{where}: log_in", (tokens["login"], tokens["user"]["email"]), (True, ARTIST))
    check(f"{where}: no cookie for gazu", dict(gazu.client.default_client.session.cookies), {})
    check(f"{where}: get_current_user", gazu.client.get_current_user()["id"], ARTIST_ID)


def user_reads_assets(where):
    check(f"{where}: all_open_projects", names(gazu.user.all_open_projects()), OPEN_PRODUCTIONS)
    check(f"{where}: all_projects", names(gazu.project.all_projects()), OPEN_PRODUCTIONS)
    projects = gazu.client.get("data/user/context")["projects"]
    check(f"{where}: get_context", sorted(names(projects)), OPEN_PRODUCTIONS)
    asset_types = gazu.user.all_asset_types_for_project(project=PRODUCTION)
    check(f"{where}: all_asset_types_for_project", names(asset_types), ["Character", "Prop"])
    for asset_type, expected in zip(asset_types, [["Hero", "Villain"], ["Chair"]]):
        assets = gazu.user.all_assets_for_asset_type_and_project(
            project=PRODUCTION, asset_type=asset_type["id"]
        )
        what = f"{where}: all_assets_for_asset_type_and_project, {asset_type['name']}"
        check(what, names(assets), expected)


def user_reads_entities_and_tasks(where):
    sequences = gazu.user.all_sequences_for_project(project=PRODUCTION)
    check(f"{where}: all_sequences_for_project", names(sequences), ["SEQ01", "SEQ02"])
    for call, entity, readable, expected in [
        ("all_shots_for_sequence", "seq01", names, ["SH01"]),
        ("all_shots_for_sequence", "seq02", names, ["SH03"]),
        ("all_scenes_for_sequence", "seq01", names, ["SC01"]),
        ("all_scenes_for_sequence", "seq02", names, []),
        ("all_tasks_for_shot", "sh01", numbers, [1, 2]),
        ("all_tasks_for_shot", "sh03", numbers, [5]),
        ("all_tasks_for_asset", "hero", numbers, [8]),
        ("all_tasks_for_asset", "chair", numbers, [11]),
        ("all_task_types_for_asset", "hero", names, ["Modeling"]),
        ("all_task_types_for_shot", "sh01", names, ["Animation", "Compositing"]),
        ("all_task_types_for_shot", "sh03", names, ["Animation"]),
    ]:
        argument = {call.rpartition("_")[2]: ENTITIES[entity]}
        rows = getattr(gazu.user, call)(**argument)
        check(f"{where}: {call}, {entity}", readable(rows), expected)


def user_logs_out(where):
    check(f"{where}: log_out", gazu.log_out(), {})
    raises(f"{where}: logged out", NotAuthenticatedException, gazu.client.get_current_user)
    check(f"{where}: is_authenticated, logged out", gazu.user.is_authenticated(), False)


def user_reads_with_curl():
    """The page on authentication; its hosts with and without /api as they stand there."""
    credentials = shlex.quote(json.dumps({"email": ARTIST, "password": PASSWORD}))
    status, answer = curl(
        "curl \\\n --request POST 'https://zou-server-url/api/auth/login' \\\n"
        ' --header "Content-Type: application/json" \\\n --data {credentials}',
        credentials=credentials,
    )
    check("curl: /auth/login", (status, answer["user"]["id"]), (200, ARTIST_ID))
    token = answer["access_token"]
    status, answer = curl(
        'curl -H "Authorization: Bearer YOUR_API_TOKEN" https://zou-server-url/api/data/projects',
        token,
    )
    check("curl: /data/projects", (status, sorted(names(answer))), (200, OPEN_PRODUCTIONS))
    asset_types = asset_type_ids(token)
    for path, readable, expected in [
        ("/data/user/context", lambda context: names(context["projects"]), OPEN_PRODUCTIONS),
        ("/data/user/projects/open?name=My%20Project", names, []),
        ("/data/user/projects/open?name=Second%20Production", names, ["Second Production"]),
        ("/data/user/projects/{project}/asset-types", names, ["Character", "Prop"]),
        ("/data/user/projects/{project}/asset-types/{Prop}/assets", names, ["Chair"]),
        ("/data/user/projects/{project}/sequences", names, ["SEQ01", "SEQ02"]),
        ("/data/user/sequences/{seq01}/shots", names, ["SH01"]),
        ("/data/user/sequences/{seq01}/scenes", names, ["SC01"]),
        ("/data/user/shots/{sh01}/tasks", numbers, [1, 2]),
        ("/data/user/assets/{hero}/tasks", numbers, [8]),
        ("/data/user/assets/{hero}/task-types", names, ["Modeling"]),
        ("/data/user/shots/{sh01}/task-types", names, ["Animation", "Compositing"]),
    ]:
        status, answer = curl_get(path, token, project=PRODUCTION, **ENTITIES, **asset_types)
        check(f"curl: {path}", sorted(readable(answer)) if status == 200 else status, expected)
    # the id that the document prints lacks a digit
    status, _ = curl_get("/data/user/projects/a24a6ea4-ce75-4665-a070-57453082c25/sequences", token)
    check("curl: the id as printed in the document", status, 404)
    line = 'curl "http://api.example.com/auth/logout" -H "Authorization: Bearer YOUR_API_TOKEN"'
    check("curl: /auth/logout", curl(line, token), (200, {"logout": True}))
    check("curl: a revoked token", curl(line, token), (401, {"msg": "Token has been revoked"}))


def curl_get(path, token, **ids):
    line = (
        f'curl "http://api.example.com{path}" '
        '-H "Authorization: Bearer YOUR_API_TOKEN" -H "Accept: application/json"'
    )
    return curl(line, token, **ids)


def asset_type_ids(token):
    _, rows = curl_get("/data/user/projects/{project}/asset-types", token, project=PRODUCTION)
    return {row["name"]: row["id"] for row in rows}


def main():
    documents = [
        server_is_known,
        bot_reads_a_production,
        user_reads_with_gazu,
        user_reads_with_curl,
    ]
    run(documents + accounts.SECTIONS)


if __name__ == "__main__":
    main()
