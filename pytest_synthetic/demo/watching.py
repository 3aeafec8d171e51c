"""What `synthetic demo --watch` does: a shop that is watched and breaks, and everybody who is told of it, live.

`synthetic watch` runs as a process of its own in a folder as a user would have it; its alerts go to a receiver on this
machine.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_synthetic.channels.browser_setup import Setup
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo import child, watched
from pytest_synthetic.demo.egress import Egress
from pytest_synthetic.demo.receiver import Receiver
from pytest_synthetic.demo.runner import WORK, interrupt
from pytest_synthetic.demo.story import Ended, Story, TooSlow, clock_face
from pytest_synthetic.demo.surroundings import surrounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.demo.faults import Fault
    from pytest_synthetic.demo.surroundings import Surroundings

FOLDER = WORK / "watch"
LOG = "watch.log"
_SYNTHETIC = "from pytest_synthetic.cli import main; main()"


class Played(NamedTuple):
    """What came of it: whether all came that was expected, and the ids of the incidents."""

    went_well: bool
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedDemo:
    """One `synthetic demo --watch`, in the folder `here`. `say` prints a line."""

    here: Path
    say: Callable[[str], None]
    fault: Fault | None = None
    pace: watched.Pace | None = None

    @property
    def folder(self) -> Path:
        """Where everything is written, and where `synthetic watch` runs."""
        return (self.here / FOLDER).absolute()

    def run(self) -> int:
        """Play it; 0 when all came that was expected, else 1.

        Raises SyntheticError where no browser can be had, KeyboardInterrupt after Ctrl-C and SIGTERM, when all that
        was started has ended.
        """
        before = signal.signal(signal.SIGTERM, interrupt)
        try:
            self.say(f"Browser:  {Setup(self.say).ensure()}")
            return self._told(self._fitting())
        finally:
            signal.signal(signal.SIGTERM, before)

    def command(self, *arguments: str) -> Sequence[str]:
        """A `synthetic` of this Python."""
        return [sys.executable, "-P", "-c", _SYNTHETIC, *arguments]

    # -- the stage ---------------------------------------------------------------------------------------------------

    def _fitting(self) -> Played:
        """Play it as fast as this machine can: one that is busy with other things needs more time."""
        pace = self.pace or watched.pace_of(self.fault)
        try:
            return self._play(pace)
        except TooSlow:
            self.say(f"\nThis machine is too busy for a run every {pace.every} s. Once more, half as fast.\n")
            return self._play(watched.slower(pace), at_any_rate=True)

    def _prepare(self, pace: watched.Pace) -> None:
        """A folder without what an earlier demo left: its incidents would be opened again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.here / ".synthetic" / ".gitignore").write_text("*\n", encoding="utf-8")
        watched.write_journeys(self.folder, pace)

    def _play(self, pace: watched.Pace, *, at_any_rate: bool = False) -> Played:
        self._prepare(pace)
        news: SimpleQueue[Any] = SimpleQueue()
        secret = secrets.token_hex(16)
        with ExitStack() as open_now:
            us_east, eu_west = (open_now.enter_context(Egress()) for _ in range(2))
            around = open_now.enter_context(surrounded())
            receiver = open_now.enter_context(Receiver(secret, news.put))
            open_now.callback(us_east.close)  # both end at once, the `with` then waits for each
            open_now.callback(eu_west.close)
            addresses = {"us_east": us_east.url, "eu_west": eu_west.url, "desk": receiver.base_url, "secret": secret}
            self._write_settings(around, pace, addresses)
            self.say(f"Shop:     {around.shop.base_url}, watched from us-east and eu-west")
            self.say("Desks:    of whoever is on call, and of whoever keeps the monitor")
            open_now.enter_context(self._watched(news.put))
            story = Story(
                fault=self.fault,
                pace=pace,
                at_any_rate=at_any_rate,
                news=news,
                switch=lambda faults, regions: around.switch(faults, regions=regions),
                say=self.say,
                clock=SystemClock(),
            )
            return self._played(story)

    def _played(self, story: Story) -> Played:
        try:
            went_well = story.play()
        except Ended:
            self.say(f"\n`synthetic watch` ended by itself. Its last words, of {FOLDER / LOG}:")
            self.say("\n".join((self.folder / LOG).read_text(encoding="utf-8").splitlines()[-10:]))
            went_well = False
        incidents = tuple(dict.fromkeys(letter.incident for letter in story.letters))
        self._sum_up(story, len(incidents))
        return Played(went_well, incidents)

    def _write_settings(self, around: Surroundings, pace: watched.Pace, addresses: dict[str, str]) -> None:
        shop, every, remind = around.shop.base_url, pace.every, pace.remind
        text = watched.SETTINGS.format(shop=shop, every=every, remind=remind, **addresses)
        (self.folder / "synthetic.toml").write_text(text + around.settings_of_many, encoding="utf-8")
        (self.folder / "pytest.ini").write_text(watched.PYTEST_SETTINGS, encoding="utf-8")

    @contextmanager
    def _watched(self, tell: Callable[[str | None], object]) -> Iterator[None]:
        """Run `synthetic watch`, of which each line is told; None at its end."""
        tests = [watched.TESTS[name] for name in watched.watched(self.fault)]
        regions = [part for region in watched.REGIONS for part in ("--region", region)]
        command = self.command("watch", "--plain", *regions, *tests)
        with child.started(command, self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            thread = threading.Thread(
                target=_follow, args=(process, self.folder / LOG, tell), name="demo-watch", daemon=True
            )
            thread.start()
            try:
                yield
            finally:
                child.end(process)
                thread.join()

    # -- afterwards --------------------------------------------------------------------------------------------------

    def _sum_up(self, story: Story, incidents: int) -> None:
        letters, lasted = story.letters, clock_face(story.seconds)
        self.say("")
        if not letters:
            self.say(f"Nobody was woken: {lasted}, no incident, no letter.")
            return
        self.say(f"{_count(incidents, 'incident')}, {_count(len(letters), 'letter')} in {lasted}:")
        for desk in watched.DESKS:
            turns = ", ".join(letter.turn for letter in letters if letter.to == desk)
            self.say(f"  {desk + ':':9} {turns or 'nothing, nobody was woken'}")

    def _told(self, played: Played) -> int:
        self.say("\n$ synthetic incidents")
        asked = subprocess.run(  # noqa: S603  our own command
            self.command("incidents"), cwd=self.folder, env=child.environment(), capture_output=True, check=False
        )
        self.say(asked.stdout.decode() or asked.stderr.decode())
        self.say(f"All of it lies in {FOLDER}: journeys, settings, history.")
        self.say(f"Type `cd {FOLDER}`, then:\n")
        shown = {f"synthetic incidents show {each}": "its time line, and who was told" for each in played.incidents}
        for command, does in {**shown, **NEXT}.items():
            self.say(f"  {command:34} {does}")
        return 0 if played.went_well else 1


NEXT = {
    "synthetic alerts explain": "when each journey would wake somebody",
    "synthetic history": "how the runs ended, and why",
}


def _follow(process: subprocess.Popen[bytes], log: Path, tell: Callable[[str | None], object]) -> None:
    """Hand on what a process says, line by line, and None at its end."""
    assert process.stdout is not None  # noqa: S101  for mypy
    with process.stdout as lines, log.open("wb") as kept:
        for line in lines:
            kept.write(line)
            kept.flush()
            tell(line.decode("utf-8", "replace"))
    tell(None)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
