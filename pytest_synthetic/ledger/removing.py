"""The removal of one object: its request, sent by the API channel, or its registered function. It always ends."""

from __future__ import annotations

import re
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_synthetic.core import ledger, registry
from pytest_synthetic.core.guard import Asked, Guard, Kind
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import SyntheticError, UsageError
from pytest_synthetic.model.created import FailedRemoval
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.core.ports import Clock, HeldRun
    from pytest_synthetic.model.created import Created, Entry, Request

REMOVERS = "pytest_synthetic_remove"
"""The entry point group of functions that remove: `(identity, settings) -> None`; one that raises has failed."""

REASON_LIMIT = 200


class Remover:
    """Removes objects. `environ` is what `${NAME}` in a header stands for; what is noted passes `redact`."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], clock: Clock, redact: Callable[[str], str]
    ) -> None:
        """Send nothing yet."""
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._redact = redact
        self._goes_on = False

    def settle(self, held: HeldRun, entry: Entry) -> FailedRemoval | None:
        """Try once to remove what `entry` is about, and note what came of it. Returns None when it is gone.

        Raises OSError or HistoryUnavailable when the ledger cannot be written, whatever became of the object.
        """
        failed = self.remove(entry.created)
        if self._goes_on:
            held.hold_for_good()
        if self._hindrance(entry.created) is None:  # what was not tried is no try
            held.settle(entry, failed)
        return failed

    def remove(self, created: Created) -> FailedRemoval | None:
        """Try once to remove an object. Returns None when it is gone."""
        try:
            reason = self._hindrance(created) or (
                ledger.refusal(self._sent(created, created.request)) if created.request else self._called(created)
            )
        except Exception as error:  # noqa: BLE001  whatever it is, the object still exists
            reason = _why(error)
        if reason is None:
            return None
        return FailedRemoval(at=self._clock.now(), reason=one_line(self._redact(reason), REASON_LIMIT))

    def _hindrance(self, created: Created) -> str | None:
        """Why the removal is not tried: something is missing, or these settings do not allow it."""
        rules = self._settings.rules
        if (told := ledger.hindrance(created)) or rules is None or created.request is None:
            return told
        guard = Guard(rules, mutates=True, monotonic=self._clock.monotonic, note=lambda _: None)
        reason = guard.against(asked(created.request))
        return f"its removal was not sent: {reason}" if reason else None

    def _sent(self, created: Created, request: Request) -> int:
        """Send the request and return the status of the answer. A redirect is not followed: it may lead to a login."""
        from pytest_synthetic.channels.api import ApiSession

        region, timeout = self._settings.region(created.region), self._settings.created.timeout
        headers = {name: _expanded(value, self._environ) for name, value in request.headers.items()}
        with ApiSession(
            base_url=None,
            proxy=region.egress,
            headers=region.headers,
            user_agent=f"pytest-synthetic/{version('pytest-synthetic')} (removes what run {created.run_id} created)",
            trace_id=created.run_id,
            deadline=timeout,
            connect_timeout=min(timeout, self._settings.api.connect_timeout),
        ) as session:
            sent = {**headers, **request.credentials}
            body = None if request.body is None else request.body.encode()
            with session.request(
                request.method, request.url, headers=sent, data=body, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code

    def _called(self, created: Created) -> str | None:
        """Call the registered function, in a thread of its own: nothing else could end the wait for it."""
        name = str(created.remover)
        function = registry.load(REMOVERS, name, where=f"remove={name!r}")
        raised: list[BaseException] = []
        thread = threading.Thread(
            target=_noting, args=(function, created.identity, self._settings, raised), name=name, daemon=True
        )
        thread.start()
        thread.join(self._settings.created.timeout)
        if thread.is_alive():
            self._goes_on = True
            return f"{name!r} did not end within {spoken(self._settings.created.timeout)}"
        return _why(raised[0]) if raised else None


def asked(request: Request) -> Asked:
    """The request as the guard judges it."""
    return Asked(method=request.method, url=request.url, kind=Kind.API, body=lambda: request.body)


def _noting(
    function: Callable[[object, Settings], object], identity: object, settings: Settings, raised: list[BaseException]
) -> None:
    try:
        function(identity, settings)
    except BaseException as error:  # noqa: BLE001  told by who waits
        raised.append(error)


def _expanded(value: str, environ: Mapping[str, str]) -> str:
    """`value` with each `${NAME}` replaced. Raises UsageError for one that is not set."""

    def variable(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise UsageError(f"the environment variable {match[1]} is not set")
        return environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", variable, value)


def _why(error: BaseException) -> str:
    """What went wrong, in words; those of the HTTP libraries quote addresses, and are not repeated."""
    from pytest_synthetic.channels import network_faults

    if told := network_faults.classify(error):
        return told[1]
    return str(error) if isinstance(error, SyntheticError) else f"{type(error).__name__}: {error}"
