"""What the Tryton scripts share: the cache folder, the virtual environment, one lock."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
CACHE_VARIABLE = "APICONNECT_PEERS_CACHE"

DATABASE = "shop"
USER = "apiconnect"
MODULES = ["sale", "sale_price_list", "sale_extra", "stock", "account_invoice"]


def say(text):
    """A progress line. Standard output is kept for what a program reads."""
    print(f"tryton: {text}", file=sys.stderr, flush=True)


def folder():
    """The folder of everything made here; safe to delete at any time."""
    base = os.environ.get(CACHE_VARIABLE)
    folder = (Path(base) if base else REPOSITORY / "target" / "peers") / "tryton"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def digest(*parts):
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part if isinstance(part, bytes) else str(part).encode())
        hashed.update(b"\0")
    return hashed.hexdigest()[:16]


def environment_folder():
    version = sys.version_info[:2]
    pins = (HERE / "requirements.txt").read_bytes()
    return folder() / f"venv-{digest(pins, version)}"


def template_folder():
    """One template per set of inputs. The year counts: the fiscal years start with it."""
    inputs = [(HERE / name).read_bytes() for name in ("requirements.txt", "populate.py")]
    return folder() / f"template-{digest(*inputs, DATABASE, USER, MODULES, date.today().year)}"


@contextlib.contextmanager
def locked():
    """Tests run at the same time: the first one prepares, the others wait."""
    with open(folder() / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process prepares Tryton: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_environment():
    """Makes the virtual environment once; call it under the lock."""
    folder = environment_folder()
    done = folder / "complete"
    if done.exists():
        return folder
    say("installing Tryton and its modules (about a minute)")
    venv.EnvBuilder(clear=True, with_pip=True).create(folder)
    installed = subprocess.run(
        [folder / "bin" / "python3", "-m", "pip", "install", "--quiet", "--no-input",
         "--disable-pip-version-check", "--no-warn-script-location",
         "-r", HERE / "requirements.txt"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if installed.returncode:
        sys.exit(f"tryton: pip could not install the packages:\n{installed.stdout[-4000:]}")
    done.touch()
    return folder


def enter_environment():
    """Starts the calling script again with the environment's Python: same process, same input."""
    folder = environment_folder()
    if Path(sys.prefix).resolve() == folder:
        return
    python = folder / "bin" / "python3"
    os.execv(python, [str(python), *sys.argv])


def settings(folder, listen="127.0.0.1:0", session_max_age=None):
    """trytond's configuration for the database file in `folder`."""
    lines = [
        "[database]", "uri = sqlite://", f"path = {folder}",
        "[web]", f"listen = {listen}", f"root = {folder / 'www'}",
        "[session]", "authentications = password",
    ]
    if session_max_age is not None:
        lines.append(f"max_age = {session_max_age}")
    path = folder / "trytond.conf"
    path.write_text("\n".join(lines) + "\n")
    return path
