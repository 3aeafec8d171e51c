"""An exception, read: who is at fault, what was claimed, where in the user's own code."""

from __future__ import annotations

import os
import re
import traceback
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line, plain
from pytest_synthetic.errors import (
    BrowserUnavailable,
    GuardRefused,
    InboxUnavailable,
    JourneyError,
    LeaseLost,
    LedgerUnavailable,
    RegionUnreachable,
    SlaBreach,
    UsageError,
)
from pytest_synthetic.model.run import Failure
from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Classifier

MESSAGE_LIMIT = 4_000
CLAIM_LIMIT = 300

_OURS = (
    (BrowserUnavailable, Fault.BROWSER, "no browser could be started"),
    (RegionUnreachable, Fault.REGION, "the region's proxy or remote browser does not answer"),
    (InboxUnavailable, Fault.INBOX, "the inbox's provider cannot be asked"),
    (LeaseLost, Fault.RUNNER, "this machine stood still or was cut off, and its address went to another run"),
    (LedgerUnavailable, Fault.RUNNER, "the ledger of created data cannot be written on this machine"),
    (GuardRefused, Fault.TEST, "the journey asks for what [production] does not allow"),
    (JourneyError, Fault.TEST, "the journey uses a fixture in a way that has no meaning"),
    (UsageError, Fault.CONFIG, "a setting is wrong or missing"),
    (AssertionError, Fault.PRODUCT, "a claim of the journey does not hold"),
    (KeyboardInterrupt, Fault.RUNNER, "interrupted (Ctrl-C)"),
    (MemoryError, Fault.RUNNER, "no memory left"),
)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions inside a group, or the exception itself; breaches of an SLA are judged, not failures."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    elif not isinstance(error, SlaBreach):
        yield error


def diagnose(error: BaseException, classifiers: Sequence[Classifier] = ()) -> tuple[Fault, str]:
    """Who is at fault for `error`, and how it is told. What nobody knows is the test's own fault: it cannot say."""
    cause: BaseException | None = error
    while cause is not None:
        for classify in classifiers:
            if found := classify(cause):
                return Fault(found[0]), found[1]
        for kind, fault, reason in _OURS:
            if isinstance(cause, kind):
                return fault, reason
        cause = cause.__cause__  # only `raise ... from`: an author's word that this is why
    if isinstance(error, KeyError) and _raised_in(error, "os.py"):
        return Fault.CONFIG, "an environment variable is missing"
    return Fault.TEST, f"{type(error).__name__} raised by the journey's own code"


def _raised_in(error: BaseException, filename: str) -> bool:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(frame.f_code.co_filename.endswith((f"/{filename}", f"<frozen {filename[:-3]}>")) for frame in frames)


def describe(
    error: BaseException, *, classifiers: Sequence[Classifier], phase: str, step: str | None, root: Path
) -> Failure:
    """Read one exception. `root` is the folder the user's files lie under; frames are given relative to it."""
    try:
        return _read(error, classifiers, phase, step, root)
    except Exception as bug:  # noqa: BLE001  a failure that is not noted would be a run that passed
        return _unread(error, bug, phase, step)


def _unread(error: BaseException, bug: Exception, phase: str, step: str | None) -> Failure:
    from pytest_synthetic.core.fingerprint import fingerprint

    told = f"{type(error).__name__}, which could not be read ({type(bug).__name__}): a defect of pytest-synthetic"
    return Failure(
        type=type(error).__name__,
        message=told,
        claim=told,
        fault=Fault.RUNNER,
        reason="the exception could not be read",
        phase=phase,
        step=step,
        frame=None,
        fingerprint=fingerprint(type(error).__name__, told, None, step),
    )


def _read(error: BaseException, classifiers: Sequence[Classifier], phase: str, step: str | None, root: Path) -> Failure:
    from pytest_synthetic.core.fingerprint import fingerprint  # its patterns are dear, most runs have no failure

    fault, reason = diagnose(error, classifiers)
    said = plain(_said(error)) or type(error).__name__
    message = said[:MESSAGE_LIMIT]
    frame = own_frame(error, root)
    return Failure(
        type=type(error).__name__,
        message=message,
        claim=claim(message),
        fault=fault,
        reason=reason,
        phase=phase,
        step=step,
        frame=frame,
        fingerprint=fingerprint(type(error).__name__, said, frame, step),
    )


def _said(error: BaseException) -> str:
    missing = getattr(error, "argname", None)  # pytest's FixtureLookupError has no message of its own
    return f"fixture {missing!r} not found" if isinstance(missing, str) else str(error)


# How urllib3 tells of a connection that could not be made, inside what requests raises: the address, and a reason
# within reasons, of which the innermost says something to people.
_POOL = re.compile(
    r"\w*\(host='([^']*)', port=(\d+)\): Max retries exceeded with url: (\S*) \(Caused by (.*)\)", re.DOTALL
)
_REASON = re.compile(r"(?:\[Errno -?\d+\] |: )([^'\"():\[\]]{4,})")


def _connection(message: str) -> str:
    """`shop.example:443/pay: Connection refused` out of what urllib3 says."""
    found = _POOL.search(message)
    if found is None:
        return message
    host, port, url, cause = found.groups()
    reasons = _REASON.findall(cause)
    address = url if "://" in url else f"{host}:{port}{url}"
    told = f"{address}: {reasons[-1].strip() if reasons else cause}"
    return f"{message[: found.start()]}{told}{message[found.end() :]}"


def claim(message: str) -> str:
    """What was expected and what was there instead, in one line.

    Playwright writes the value on a line of its own and a call log below; pytest writes its explanation below.
    """
    head = re.split(r"\n\s*(?:Call log:|\(Use -v|Aria snapshot|={3,})", _connection(message), maxsplit=1)[0]
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    told = [line for line in lines[1:] if re.match(r"(Actual value|Received|Error):", line)]
    return one_line(" · ".join([*lines[:1], *told]), CLAIM_LIMIT)


def own_frame(error: BaseException, root: Path) -> str | None:
    """The innermost place in the user's own code: `path:line in function`."""
    base = str(root) + os.sep
    own = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        inside = path.removeprefix(base)  # the root itself may be installed: the demo's journeys are
        if inside != path and "site-packages" not in inside:
            own = f"{inside}:{line} in {frame.f_code.co_name}"
    return own.replace(os.sep, "/") if own else None
