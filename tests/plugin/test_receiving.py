"""When inboxes that are pushed to listen: once a session, in the process that outlives the tests."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

PROVIDER = """
import errno, os
from contextlib import contextmanager
from pathlib import Path
from pytest_synthetic.errors import ConfigError, UsageError
from pytest_synthetic.testing import HandFedInbox

RECEIVING = []
LOG = Path(__file__).with_name("log")

def note(word):
    with LOG.open("a") as file:
        file.write(f"{word} {os.getpid()}\\n")

class Bell(HandFedInbox):
    def __init__(self, listen):
        super().__init__()
        self._listen = listen

    @contextmanager
    def receive(self):
        if self._listen == "nowhere":
            raise ConfigError("the bell inbox needs a wire")
        if self._listen == "taken":
            raise OSError(errno.EADDRINUSE, "Address already in use")
        if self._listen == "denied":
            raise PermissionError(errno.EACCES, "Permission denied", "/spool")
        note("opened")
        RECEIVING.append(self)
        try:
            yield
        finally:
            note("closed")

def make(options, *, clock, sleep, folder):
    if "listen" not in options:
        return HandFedInbox()
    if options["listen"] == 5:
        raise UsageError("expected where to listen, got 5")
    return HandFedInbox() if options["listen"] == "deaf" else Bell(options["listen"])
"""

JOURNEY = """
from bell_inbox import note

@pytest.mark.parametrize("n", range(2))
@pytest.mark.journey("J")
def test_it(email_inbox, n):
    note("test")
"""


@pytest.fixture
def log(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[tuple[str, str]]]:
    """Install the provider as another distribution would; what it noted, as words with the processes' ids."""
    pytester.makepyfile(bell_inbox=PROVIDER)
    info = pytester.mkdir("bell_inbox-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bell-inbox\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic.inboxes]\nbell = bell_inbox:make\n", encoding="utf-8")
    pytester.syspathinsert()
    path = pytester.path / "log"

    def read() -> list[tuple[str, str]]:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [(line.split()[0], line.split()[1]) for line in lines]

    return read


def toml(*listens: str) -> str:
    names = ("email", "sms", "other")
    return "".join(
        f'[inboxes.{name}]\nprovider = "bell"\nlisten = {listen}\n'
        for name, listen in zip(names, listens, strict=False)
    )


def words(noted: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in noted]


def test_it_listens_from_before_the_first_test_to_the_end(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]]
) -> None:
    ran = synthetic(JOURNEY, toml=toml('"here"'), fresh=True)

    assert ran.verdicts == ["passed", "passed"], ran.out
    assert words(log()) == ["opened", "test", "test", "closed"]
    assert len({process for _, process in log()}) == 1


def test_the_one_that_listens_is_the_one_that_waits(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]]
) -> None:
    source = """
import bell_inbox

@pytest.mark.journey("J")
def test_it(email_inbox):
    with email_inbox.expect(within="5s", give_up="5s"):
        bell_inbox.RECEIVING[0].deliver(email_inbox.address, "123456")
"""
    assert synthetic(source, toml=toml('"here"'), fresh=True).verdicts == ["passed"]


def test_xdist_s_controller_listens_and_no_worker(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]]
) -> None:
    ran = synthetic(JOURNEY, "-n2", toml=toml('"here"'), fresh=True)

    assert ran.verdicts == ["passed", "passed"], ran.out
    assert words(log()) == ["opened", "test", "test", "closed"]
    opened, *tests, closed = [process for _, process in log()]
    assert opened == closed
    assert opened not in tests


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("def test_it(): pass\n", ()),
        (JOURNEY, ("--collect-only",)),
        (JOURNEY, ("-n2", "--collect-only")),
        (JOURNEY + "def test_other(): pass\n", ("-k", "other")),
    ],
    ids=["no journey", "collect only", "collect only with workers", "no journey chosen"],
)
def test_nothing_listens_where_no_journey_runs(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]], source: str, arguments: tuple[str, ...]
) -> None:
    ran = synthetic(source, *arguments, toml=toml('"nowhere"'))

    assert ran.result.ret == pytest.ExitCode.OK, ran.out
    assert log() == []


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "workers"])
@pytest.mark.parametrize("stop", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_it_is_closed_when_the_session_is_stopped(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]], stop: str, arguments: tuple[str, ...]
) -> None:
    synthetic(f'@pytest.mark.journey("J")\ndef test_it(): {stop}\n', *arguments, toml=toml('"here"'), fresh=True)

    assert words(log()) == ["opened", "closed"]


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        ('"taken"', "cannot listen on taken: Address already in use. Does another pytest run with the same inbox?"),
        ('"denied"', "cannot listen on denied: Permission denied: /spool"),
        ('"nowhere"', "the bell inbox needs a wire"),
        ('"deaf"', "the provider 'bell' does not listen; remove `listen`"),
        ("5", "expected where to listen, got 5"),
    ],
)
def test_what_cannot_listen_is_told_before_anything_runs(
    synthetic: Callable[..., Ran],
    log: Callable[[], list[tuple[str, str]]],
    listen: str,
    told: str,
) -> None:
    ran = synthetic(JOURNEY, toml=toml('"here"', listen))

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR, ran.out
    assert f"ERROR: [inboxes.sms]: {told}" in ran.result.errlines
    assert "Traceback" not in f"{ran.result.stdout}{ran.result.stderr}"
    assert words(log()) == ["opened", "closed"]
    assert ran.runs == ()


def test_workers_run_nothing_when_their_controller_cannot_listen(
    synthetic: Callable[..., Ran], log: Callable[[], list[tuple[str, str]]]
) -> None:
    ran = synthetic(JOURNEY, "-n2", toml=toml('"here"', '"taken"'), fresh=True)

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR, ran.out
    assert "cannot listen on taken" in ran.result.errlines[0]
    assert words(log()) == ["opened", "closed"]


def test_two_sessions_with_one_port(synthetic: Callable[..., Ran]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = f'[inboxes.email]\nprovider = "smtp"\nlisten = "{listen}"\naddress = "buyer@shop.example"\n'
        ran = synthetic('@pytest.mark.journey("J")\ndef test_it(): pass\n', toml=settings)

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(
        [f"ERROR: *inboxes.email*: cannot listen on {listen}: *in use*. Does another pytest run with the same inbox?"]
    )
