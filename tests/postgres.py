"""A real PostgreSQL for the tests of one process: Debian's packages, in a folder and on a port of its own.

Nobody but loopback reaches it, it trusts everybody, and it writes nothing safely: it lives for the tests alone. The
system's own server, if there is one, is not touched.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pytest_synthetic.history import database

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "postgresql"
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PROGRAMS = FOLDERS[0] if FOLDERS else Path(shutil.which("initdb") or "").parent
THERE = (PROGRAMS / "initdb").exists()
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"

needs_postgres = pytest.mark.skipif(
    not THERE and "CI" not in os.environ,  # in CI it must be there: the tests then fail
    reason=f"PostgreSQL is not installed. On Debian: apt-get install --no-install-recommends {PACKAGE}",
)
POSTGRESQL = pytest.param("postgresql", marks=[needs_postgres, pytest.mark.slow])
"""The parameter of a test that asks for the fixture `postgres`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that can be stopped in the middle, and started again."""

    command: tuple[str | Path, ...]
    options: str
    folder: Path

    def start(self) -> None:
        """Start it, and wait until it answers."""
        _run([*self.command, "-o", self.options, "-w", "-l", "log", "start"], str(self.folder))

    def stop(self) -> None:
        """Stop it at once: connections are cut. One that does not run is left so."""
        if (self.folder / "data" / "postmaster.pid").exists():
            _run([*self.command, "-m", "immediate", "stop"], str(self.folder))

    def ask_for_passwords(self) -> None:
        """From now on, who connects must know one."""
        access = "host all all 127.0.0.1/32 scram-sha-256\n"
        (self.folder / "data" / "pg_hba.conf").write_text(access, encoding="utf-8")
        _run([*self.command, "reload"], str(self.folder))


@contextlib.contextmanager
def server(*, safe: bool = False, running: list[Server] | None = None) -> Iterator[str]:
    """The address of a server that runs inside the block, up to the name of the database.

    With `safe` it writes as one that is used: slower. `running` gets what stops and starts it.
    """
    assert THERE, f"CI needs PostgreSQL: apt-get install --no-install-recommends {PACKAGE}"
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        as_whom = _unprivileged(Path(folder))
        _run([*as_whom, PROGRAMS / "initdb", "-D", "data", "-A", "trust", "-U", "synthetic", "--no-sync"], folder)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} {'' if safe else FAST}"
        this = Server(command=(*as_whom, PROGRAMS / "pg_ctl", "-D", "data"), options=options, folder=Path(folder))
        this.start()
        if running is not None:
            running.append(this)
        try:
            yield f"postgresql://synthetic@127.0.0.1:{port}"
        finally:
            this.stop()


def emptied(address: str) -> str:
    """Take everything out of the server's one database, and return its address."""
    url = f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:")
    engine = database.connect(url)
    with database.writing(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: the words before a command that make it somebody else's."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(command: list[str | Path], folder: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
