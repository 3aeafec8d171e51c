"""The gammu inbox against the real daemon gammu-smsd, which reads gammu's dummy phone: a folder instead of a modem."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.codes import find_code
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.gammu import GammuInbox, make
from pytest_synthetic.model.message import Address, Cursor, Message

MISSING = [name for name in ("gammu", "gammu-smsd") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("quick"),
    pytest.mark.skipif(bool(MISSING) and not os.environ.get("CI"), reason=f"not installed: {', '.join(MISSING)}"),
]
PHONE = Address(value="+33600000001", labels={"carrier": "Orange"})
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
"""The inbox format `standard` is the character set of the system."""
SETTINGS = """
[gammu]
model = dummy
connection = none
port = {folder}/phone
gammuloc = /dev/null

[smsd]
service = files
inboxpath = {folder}/inbox/
outboxpath = {folder}/outbox/
inboxformat = {format}
logfile = {folder}/log
loopsleep = 1
receivefrequency = 1
"""


@dataclass(frozen=True)
class Modem:
    """A daemon that runs, and the phone it reads."""

    folder: Path
    daemon: subprocess.Popen[bytes]

    def receive(self, text: str, *options: str, sender: str = "+33612345678") -> None:
        """Let an SMS arrive at the phone; the daemon takes it from there within seconds."""
        saved = ("savesms", "TEXT", "-folder", "1", "-unread", "-sender", sender, *options)
        command = ["gammu", "-c", str(self.folder / "settings"), *saved]
        done = subprocess.run(
            command, input=text.encode(), env=ENVIRONMENT, capture_output=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def inbox(self) -> GammuInbox:
        place = {"folder": f"{self.folder}/inbox", "pid_file": f"{self.folder}/pid"}
        numbers = [{"number": PHONE.value, "carrier": "Orange", **place}]
        return make({"numbers": numbers}, clock=SystemClock(), sleep=time.sleep, folder=self.folder)


@pytest.fixture(params=["unicode", "standard", "detail"])
def modem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Modem]:
    for name in ("phone", "inbox", "outbox"):
        (tmp_path / name).mkdir()
    (tmp_path / "settings").write_text(SETTINGS.format(folder=tmp_path, format=request.param), encoding="utf-8")
    command = ["gammu-smsd", "-c", str(tmp_path / "settings"), "--pid", str(tmp_path / "pid")]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        ends = time.monotonic() + 10
        while not (tmp_path / "pid").is_file():
            assert daemon.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.02)
        try:
            yield Modem(folder=tmp_path, daemon=daemon)
        finally:
            daemon.terminate()


def wait(inbox: GammuInbox, cursor: Cursor, count: int) -> list[Message]:
    """`count` messages, waited for up to 20 s as the core does."""
    found: list[Message] = []
    ends = time.monotonic() + 20
    while len(found) < count and time.monotonic() < ends:
        inbox.wait_hint(PHONE, cursor, ends - time.monotonic())
        messages, cursor = inbox.fetch_new(PHONE, cursor)
        found += messages
    return found


def test_short_and_long_messages(modem: Modem) -> None:
    """A code that is cut by the end of a part is found: 7-bit parts hold 153 signs."""
    inbox = modem.inbox()
    cursor = inbox.snapshot(PHONE)
    long = f"{'Bonjour, votre colis part demain. ' * 4}Your code is 493021. It is valid for 10 minutes."
    assert long.index("493021") < 153 < long.index("493021") + 6
    modem.receive("Votre code : 012345 é 🫖", "-unicode", sender="Orange")
    modem.receive(long, "-len", "500", "-autolen", "500")
    messages = wait(inbox, cursor, 2)

    assert {message.sender: message.text for message in messages} == {
        "Orange": "Votre code : 012345 é 🫖",
        "+33612345678": long,
    }
    assert [find_code(message.text) for message in messages] == ["012345", "493021"]
    assert inbox.probe().told == f"{modem.folder}/inbox holds 2 message(s)"
    assert wait(inbox, inbox.snapshot(PHONE), 0) == []


@pytest.mark.parametrize("modem", ["unicode"], indirect=True)
def test_a_daemon_that_died_is_told(modem: Modem) -> None:
    inbox = modem.inbox()
    cursor = inbox.snapshot(PHONE)
    modem.daemon.kill()
    modem.daemon.wait()
    with pytest.raises(InboxUnavailable, match=r"^gammu-smsd does not run, so no SMS would be seen: the process that "):
        inbox.fetch_new(PHONE, cursor)
    assert not inbox.probe().ok
