"""What belongs into the ledger of created data, when an object counts as gone, and how what is left is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import HistoryUnavailable, JourneyError
from pytest_synthetic.model.created import Created, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pytest_synthetic.model.created import FailedRemoval

SHOWN = 3
"""Objects that the summary of pytest names; `synthetic cleanup` names all."""

AWAY = (OSError, HistoryUnavailable)
"""What a ledger raises that cannot be read or written."""

_GONE_ALREADY = (404, 410)

_PLACEHOLDER = re.compile(r"\[redacted:([^]]+)\]")
_ADDRESSES = {"mail", "phone"}
"""What reports hide and the ledger keeps: the addresses of our own inboxes are what identifies many a customer."""


class RunLedger(Protocol):
    """Where one run notes what it creates."""

    def created(self, kind: str, identity: object, remove: Request | str) -> None:
        """Note an object durably. Raises JourneyError, ConfigError, GuardRefused or LedgerUnavailable."""

    def removed(self, kind: str, identity: object) -> None:
        """Strike out an object that the run removed itself. Raises JourneyError for one it did not create."""


def entry(  # noqa: PLR0913  all that is known of an object, by name
    kind: object, identity: object, remove: object, *, run_id: str, journey: str, region: str, now: datetime
) -> Created:
    """Read the arguments of `journey.created`. Raises JourneyError for what another process could not use."""
    if not isinstance(kind, str) or not kind.strip():
        raise JourneyError(f'journey.created({kind!r}, ...): expected what was created, such as "order"')
    if not _is_json(identity):
        raise JourneyError(
            f"journey.created({kind!r}, ...): {type(identity).__name__} is no identity: expected a text, a number, or "
            "a list or dictionary of these, and not an empty one. The object is not in the ledger: remove it by hand"
        )
    if not isinstance(remove, Request) and not (isinstance(remove, str) and remove.strip()):
        raise JourneyError(
            f"journey.created({kind!r}, {shown(identity)}): remove= is {type(remove).__name__}: expected "
            "api.request_for(method, url) or the name of a registered function, which another process can use as well. "
            "The object is not in the ledger: remove it by hand"
        )
    return Created(
        kind=one_line(kind, 60),
        identity=identity,
        run_id=run_id,
        journey=one_line(journey),
        region=region,
        created_at=now,
        request=remove if isinstance(remove, Request) else None,
        remover=remove if isinstance(remove, str) else None,
    )


def _is_json(value: object) -> bool:
    """Whether `value` says something, and comes back the same from JSON."""
    try:
        return value not in (None, "", [], {}) and json.loads(json.dumps(value, allow_nan=False)) == value
    except (TypeError, ValueError, RecursionError):
        return False


def for_the_file(created: Created, redact: Callable[[str], str]) -> Created:
    """`created` without its credentials, and with no secret that `redact` knows."""
    request = created.request
    if request is not None:
        request = replace(request, credentials={})
    needed = (created.identity, request)
    if request is not None:
        told = {"url": request.url, "headers": request.headers, "body": request.body}
        request = replace(request, **_redacted(told, redact))
    identity = _redacted(created.identity, redact)
    return replace(
        created,
        kind=redact(created.kind),
        journey=redact(created.journey),
        identity=identity,
        request=request,
        redacted=created.redacted or (identity, request) != needed,
    )


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        safe = redact(value)
        cut = {*_PLACEHOLDER.findall(safe)} - {*_PLACEHOLDER.findall(value)}
        return value if cut and cut <= _ADDRESSES else safe
    if isinstance(value, Mapping):
        return {key: _redacted(item, redact) for key, item in value.items()}
    return [_redacted(item, redact) for item in value] if isinstance(value, list) else value


def hindrance(created: Created) -> str | None:
    """Why this process cannot try to remove the object; None when it can.

    Asked without its login, many a product answers 404 for what exists: that would pass for gone.
    """
    if created.redacted:
        return "a secret was cut out of what the removal needs; only its own run could remove it. Remove it by hand"
    if created.request and (missing := [n for n in created.request.withheld if n not in created.request.credentials]):
        return (
            f"the removal needs {', '.join(missing)} of `api`, which only its own run knew. Remove it by hand; for the "
            "next, give api.request_for(..., headers={...}) with ${NAME} for what is secret"
        )
    return None


def refusal(status: int) -> str | None:
    """What an answer with `status` says of a removal: None when the object is gone, else why it is not."""
    if 200 <= status < 300 or status in _GONE_ALREADY:
        return None
    meant = {3: ", a redirect, which is not followed"}.get(status // 100, "")
    return f"the product answered {status}{meant}"


def why(error: Exception, where: str) -> str:
    """The reason of one of `AWAY` that the ledger at `where` raised, in words."""
    return (getattr(error, "strerror", None) or str(error)).removeprefix(f"{where}: ")


def is_older(created: Created, age: float, now: datetime) -> bool:
    """Whether the object is at least `age` seconds old."""
    return (now - created.created_at).total_seconds() >= age


def shown(identity: object) -> str:
    """An identity as people read it, in one line."""
    return one_line(identity if isinstance(identity, str) else json.dumps(identity, ensure_ascii=False), 80)


def named(created: Created) -> str:
    """Such as `order KS-0001`."""
    return f"{created.kind} {shown(created.identity)}"


def left(created: Created, failed: Sequence[FailedRemoval]) -> str:
    """One object that still exists, with what was tried: `order KS-0001 (the product answered 500; 2 tries)`."""
    if not failed:
        return f"{named(created)} (its run was stopped before it could remove it)"
    tries = "1 try" if len(failed) == 1 else f"{len(failed)} tries"
    return f"{named(created)} ({failed[-1].reason}; {tries})"


def summary(objects: Sequence[str], damaged: int, command: str) -> str | None:
    """One line on what runs left behind; None when it is nothing. `objects` as of `left`."""
    told = []
    if objects:
        one = len(objects) == 1
        verb = "object that a run created still exists" if one else "objects that runs created still exist"
        more = f", and {len(objects) - SHOWN} more" if len(objects) > SHOWN else ""
        told.append(f"{len(objects)} {verb}: {', '.join(objects[:SHOWN])}{more}")
    if damaged:
        told.append(f"{damaged} of the ledger's files {'is' if damaged == 1 else 'are'} damaged")
    return f"{'; '.join(told)}. Run: {command}" if told else None
