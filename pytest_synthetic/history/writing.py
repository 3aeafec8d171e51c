"""A run's record as rows."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_synthetic.core.variants import parameters_of
from pytest_synthetic.errors import HistoryDamaged
from pytest_synthetic.model import wire
from pytest_synthetic.model.run import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_synthetic.model.run import RunResult

PHASES = frozenset({"api.dns", "api.connect", "api.tls", "api.first_byte", "api.download"})
"""Measurements that are in the record only: there are several of each request."""

LONGEST_NAME = 1_000
"""Bytes of a name that rows are found by: two of them must fit into the 2,704 of an index of PostgreSQL."""


class Ids(NamedTuple):
    """The numbers of the names that a run's rows refer to."""

    journey: int
    place: int
    steps: dict[str, int]


def milliseconds(at: str | datetime) -> int:
    """A moment since 1970. A text without a zone is in UTC."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def microseconds(duration: float | None) -> int | None:
    """A duration in seconds."""
    return None if duration is None else round(duration * 1_000_000)


def storable(text: str | None) -> str | None:
    """A text that every database takes: PostgreSQL takes no NUL, and neither takes half a character."""
    if text is None or (text.isprintable() and text.isascii()):
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def name_of(text: str) -> str:
    """A name as rows are found by it: what is too long for an index is cut, and two such names stay two."""
    told = str(storable(text))
    if len(whole := told.encode()) <= LONGEST_NAME:
        return told
    return f"{whole[: LONGEST_NAME - 20].decode(errors='ignore')}…{hashlib.sha256(whole).hexdigest()[:16]}"


def journey_row(run: RunResult) -> dict[str, Any]:
    """What is known of its journey."""
    return {
        "key": name_of(run.journey),
        "seen_ms": milliseconds(run.started_at),
        "name": storable(run.name),
        "stage": run.stage,
        "owner": storable(run.owner),
        "criticality": run.criticality,
        "slo": _json(run.slo),
        "schedule": _json(run.schedule),
    }


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(wire.plain(value), separators=(",", ":"))


def run_row(run: RunResult, ids: Ids) -> dict[str, Any]:
    """The run itself."""
    failure = run.failure
    return {
        "run_id": run.run_id,
        "journey_id": ids.journey,
        "place_id": ids.place,
        "started_ms": milliseconds(run.started_at),
        "scheduled_ms": milliseconds(run.scheduled_at) if run.scheduled_at else None,
        "attempt": run.attempt,
        "verdict": run.verdict.value,
        "duration_us": microseconds(run.duration),
        "promised_us": microseconds(run.promised),
        "owner": storable(run.owner),
        "fault": run.fault,
        "failed_step": storable(failure.step) if failure else None,
        "claim": storable(_claim(run)),
        "fingerprint": storable(failure.fingerprint) if failure else None,
        "release": storable(run.release),
        "commit": storable(run.git_commit),
        "parameters": storable(parameters_of(run)) or None,
        "blocked_by": name_of(run.blocked_by) if run.blocked_by else None,
    }


def _claim(run: RunResult) -> str | None:
    """Why it did not pass, in a line."""
    said = run.failure.claim if run.failure else run.reason
    return said or next((breach.message for breach in run.breaches), None)


def record_row(run: RunResult, number: int) -> dict[str, Any]:
    """All of it."""
    return {"id": number, "zlib": packed(run.to_json())}


def packed(told: dict[str, Any]) -> bytes:
    """The JSON form of a record, as its row holds it."""
    text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def record_of(packed: bytes) -> dict[str, Any]:
    """The JSON form of a record, from its row. Raises HistoryDamaged."""
    try:
        told: dict[str, Any] = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
    except (zlib.error, ValueError) as error:
        raise HistoryDamaged(f"a record in the history cannot be read: {error}") from None
    return told


def step_rows(run: RunResult, number: int, ids: Ids) -> Iterator[dict[str, Any]]:
    """Its steps, parents first; one that stands in another says so in its path."""
    shared = _shared(run, number, ids)
    first = int(run.attempt == 1)
    for seq, (path, step) in enumerate(walk(run.steps)):
        yield {
            **shared,
            "seq": seq,
            "step_id": ids.steps[name_of(path)],
            "started_ms": shared["started_ms"] + round(step.start * 1000),
            "duration_us": microseconds(step.duration),
            "verdict": step.verdict.value,
            "first": first,
            "owner": storable(step.owner),
            "sla_us": microseconds(step.sla),
        }


def measurement_rows(run: RunResult, number: int, ids: Ids) -> Iterator[dict[str, Any]]:
    """Its measurements, but for the phases of requests."""
    shared = _shared(run, number, ids)
    told = (measured for measured in run.measurements if measured.name not in PHASES)
    for seq, measured in enumerate(told):
        yield {
            **shared,
            "seq": seq,
            "name": name_of(measured.name),
            "value": measured.value,
            "unit": storable(measured.unit),
            "carrier": storable(measured.labels.get("carrier")),
        }


def artifact_rows(run: RunResult, number: int, _ids: Ids) -> Iterator[dict[str, Any]]:
    """Where its evidence lies."""
    for seq, kept in enumerate(run.artifacts):
        yield {
            "run": number,
            "seq": seq,
            "name": storable(kept.name),
            "path": storable(kept.path),
            "media_type": storable(kept.media_type),
            "size": kept.size,
            "sha256": storable(kept.sha256),
        }


def _shared(run: RunResult, number: int, ids: Ids) -> dict[str, Any]:
    return {
        "run": number,
        "journey_id": ids.journey,
        "place_id": ids.place,
        "started_ms": milliseconds(run.started_at),
    }


def paths(runs: Iterable[RunResult]) -> set[tuple[str, str]]:
    """The journey and path of every step."""
    return {(name_of(run.journey), name_of(path)) for run in runs for path, _ in walk(run.steps)}


PARTS: dict[str, Callable[[RunResult, int, Ids], Iterator[dict[str, Any]]]] = {
    "step": step_rows,
    "measurement": measurement_rows,
    "artifact": artifact_rows,
}
"""The rows of a run in other tables, by the name of the table."""
