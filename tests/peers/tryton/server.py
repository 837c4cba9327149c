#!/usr/bin/env python3
"""Serves a fresh copy of the filled database with Tryton's own server.

Prints one JSON line when it answers. Ends when its standard input closes, or on SIGTERM or SIGINT.
One process, which binds the port itself: nothing can take the port in between or stay behind.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import cache
from cache import DATABASE, USER


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--folder", type=Path,
        help="keep the database here, and use it again if it is there (default: a fresh folder, "
             "deleted at the end)")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--session-max-age", type=int, metavar="SECONDS",
        help="how long a login lasts (default: Tryton's 30 days)")
    return parser.parse_args()


def fill(folder):
    """Copies the template, unless the folder holds a database already."""
    template = cache.template_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "www").mkdir(exist_ok=True)
    for name in (f"{DATABASE}.sqlite", "fixture.json", "accounts.json"):
        if not (folder / name).exists():
            shutil.copy(template / name, folder / name)
    return folder


def serve(folder, port, session_max_age):
    log = os.open(folder / "trytond.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    warnings.simplefilter("ignore")
    os.environ.setdefault("TRYTOND_LOGGING_LEVEL", "20")
    os.environ["TRYTOND_CONFIG"] = str(cache.settings(folder, session_max_age=session_max_age))
    os.environ["TRYTOND_DATABASE_NAMES"] = DATABASE

    # What `trytond` itself does, but with a port that is known and bound before it is announced.
    from trytond.application import app
    from werkzeug.serving import make_server
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True

    # serve_forever() has to leave its loop before shutdown() returns: ask from another thread.
    def stop(*_):
        threading.Thread(target=server.shutdown, daemon=True).start()

    def watch_input():
        while os.read(0, 4096):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=watch_input, daemon=True).start()

    accounts = json.loads((folder / "accounts.json").read_text())
    fixture = json.loads((folder / "fixture.json").read_text())
    ready = {
        "url": f"http://127.0.0.1:{server.server_port}/", "database": DATABASE,
        "user": USER, "password": accounts[USER], "company": fixture["company"]["id"],
        "pid": os.getpid(), "folder": str(folder), "fixture": str(folder / "fixture.json"),
    }
    (folder / "server.json").write_text(json.dumps({**ready, "admin": accounts["admin"]}))
    os.chmod(folder / "server.json", 0o600)
    print(json.dumps(ready), flush=True)
    server.serve_forever(poll_interval=0.1)


def main():
    options = arguments()
    environment_ready = (cache.environment_folder() / "complete").exists()
    if not (environment_ready and cache.template_folder().exists()):
        import setup
        setup.prepare()
    cache.enter_environment()
    temporary = options.folder is None
    folder = Path(tempfile.mkdtemp(prefix="tryton-")) if temporary else options.folder
    folder = folder.resolve()
    try:
        serve(fill(folder), options.port, options.session_max_age)
    finally:
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)
        # Requests that are still being worked on end with the process.
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
