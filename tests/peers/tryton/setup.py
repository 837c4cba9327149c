#!/usr/bin/env python3
"""Makes what the Tryton server needs: the packages and a filled database. Does nothing when they are there."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cache
from cache import DATABASE, MODULES, USER, say


def write_secret(path, value):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value)


def run(command, log, **variables):
    with open(log, "a") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={**os.environ, "TRYTOND_LOGGING_LEVEL": "30", **variables})
    if done.returncode:
        sys.exit(f"tryton: {command[0].name} failed:\n{Path(log).read_text()[-4000:]}")


def make_template(environment):
    """Fills a database in a working folder, then moves it into place in one step."""
    folder = cache.template_folder()
    if folder.exists():
        return folder
    work = Path(tempfile.mkdtemp(prefix="work-", dir=cache.folder()))
    try:
        log = work / "log"
        config = cache.settings(work)
        accounts = {"admin": secrets.token_urlsafe(18), USER: secrets.token_urlsafe(18)}
        write_secret(work / "accounts.json", json.dumps(accounts))
        write_secret(work / "admin-password", accounts["admin"])
        (work / f"{DATABASE}.sqlite").touch()

        say("creating the database and activating the modules (about a minute)")
        run([environment / "bin" / "trytond-admin", "-c", config, "-d", DATABASE,
             "--email", "admin@example.com", "--activate-dependencies",
             "-u", "ir", "res", *MODULES],
            log, TRYTONPASSFILE=str(work / "admin-password"))
        say("entering company, accounts, customers, products, prices and stock")
        run([environment / "bin" / "python3", cache.HERE / "populate.py", work], log,
            TRYTOND_CONFIG=str(config))

        # Only finished files are kept: the write-ahead log is folded into the database.
        kept = work / "kept"
        kept.mkdir()
        source = sqlite3.connect(work / f"{DATABASE}.sqlite")
        target = sqlite3.connect(kept / f"{DATABASE}.sqlite")
        with source, target:
            source.backup(target)
        source.close()
        target.close()
        for name in ("fixture.json", "accounts.json"):
            (work / name).rename(kept / name)
        kept.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def prepare():
    started = time.monotonic()
    with cache.locked():
        environment = cache.make_environment()
        folder = make_template(environment)
    say(f"ready after {time.monotonic() - started:.1f} s")
    return folder


if __name__ == "__main__":
    template = prepare()
    print(json.dumps({"fixture": str(template / "fixture.json"), "template": str(template)}))
