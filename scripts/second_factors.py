#!/usr/bin/env python3
"""People with second factors, for scripts/check-with-zou and scenarios/enrolled.sql.

    second_factors.py enroll URL STATE         create people at Zou, enrol each in factors, use some codes up
    second_factors.py log-in URL STATE         log all of them in with what they have, but for codes by mail
    second_factors.py log-in-at-zou URL STATE  with these, too
    second_factors.py change URL STATE         change what they have, with a recovery code where one is asked for

STATE is a file with their secrets. Codes by mail are made as Zou makes them, of the secret in the database
(DB_HOST, …, read by psql) and the counter in Redis (KV_HOST, KV_PORT), so only Zou is logged in to with one. Runs in Zou's virtual environment.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ADMIN = ("admin@example.com", "mysecretpassword")
PASSWORD = "mypassword"
SITE = os.environ.get("DOMAIN_NAME", "localhost")
ORIGIN = f"{os.environ.get('DOMAIN_PROTOCOL', 'http')}://{SITE}"


# Zou keeps the challenge for a key in a cookie.
COOKIES = {}


def call(url, method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if url in COOKIES:
        headers["Cookie"] = COOKIES[url]
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            if response.headers["Set-Cookie"]:
                COOKIES[url] = response.headers["Set-Cookie"].split(";")[0]
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def ok(url, method, path, body=None, token=None):
    status, answer = call(url, method, path, body, token)
    if status >= 300:
        sys.exit(f"{method} {url}{path}: {status} {answer}")
    return answer


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A security key, by its private number."""

    def __init__(self, private):
        self.private = private
        self.pair = ec.derive_private_key(private, ec.SECP256R1())
        # An id that does not begin with a zero byte, which Zou would lose.
        self.id = b"\x01" + hashlib.sha512(str(private).encode()).digest()[1:]

    def client_data(self, kind, challenge):
        data = {"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}
        return json.dumps(data).encode()

    def head(self, flags):
        return hashlib.sha256(SITE.encode()).digest() + bytes([flags]) + bytes(4)

    def register(self, challenge):
        point = self.pair.public_key().public_numbers()
        cose = bytes([0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]) + point.x.to_bytes(32)
        cose += bytes([0x22, 0x58, 32]) + point.y.to_bytes(32)
        data = self.head(0x41) + bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59" + len(data).to_bytes(2) + data
        client_data = self.client_data("webauthn.create", challenge)
        return self.answer(clientDataJSON=client_data, attestationObject=attestation)

    def sign(self, challenge):
        client_data = self.client_data("webauthn.get", challenge)
        data = self.head(1)
        signature = self.pair.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self.answer(clientDataJSON=client_data, authenticatorData=data, signature=signature)

    def answer(self, **parts):
        response = {name: b64(part) for name, part in parts.items()}
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}


def log_in(url, email, **factor):
    return call(url, "POST", "/auth/login", {"email": email, "password": PASSWORD, **factor})


def token(url, email, **factor):
    status, answer = log_in(url, email, **factor)
    if status != 200:
        sys.exit(f"login of {email} at {url} with {list(factor)}: {status} {answer}")
    return answer["access_token"]


def refused(url, email, **factor):
    status, answer = log_in(url, email, **factor)
    if status != 400 or not (answer.get("wrong_OTP") or answer.get("missing_OTP")):
        sys.exit(f"login of {email} at {url} with {factor} is not refused: {status} {answer}")


def app_code(person):
    """A code of a later step than the last one: Tanuki takes each step once."""
    while int(time.time()) // 30 <= person.get("step", 0):
        time.sleep(0.5)
    person["step"] = int(time.time()) // 30
    return pyotp.TOTP(person["totp"]).at(person["step"] * 30)


def mail_code(email):
    sql = f"SELECT email_otp_secret FROM person WHERE email = '{email}'"
    environment = {**os.environ, "PGPASSWORD": os.environ.get("DB_PASSWORD", "")}
    place = ["-h", os.environ["DB_HOST"], "-p", os.environ["DB_PORT"], "-U", os.environ["DB_USERNAME"]]
    psql = ["psql", "-XAtq", *place, "-d", os.environ["DB_DATABASE"], "-c", sql]
    secret = subprocess.run(psql, env=environment, check=True, capture_output=True, text=True).stdout.strip()
    redis = ["redis-cli", "-h", os.environ["KV_HOST"], "-p", os.environ["KV_PORT"]]
    for database in range(16):
        get = [*redis, "-n", str(database), "get", f"email-otp-count-{email}"]
        count = subprocess.run(get, check=True, capture_output=True, text=True).stdout.strip()
        if count:
            return pyotp.HOTP(secret).at(int(count))
    sys.exit(f"no code was mailed to {email}")


def key_answer(url, email, private):
    challenge = ok(url, "GET", f"/auth/fido?email={email}")["challenge"]
    return Key(private).sign(challenge)


def add_app(url, person, session):
    person["totp"] = ok(url, "PUT", "/auth/totp", token=session)["otp_secret"]
    done = ok(url, "POST", "/auth/totp", {"totp": app_code(person)}, session)
    # What enabled the app is not used up.
    person["step"] -= 1
    return done["otp_recovery_codes"]


def add_key(url, person, session, private, name):
    challenge = ok(url, "PUT", "/auth/fido", token=session)["challenge"]
    body = {"registration_response": Key(private).register(challenge), "device_name": name}
    done = ok(url, "POST", "/auth/fido", body, session)
    person.setdefault("keys", {})[name] = private
    return done["otp_recovery_codes"]


def add_mail(url, person, session, email):
    ok(url, "PUT", "/auth/email-otp", token=session)
    done = ok(url, "POST", "/auth/email-otp", {"email_otp": mail_code(email)}, session)
    person["mail"] = True
    return done["otp_recovery_codes"]


def enroll(url):
    state = {}
    admin = ok(url, "POST", "/auth/login", {"email": ADMIN[0], "password": ADMIN[1]})["access_token"]
    for number, name in enumerate(["app", "mail", "key", "all"]):
        email = f"{name}@studio.com"
        body = {"first_name": name.title(), "last_name": "Enrolled", "email": email, "password": PASSWORD}
        ok(url, "POST", "/data/persons", body, admin)
        person = state[email] = {}
        session = token(url, email)
        codes = []
        if name in ("app", "all"):
            codes.append(add_app(url, person, session))
        if name in ("mail", "all"):
            codes.append(add_mail(url, person, session, email))
        if name in ("key", "all"):
            codes.append(add_key(url, person, session, 0xC0FFEE + number, "First"))
        person["codes"] = next(codes for codes in codes if codes)
        # Half of the codes are used up.
        person["used"] = [person["codes"].pop(0) for _ in range(8)]
        for code in person["used"]:
            token(url, email, recovery_code=code)
    return state


def log_all_in(url, state, by_mail=False):
    for email, person in state.items():
        refused(url, email)
        refused(url, email, recovery_code=person["used"][-1])
        if "totp" in person:
            token(url, email, totp=app_code(person))
        if "mail" in person and by_mail:
            ok(url, "GET", f"/auth/email-otp?email={email}")
            token(url, email, email_otp=mail_code(email))
        for private in person.get("keys", {}).values():
            token(url, email, fido_authentication_response=key_answer(url, email, private))
        if person["codes"]:
            person["used"].append(person["codes"].pop(0))
            token(url, email, recovery_code=person["used"][-1])


def change_all(url, state):
    for email, person in state.items():
        def proof(**more):
            person["used"].append(person["codes"].pop(0))
            return {"recovery_code": person["used"][-1], **more}

        session = token(url, email, **proof())
        if email.startswith("app"):
            # Another app; with the last factor the codes go, too.
            ok(url, "DELETE", "/auth/totp", proof(), session)
            codes = add_app(url, person, token(url, email))
            person["used"], person["codes"] = person["codes"], codes
        elif email.startswith("mail"):
            codes = ok(url, "PUT", "/auth/recovery-codes", proof(), session)["otp_recovery_codes"]
            person["used"], person["codes"] = person["codes"], codes
        elif email.startswith("key"):
            add_key(url, person, session, 0xBEEF, "Second")
            ok(url, "DELETE", "/auth/fido", proof(device_name="First"), session)
            del person["keys"]["First"]
        else:
            ok(url, "DELETE", "/auth/totp", proof(), session)
            add_key(url, person, session, 0xFACE, "Second")
            del person["totp"]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    _, action, url, path = sys.argv
    if action == "enroll":
        state = enroll(url)
    else:
        with open(path) as file:
            state = json.load(file)
        actions = {
            "log-in": log_all_in,
            "log-in-at-zou": lambda url, state: log_all_in(url, state, by_mail=True),
            "change": change_all,
        }
        actions[action](url, state)
    with open(path, "w") as file:
        json.dump(state, file, indent=1)


main()
