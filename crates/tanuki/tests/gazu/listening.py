"""Listens for new departments in several ways until it is ended, and prints what happens.

Lines are `connected WAY`, `gone WAY` and `heard WAY ID`.
"""

import logging
import sys
import time

import gazu
import socketio
from kit import ADMIN, ADMIN_PASSWORD, API, HOST

logging.getLogger("gazu.events").setLevel(logging.CRITICAL)


def say(*words):
    # In one piece: each way to listen has threads of its own.
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def attend(way, socket):
    socket.on("connect", lambda: say("connected", way), namespace="/events")
    socket.on("disconnect", lambda *_: say("gone", way), namespace="/events")
    socket.on(
        "department:new", lambda data: say("heard", way, data["department_id"]), namespace="/events"
    )


def listen_with_gazu(client):
    socket = gazu.events.init(client=client)
    attend("gazu", socket)
    say("connected gazu")


def listen_by(transport, token):
    socket = socketio.Client()
    attend(transport, socket)
    headers = {"Authorization": f"Bearer {token}"}
    socket.connect(HOST, headers, transports=[transport], namespaces=["/events"], wait_timeout=10)


if __name__ == "__main__":
    client = gazu.client.create_client(API)
    client.event_host = HOST
    gazu.log_in(ADMIN, ADMIN_PASSWORD, client=client)
    listen_with_gazu(client)
    for transport in sys.argv[4:]:
        listen_by(transport, client.access_token)
    while True:
        time.sleep(60)
