"""Bots, persons, tokens and errors as gazu sees them; run by seeds.py."""

import time

import gazu
from gazu.exception import (
    AuthFailedException,
    MethodNotAllowedException,
    NotAllowedException,
    NotAuthenticatedException,
    ParameterException,
    RouteNotFoundException,
)
from kit import (
    ADMIN,
    API,
    ARTIST,
    ARTIST_ID,
    BARE,
    NOBODY,
    PASSWORD,
    PRODUCTION,
    SECRET_KEY,
    VERSION,
    ValidationException,
    as_admin,
    as_artist,
    check,
    claims_of,
    client_with,
    is_there,
    needs,
    raises,
    remove_person,
    report,
    sign,
    update_person,
    whoami,
)


def bot_lives():
    """Create, use, rotate, update, deactivate and delete, each seen through a second client."""
    as_admin()
    department = gazu.client.get("data/user/context")["departments"][0]["id"]
    data = {
        "first_name": "Render",
        "last_name": "",
        "email": "render@animfilms.com",
        "is_bot": True,
        "role": "admin",
        "active": True,
        "expiration_date": "2099-01-01",
        "departments": [department],
    }
    bot = gazu.client.create("persons", data)
    check("bot: created", (bot["full_name"], bot["departments"]), ("Render", [department]))
    bot_uses_its_token(bot)
    client = bot_is_rotated(bot)
    gazu.client.update("persons", bot["id"], {"active": False})
    raises("bot: inactive", NotAuthenticatedException, whoami, client)
    gazu.client.update("persons", bot["id"], {"active": True})
    check("bot: active again", gazu.client.get_current_user(client=client)["id"], bot["id"])
    check("bot: remove_bot", remove_person(bot), "")
    raises("bot: deleted", NotAuthenticatedException, whoami, client)
    raises("bot: is gone", RouteNotFoundException, gazu.client.fetch_one, "persons", bot["id"])


def bot_uses_its_token(bot):
    client = client_with(bot["access_token"])
    check("bot: its token", whoami(client), "Render")
    project = gazu.project.get_project_by_name("MyProduction", client=client)
    check("bot: reads with client=", project["id"], PRODUCTION)
    read = gazu.client.fetch_one("persons", bot["id"])
    check("bot: its token is told once", "access_token" in read, False)
    raises("bot: log_out", NotAllowedException, gazu.log_out, client=client)
    raises("bot: a user's route", NotAllowedException, gazu.user.all_open_projects, client=client)
    passwords = {"old_password": "a", "password": "b", "password_2": "b"}
    change = ("auth/change-password", passwords)
    raises("bot: a password", NotAllowedException, gazu.client.post, *change, client=client)


def bot_is_rotated(bot):
    """A new expiration date brings a new token; answers a client that holds it."""
    old = client_with(bot["access_token"])
    rotated = gazu.client.update("persons", bot["id"], {"expiration_date": "2099-02-02"})
    raises("bot: the old token", NotAuthenticatedException, whoami, old)
    client = client_with(rotated["access_token"])
    check("bot: the new token", whoami(client), "Render")
    if not BARE:  # docs/differences.md: the reference rotates here and so kills the bot
        read = gazu.client.fetch_one("persons", bot["id"])
        update_person(dict(read, first_name="Renderer"))
        check("bot: a full update keeps the token", whoami(client), "Renderer")
    return client


@needs("person.new_bot", "person.get_person_by_email(is_bot)")
def bot_is_made_by_new_bot():
    as_admin()
    bot = gazu.person.new_bot("Helper", "helper@animfilms.com", role="manager")
    client = client_with(bot["access_token"])
    check("new_bot: without a team no production", gazu.project.all_projects(client=client), [])
    created = ("persons", {"first_name": "X"})
    raises("new_bot: manager", NotAllowedException, gazu.client.create, *created, client=client)
    found = gazu.person.get_person_by_email("helper@animfilms.com", is_bot=True)
    check("get_person_by_email, a bot", found["id"], bot["id"])
    check("get_person_by_email, not a bot", gazu.person.get_person_by_email(bot["email"]), None)
    for message, bad in [
        ("Expiration date can't be in the past.", {"expiration_date": "2001-01-01"}),
        ("Expiration date is not valid.", {"expiration_date": "soon"}),
        ("Invalid role", {"role": "king"}),
        ("An email address must have an @-sign.", {"email": ""}),
        ("email must be str or bytes", {"email": None}),
    ]:
        given = {"name": "Bad", "email": "bad@animfilms.com", **bad}
        raises(f"new_bot, {bad}", ParameterException, gazu.person.new_bot, message=message, **given)
    check("remove_bot", gazu.person.remove_bot(bot), "")


def persons_are_found():
    as_admin()
    person = gazu.person
    check("get_person", person.get_person(ARTIST_ID)["full_name"], "Artist Studio")
    related = person.get_person(ARTIST_ID, relations=True)
    if VERSION[:2] == (0, 10):  # it asks for them where it is told not to
        related = person.get_person(ARTIST_ID, relations=False)
        check("get_person, without relations", "departments" in related, False)
    else:
        check("get_person, relations", len(related["departments"]), 1)
    check("get_person, unknown", person.get_person(NOBODY), None)
    calls = [
        (person.get_person_by_email, ARTIST),
        (person.get_person_by_desktop_login, "artist"),
        (person.get_person_by_full_name, "Artist Studio"),
    ]
    if is_there("person.get_person_by_full_name(first_name)"):
        calls.append((person.get_person_by_full_name, "", "Artist", "Studio"))
    for call, *arguments in calls:
        check(f"{call.__name__}, {arguments}", call(*arguments)["id"], ARTIST_ID)
    emails = [row["email"] for row in person.all_persons()]
    check("all_persons", (ARTIST in emails, ADMIN in emails), (True, True))
    check("get_organisation", person.get_organisation()["type"], "Organisation")


def person_lives():
    as_admin()
    person = gazu.person
    if not is_there("person.new_person(password)"):
        # It asks for a route that Zou 1.0 does not have.
        new = ("New", "Person", "new@animfilms.com")
        raises("new_person", MethodNotAllowedException, person.new_person, *new)
        return
    new = person.new_person("New", "Person", "new@animfilms.com", password=PASSWORD)
    check("new_person", (new["full_name"], new["role"]), ("New Person", "user"))
    again = person.new_person("New", "Person", "new@animfilms.com")
    check("new_person, who exists", again["id"], new["id"])
    read = person.get_person_by_email("new@animfilms.com")
    check("update_person", update_person(dict(read, country="FR"))["country"], "FR")
    if not is_there("create_session"):
        check("remove_person, force", remove_person(new, force=True), "")
        return
    with gazu.create_session(API, "new@animfilms.com", PASSWORD) as session:
        token = session.access_token
        check("create_session", whoami(session), "New Person")
    raises("create_session, ended", NotAuthenticatedException, whoami, client_with(token))
    linked = "Some data are still linked to given person."
    raises("remove_person", ParameterException, person.remove_person, new, message=linked)
    check("remove_person, force", person.remove_person(new, force=True), "")
    check("remove_person, gone", person.get_person_by_email("new@animfilms.com"), None)


@needs("refresh_access_token")
def tokens_are_refreshed():
    tokens = as_artist()
    wrong = client_with({"refresh_token": tokens["access_token"]})
    raises("an access token as refresh token", ValidationException, wrong.refresh_access_token)
    wrong = client_with(tokens["refresh_token"])
    raises("a refresh token as access token", ValidationException, whoami, wrong)
    gazu_refreshes_by_itself(tokens)
    first = tokens["access_token"]
    check("refresh_access_token", list(gazu.refresh_access_token()), ["access_token"])
    check("refresh_access_token, another", gazu.client.default_client.access_token != first, True)
    check("the refreshed token", gazu.client.get_current_user()["id"], ARTIST_ID)
    tokens = dict(gazu.client.default_client.tokens)
    gazu.log_out()
    ended = client_with(tokens)
    if VERSION >= (1, 2):  # before, it fails at tokens that it forgot by itself
        raises("refresh after log_out", NotAuthenticatedException, ended.refresh_access_token)

    def log_in_again(client, _path):
        return bool(gazu.log_in(ARTIST, PASSWORD, client=client))

    client = client_with(tokens["access_token"], callback_not_authenticated=log_in_again)
    check("callback_not_authenticated", whoami(client), "Artist Studio")


def gazu_refreshes_by_itself(tokens):
    """gazu refreshes when a 401 or 422 says "Signature has expired", and only then."""
    if not SECRET_KEY:
        report("skipped", "use_refresh_token: needs SECRET_KEY")
        return
    claims = dict(claims_of(tokens["access_token"]), exp=int(time.time()) - 60)
    expired = sign(claims)
    client = client_with(dict(tokens, access_token=expired), use_refresh_token=True)
    check("use_refresh_token", whoami(client), "Artist Studio")
    check("use_refresh_token, a new token", client.access_token != expired, True)
    raises("an expired token", NotAuthenticatedException, whoami, client_with(expired))
    bot = client_with(sign(dict(claims, identity_type="bot")))
    raises("an expired bot", NotAuthenticatedException, whoami, bot)


def logins_fail():
    for email, password in [(ARTIST, "wrong"), ("nobody@studio.test", PASSWORD)]:
        try:
            got = gazu.log_in(email, password)
        except AuthFailedException as raised:
            got = str(raised)
        told = "('auth/login', 'Wrong email or password.')" if VERSION >= (1, 2) else ""
        check(f"log_in, {email}, {password}: AuthFailedException", got, told)
    raises("log_in, inactive", AuthFailedException, gazu.log_in, "inactive@studio.test", PASSWORD)
    login = ("auth/login", {"email": ARTIST})
    raises("auth/login, no password", ParameterException, gazu.client.post, *login)
    raises("without a token", NotAuthenticatedException, whoami, gazu.client.create_client(API))
    claims = {"sub": ARTIST_ID, "type": "access", "jti": NOBODY, "identity_type": "person"}
    for what, token in [
        ("not a token", "abc"),
        ("another key", sign(claims, key="another key")),
        ("alg none", sign(claims, algorithm="none")),
    ]:
        raises(f"a bad token, {what}", ValidationException, whoami, client_with(token))


def errors_are_gazus():
    as_artist()
    get, post, create = gazu.client.get, gazu.client.post, gazu.client.create
    for path, message in [
        ("data/persons/nope", "Malformed ID."),
        ("data/persons?id=nope", "Invalid UUID value: nope"),
    ]:
        raises(f"GET {path}", ParameterException, get, path, message=message)
    raises("an unknown person", RouteNotFoundException, get, f"data/persons/{NOBODY}")
    raises("an unknown route", RouteNotFoundException, get, "data/nowhere")
    raises("a method not there", MethodNotAllowedException, post, "data/user/context", {})
    raises("an artist creates", NotAllowedException, create, "persons", {"first_name": "X"})


SECTIONS = [
    bot_lives,
    bot_is_made_by_new_bot,
    persons_are_found,
    person_lives,
    tokens_are_refreshed,
    logins_fail,
    errors_are_gazus,
]
