"""The files of gammu-smsd, joined and read. Their shapes were taken from what version 1.42.0 writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes import gammu
from pytest_synthetic.inboxes.gammu_files import found_in, text_of
from pytest_synthetic.model.message import Address, Health
from pytest_synthetic.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

PHONE = Address(value="+33612345678", labels={"carrier": "Orange"})
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOM = b"\xfe\xff"

DETAIL = """; This file format was designed for Gammu and is compatible with Gammu+
; See <http://www.gammu.org> for more info

[SMSBackup000]
; Your code is 12
PDU = Submit
DateTime = 20261122T000948Z\r
Number = "Shop"\r
UDH = 050003E40201\r
Text00 = 0059006F0075007200200063006F0064006500200069\r
Text01 = 0073002000310032
Coding = {coding}

[SMSBackup001]
UDH = 050003E40202\r
Text00 = 0033003400350036D83DDE00
Coding = Default_No_Compression
"""


def write(
    folder: Path, text: str | bytes, *, sent: str = "20261122_115959", serial: int = 0, sender: str = "Shop",
    number: int = 0, at: float = 0.0, ext: str = "txt",
) -> str:  # fmt: skip
    """Write a file as the daemon does, `at` seconds after noon; its name."""
    path = folder / f"IN{sent}_{serial:02}_{sender}_{number:02}.{ext}"
    path.write_bytes(text if isinstance(text, bytes) else BOM + text.encode("utf-16-be", "surrogatepass"))
    moment = int((NOON + timedelta(seconds=at)).timestamp() * 1e9)
    os.utime(path, ns=(moment, moment))
    return path.name


def texts(folder: Path) -> list[str]:
    return [text_of(folder, found) for found in found_in(folder)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=NOON)


@pytest.fixture
def inbox(tmp_path: Path, clock: FakeClock) -> gammu.GammuInbox:
    return inbox_of(clock, tmp_path)


def inbox_of(clock: FakeClock, folder: Path, **more: Any) -> gammu.GammuInbox:
    sim = gammu.Sim(address=PHONE, folder=folder, **more)
    return gammu.GammuInbox([sim], clock=clock, sleep=clock.advance)


class TestFiles:
    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (BOM + "hello é 😀".encode("utf-16-be"), "hello é 😀"),
            (BOM + "hello é 😀".encode("utf-16-be") + bytes(6), "hello é 😀"),
            (b"\xff\xfe" + "é".encode("utf-16-le"), "é"),
            (BOM + b"\x00", ""),
            (BOM, ""),
            (b"", ""),
            ("hello é 😀\n".encode(), "hello é 😀\n"),
            ("été".encode("latin-1"), "été"),
            (DETAIL.format(coding="Default_No_Compression").encode(), "Your code is 123456😀"),
            (DETAIL.format(coding="8bit").encode(), "(binary message)"),
        ],
    )
    def test_formats(self, tmp_path: Path, data: bytes, text: str) -> None:
        write(tmp_path, data)
        assert texts(tmp_path) == [text]

    def test_a_binary_message(self, tmp_path: Path) -> None:
        write(tmp_path, b"\x06\x05 123456", ext="bin")
        assert texts(tmp_path) == ["(binary message)"]

    def test_other_files_are_none(self, tmp_path: Path) -> None:
        for name in ("OUT20261122_120000_00_Shop_00.txt", "IN20261122_120000_00_Shop_00.txt~", "notes.txt", ".IN"):
            (tmp_path / name).write_text("123456", encoding="utf-8")
        (tmp_path / "IN20261122_120000_00_Shop_00.txt").mkdir()
        assert found_in(tmp_path) == []

    @pytest.mark.parametrize("sender", ["+33612345678", "My_Shop", "", "36_06_00", "X123X"])
    def test_senders(self, tmp_path: Path, sender: str) -> None:
        write(tmp_path, "one", sender=sender)
        assert [found.parts[0].sender for found in found_in(tmp_path)] == [sender]


class TestParts:
    def test_joined_in_order_and_a_sign_cut_in_two_is_whole(self, tmp_path: Path) -> None:
        write(tmp_path, "\ude00 12", number=1)
        write(tmp_path, "3456", number=2)
        write(tmp_path, "code \ud83d")
        assert texts(tmp_path) == ["code 😀 123456"]

    def test_half_a_sign_alone_is_replaced(self, tmp_path: Path) -> None:
        write(tmp_path, "code \ud83d")
        assert texts(tmp_path) == ["code \ufffd"]

    def test_the_network_may_give_parts_other_seconds(self, tmp_path: Path) -> None:
        write(tmp_path, "A0", sent="20261122_120000")
        write(tmp_path, "A1", sent="20261122_120001", number=1, at=0.001)
        write(tmp_path, "B0", sent="20261122_120003", at=0.002)
        write(tmp_path, "B1", sent="20261122_120002", number=1, at=0.003)
        assert texts(tmp_path) == ["A0A1", "B0B1"]

    def test_two_messages_written_in_one_moment(self, tmp_path: Path) -> None:
        for minute in ("20261122_1200", "20261122_1201"):
            write(tmp_path, f"{minute[-1]}a", sent=f"{minute}00")
            write(tmp_path, f"{minute[-1]}b", sent=f"{minute}01", number=1)
        assert texts(tmp_path) == ["0a0b", "1a1b"]

    def test_messages_of_one_second_have_serials(self, tmp_path: Path) -> None:
        for serial in (0, 1):
            write(tmp_path, f"{serial}a", serial=serial, at=serial)
            write(tmp_path, f"{serial}b", serial=serial, number=1, at=serial)
        assert texts(tmp_path) == ["0a0b", "1a1b"]

    def test_senders_are_kept_apart(self, tmp_path: Path) -> None:
        write(tmp_path, "a")
        write(tmp_path, "other", sender="Bank", number=1)
        assert sorted(texts(tmp_path)) == ["a", "other"]

    def test_a_part_without_its_first_is_a_message(self, tmp_path: Path) -> None:
        write(tmp_path, "3456", number=1, sent="000000_000000")
        assert texts(tmp_path) == ["3456"]


class TestInbox:
    def test_what_is_new_as_it_was_written(self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock) -> None:
        write(tmp_path, "old", sent="20261122_110000", at=-60)
        cursor = json.loads(json.dumps(inbox.snapshot(PHONE)))
        write(tmp_path, "second", sent="20261122_115000", at=2)
        name = write(tmp_path, "first", sent="20261122_115959", at=1)
        clock.advance(5)
        messages, after = inbox.fetch_new(PHONE, cursor)

        assert [message.text for message in messages] == ["first", "second"]
        first = messages[0]
        assert (first.id, first.to, first.sender) == (name, PHONE.value, "Shop")
        assert first.arrived_at == NOON + timedelta(seconds=1)
        assert first.headers == {"sent": "20261122_115959", "parts": "1"}
        assert inbox.fetch_new(PHONE, cursor)[0] == messages
        assert inbox.fetch_new(PHONE, after) == ([], after)

    def test_what_is_being_written_is_not_read_half(
        self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock
    ) -> None:
        cursor = inbox.snapshot(PHONE)
        write(tmp_path, "code 123")
        clock.advance(0.2)
        assert inbox.fetch_new(PHONE, cursor)[0] == []
        write(tmp_path, "456", number=1, at=0.2)
        clock.advance(0.1)
        assert inbox.fetch_new(PHONE, cursor)[0] == []
        clock.advance(0.2)
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["code 123456"]

    def test_what_is_being_written_at_the_snapshot_is_old(
        self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock
    ) -> None:
        write(tmp_path, "code 123")
        cursor = inbox.snapshot(PHONE)
        write(tmp_path, "456", number=1, at=0.01)
        clock.advance(1)
        assert inbox.fetch_new(PHONE, cursor)[0] == []

    def test_a_full_folder_makes_no_long_cursor(self, tmp_path: Path, inbox: gammu.GammuInbox) -> None:
        for number in range(50):
            write(tmp_path, "old", serial=number, at=-86_401)
        cursor = inbox.snapshot(PHONE)
        assert cursor == {"mark": "2026-11-21T12:00:00+00:00", "seen": []}
        assert inbox.fetch_new(PHONE, cursor)[0] == []

    def test_nothing_is_deleted(self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock) -> None:
        cursor = inbox.snapshot(PHONE)
        name = write(tmp_path, "one")
        clock.advance(1)
        inbox.fetch_new(PHONE, cursor)
        assert [path.name for path in tmp_path.iterdir()] == [name]


class TestWaiting:
    def test_it_ends_soon_after_a_message_was_written(
        self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock
    ) -> None:
        cursor = inbox.snapshot(PHONE)
        os.utime(tmp_path, ns=(1, 1))  # as a new file does
        inbox.wait_hint(PHONE, cursor, 60)
        assert clock.monotonic() == gammu.SETTLED

    def test_it_ends_once_a_second_and_in_time(self, inbox: gammu.GammuInbox, clock: FakeClock) -> None:
        cursor = inbox.snapshot(PHONE)
        inbox.wait_hint(PHONE, cursor, 60)
        assert clock.monotonic() == pytest.approx(gammu.LONGEST_LOOK)
        inbox.wait_hint(PHONE, cursor, 0.12)
        assert clock.monotonic() == pytest.approx(gammu.LONGEST_LOOK + 0.12)

    def test_a_message_half_written_is_waited_for(
        self, tmp_path: Path, inbox: gammu.GammuInbox, clock: FakeClock
    ) -> None:
        cursor = inbox.snapshot(PHONE)
        write(tmp_path, "one")
        inbox.fetch_new(PHONE, cursor)
        inbox.wait_hint(PHONE, cursor, 60)
        assert clock.monotonic() == gammu.SETTLED
        assert [message.text for message in inbox.fetch_new(PHONE, cursor)[0]] == ["one"]


class TestTrouble:
    def told(self, inbox: gammu.GammuInbox) -> str:
        with pytest.raises(InboxUnavailable) as caught:
            inbox.snapshot(PHONE)
        assert inbox.probe() == Health(ok=False, told=str(caught.value))
        inbox.wait_hint(PHONE, None, 0.1)
        return str(caught.value)

    def test_no_folder(self, tmp_path: Path, clock: FakeClock) -> None:
        folder = tmp_path / "inbox"
        assert self.told(inbox_of(clock, folder)) == (
            f"the inbox of gammu-smsd {folder} cannot be read: it is not there: is it the daemon's inboxpath?"
        )

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path, clock: FakeClock) -> None:
        (tmp_path / "inbox").touch()
        told = self.told(inbox_of(clock, tmp_path / "inbox"))
        assert told.endswith("cannot be read: it is no folder: give the daemon's inboxpath")

    @pytest.mark.skipif(os.name != "posix", reason="folders are of somebody otherwise")
    def test_a_folder_of_others(self, tmp_path: Path, clock: FakeClock, as_nobody: Callable[[], None]) -> None:
        (tmp_path / "inbox").mkdir(mode=0)
        as_nobody()
        told = self.told(inbox_of(clock, tmp_path / "inbox"))
        assert told.endswith("may not be read: let this user read it, by the group of the daemon")

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (FileNotFoundError(2, "No such file", "/srv/IN1.txt"), "/srv/IN1.txt was removed while it was read"),
            (PermissionError(13, "Permission denied", "/srv/IN1.txt"), "/srv/IN1.txt may not be read: let this user read it, by the group of the daemon"),
            (OSError(5, "Input/output error"), "Input/output error"),
        ],
    )  # fmt: skip
    def test_a_file_that_cannot_be_read(self, error: OSError, told: str) -> None:
        with pytest.raises(InboxUnavailable) as caught, gammu._reading(Path("/srv")):
            raise error
        assert str(caught.value) == f"the inbox of gammu-smsd /srv cannot be read: {told}"

    @pytest.mark.skipif(os.name != "posix", reason="processes are asked otherwise")
    def test_the_daemon_is_gone(self, tmp_path: Path, clock: FakeClock) -> None:
        folder, pid_file = tmp_path / "inbox", tmp_path / "smsd.pid"
        folder.mkdir()
        inbox = inbox_of(clock, folder, pid_file=pid_file)
        begins = "gammu-smsd does not run, so no SMS would be seen: "
        assert self.told(inbox) == f"{begins}there is no {pid_file}: start the daemon, with --pid {pid_file}"
        for nonsense in ("", "-1", "0", "x", "9" * 30, "é"):
            pid_file.write_text(nonsense, encoding="utf-8")
            assert self.told(inbox).startswith(f"{begins}{pid_file} names no process"), nonsense
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        pid_file.write_text(f"{gone.pid}\n", encoding="utf-8")
        assert self.told(inbox).startswith(f"{begins}the process that {pid_file} names is gone")
        pid_file.write_text(f"{os.getpid()}\n", encoding="utf-8")
        assert inbox.probe() == Health(ok=True, told=f"{folder} holds 0 message(s)")

    @pytest.mark.parametrize("cursor", [None, 3, {"mark": "x", "seen": []}, {"since": "x"}])
    def test_a_cursor_of_another_provider(self, inbox: gammu.GammuInbox, cursor: Any) -> None:
        with pytest.raises(UsageError, match=r"^this is no cursor of a gammu inbox: "):
            inbox.fetch_new(PHONE, cursor)


class TestSettings:
    def make(self, **options: Any) -> gammu.GammuInbox:
        clock = FakeClock()
        return gammu.make(options, clock=clock, sleep=clock.advance, folder=Path())

    def test_numbers_in_folders_of_their_own(self) -> None:
        inbox = self.make(
            folder="/var/spool/gammu/inbox",
            numbers=["+33612345678", {"number": "+33712345678", "folder": "/srv/sfr", "pid_file": "/run/sfr.pid", "carrier": "SFR"}],
        )  # fmt: skip
        assert inbox.addresses() == (
            Address(value="+33612345678"),
            Address(value="+33712345678", labels={"carrier": "SFR"}),
        )
        assert [sim.folder for sim in inbox._sims.values()] == [Path("/var/spool/gammu/inbox"), Path("/srv/sfr")]
        assert [sim.pid_file for sim in inbox._sims.values()] == [None, Path("/run/sfr.pid")]

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"foldr": "/x"}, 'the gammu inbox has no setting \'foldr\'. Valid: folder, numbers, pid_file. Did you mean "folder"?'),
            ({"folder": "/x"}, "the gammu inbox misses its numbers: numbers = [{ number = "),
            ({"folder": "/x", "numbers": "+33612345678"}, "the gammu inbox misses its numbers"),
            ({"folder": "/x", "numbers": [{"carrier": "SFR"}]}, "numbers of the gammu inbox: expected numbers = "),
            ({"folder": "/x", "numbers": [{"number": "+1", "slot": 1}]}, "got {'number': '+1', 'slot': 1}"),
            ({"numbers": ["+33612345678"]}, "the gammu inbox misses the folder of +33612345678: numbers = "),
            ({"folder": "inbox", "numbers": ["+33612345678"]}, "folder of the gammu inbox: expected a path from the root"),
            ({"folder": "/x", "pid_file": 7, "numbers": ["+33612345678"]}, "pid_file of the gammu inbox: expected a path"),
            ({"folder": "/x", "numbers": ["+33612345678", "+33712345678"]}, "each number is there once and has a folder of its own"),
            ({"folder": "/x", "numbers": ["+33612345678", {"number": "+33612345678", "folder": "/y"}]}, "each number is there once"),
        ],
    )  # fmt: skip
    def test_what_cannot_work(self, options: dict[str, Any], told: str) -> None:
        with pytest.raises(UsageError) as caught:
            self.make(**options)
        assert told in str(caught.value)
