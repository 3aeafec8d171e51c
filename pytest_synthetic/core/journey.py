"""What the `journey` fixture gives a test: the run under way and its steps, as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.recorder import OpenStep
from pytest_synthetic.errors import JourneyError
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.model.created import Request


class Step:
    """A named part of a journey, as a context manager."""

    __slots__ = ("_open", "_recorder")

    def __init__(self, recorder: Recorder, step: OpenStep) -> None:
        """Made by `Journey.step`."""
        self._recorder = recorder
        self._open = step
        recorder.announce(step)

    def __enter__(self) -> None:
        """Begin the step."""
        self._recorder.open_step(self._open)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End the step; a soft one swallows its failure."""
        return self._recorder.close_step(self._open, error)


class Journey:
    """What the `journey` fixture gives a test."""

    __slots__ = ("_recorder",)

    def __init__(self, recorder: Recorder) -> None:
        """Made by the fixture."""
        self._recorder = recorder

    @property
    def run_id(self) -> str:
        """The id of this run: 32 hexadecimal digits, also the trace id that `api` sends."""
        return self._recorder.run_id

    def step(
        self,
        name: str,
        *,
        sla: str | float | None = None,
        owner: str | None = None,
        depends_on: str | Sequence[str] = (),
        soft: bool = False,
    ) -> Step:
        """A named part of the journey, timed by itself: `with journey.step("pay", sla="4s"):`.

        Steps nest. The same name may come again (a loop): each is recorded, with its occurrence. `soft=True`
        records a failure and goes on; the journey then ends `failed`. Raises JourneyError for an empty name and
        UsageError for a duration that cannot be read.
        """
        if not isinstance(name, str) or not name.strip():
            raise JourneyError(f"journey.step({name!r}): a step needs a name that people can read")
        needs = (depends_on,) if isinstance(depends_on, str) else tuple(depends_on)
        promised = None if sla is None else seconds(sla)
        shown = one_line(name)
        step = OpenStep(
            name=shown, occurrence=1, path=shown, started=0.0, sla=promised, owner=owner, depends_on=needs, soft=soft
        )
        return Step(self._recorder, step)

    def measure(self, name: str, value: float, unit: str = "") -> None:
        """Record a named number: `journey.measure("basket", 3, "items")`. Units `s` and `ms` are times.

        `sla(basket=5)` can limit it. Raises JourneyError for an empty name or a value that is no finite number.
        """
        if not isinstance(name, str) or not name.strip():
            raise JourneyError(f"journey.measure({name!r}, ...): a measurement needs a name")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise JourneyError(f"journey.measure({name!r}, {value!r}): expected a finite number")
        self._recorder.measure(name.strip(), value, unit)

    def attach(self, name: str, data: str | bytes, media_type: str = "text/plain") -> None:
        """Keep text or bytes with the run; shown in the report under the step under way."""
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        self._recorder.attach(name, raw, media_type)

    def created(self, kind: str, identity: object, *, remove: Request | str) -> None:
        """Note an object that the journey created, durably: it is removed when the run ends, or by `synthetic cleanup`.

        `remove` is `api.request_for(...)` or the name of a registered function. Raises JourneyError, ConfigError,
        GuardRefused and LedgerUnavailable: the object is then in no ledger.
        """
        with self._recorder.own_time():
            self._recorder.ledger.created(kind, identity, remove)

    def removed(self, kind: str, identity: object) -> None:
        """Strike out an object that the journey removed itself. Raises JourneyError for one it did not create."""
        self._recorder.ledger.removed(kind, identity)
