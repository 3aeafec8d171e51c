"""What a host can keep of a schedule: its expressions, and in plain words where they are not what was asked for."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.model.sla import spoken
from pytest_synthetic.scheduler.export import cron
from pytest_synthetic.scheduler.export.batches import words

if TYPE_CHECKING:
    from pytest_synthetic.model.journey import Schedule

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
EVEN = tuple(
    [minutes for minutes in range(1, 61) if HOUR % minutes == 0]
    + [hours * HOUR for hours in range(2, 25) if 24 % hours == 0]
    + [WEEK]
)
"""Minutes that cron can count evenly: they divide the hour or the day, or are a week."""

FARTHEST = 1.5
"""An interval is moved to one that the host can keep only when it is no more than so many times as long or short."""


class CannotKeep(Exception):
    """The host cannot run the schedule, not even nearly. The message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a host's schedules can say. `floor` is its shortest interval in seconds.

    `either`: day of the month or weekday in one expression; `both`: both must fit, where one begins with a star;
    `hashed`: it knows Jenkins' `H`.
    """

    name: str
    floor: float = 60.0
    either: bool = True
    both: bool = False
    hashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a host keeps a schedule.

    Each of `crons` starts it, in the time zone `zone`. `moved` says how it is not what was asked for, None when it is.
    `even`: an interval, so that the zone changes nothing below an hour. `gap` is the shortest time between two ticks in
    seconds.
    """

    crons: tuple[str, ...]
    zone: str
    gap: float
    moved: str | None = None
    even: bool = False


def timing(schedule: Schedule, host: Host, seed: str) -> Timing:
    """What `host` keeps of a schedule; `seed` spreads intervals over their time. Raises CannotKeep."""
    if schedule.every is not None:
        return _interval(schedule.every, host, seed if schedule.spread else None)
    return _cron(schedule, host)


def _cron(schedule: Schedule, host: Host) -> Timing:
    read = cron.parse(schedule.cron or "")
    told = words(schedule)
    if read.special:
        raise CannotKeep(
            f"{host.name} knows no L and no # in cron expressions ({told}): export it to systemd, or run it with "
            "synthetic watch"
        )
    if read.both and not host.both:
        raise CannotKeep(
            f"{told}: day of the month and weekday must both fit here, because one of them begins with a star. "
            f"{host.name} would run it when either fits: limit one of the two"
        )
    crons = tuple(str(part) for part in (read.parts() if not host.either else (read,)))
    if read.both and not ({"*"} & {field[0] for field in crons[0].split()[2::2]}):
        raise CannotKeep(f"{told}: write the days that begin with a star as one step, such as */2")
    shortest = cron.gap(crons)
    if shortest < host.floor:
        raise CannotKeep(
            f"{told} comes every {spoken(shortest)} at times, and {host.name} runs nothing more often than every "
            f"{spoken(host.floor)}: mark it with an interval, or run it with synthetic watch"
        )
    return Timing(crons=crons, zone=schedule.timezone or "UTC", gap=shortest)


def _interval(every: float, host: Host, seed: str | None) -> Timing:
    kept = nearest(every, host.floor)
    far = max(every / kept, kept / every)
    if far > FARTHEST and every >= host.floor:
        raise CannotKeep(
            f"{host.name} cannot run every {spoken(every)}, nor nearly so: cron counts evenly only what divides an "
            "hour or a day. Mark it with a cron expression, or run it with synthetic watch"
        )
    return Timing(
        crons=(spread(kept, seed, hashed=host.hashed),),
        zone="UTC",
        gap=kept,
        moved=None if kept == every else _moved(every, kept, host),
        even=True,
    )


def _moved(every: float, kept: float, host: Host) -> str:
    if every < host.floor:
        why = f"{host.name} runs nothing more often than every {spoken(host.floor)}"
    else:
        why = "cron counts evenly only what divides an hour or a day"
    return f"runs every {spoken(kept)}, and not every {spoken(every)} as marked: {why}"


def nearest(every: float, floor: float) -> float:
    """The interval in seconds that cron can count evenly and that is nearest to `every`, the shorter of two."""
    able = [minutes * 60.0 for minutes in EVEN if minutes * 60 >= floor]
    return min(able, key=lambda kept: (abs(math.log(kept / every)), kept))


def spread(every: float, seed: str | None, *, hashed: bool = False) -> str:
    """An expression for an interval of EVEN, at a minute that `seed` chooses, never minute 0; None chooses minute 0.

    Hours count from midnight and weeks from Thursday, as intervals do everywhere here: 1970 began so. `hashed` leaves
    the minute to Jenkins.
    """
    minutes = round(every / 60)
    if minutes == 1:
        return "* * * * *"
    within = min(minutes, HOUR)
    minute = 0 if seed is None else 1 + int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6]) % (within - 1)
    first = "H" if hashed and seed is not None else str(minute)
    if minutes < HOUR:
        return f"{first if first == 'H' else f'{first}-59' if minute else '*'}/{minutes} * * * *"
    hour = {HOUR: "*", DAY: "0", WEEK: "0"}.get(minutes, f"*/{minutes // HOUR}")
    return f"{first} {hour} * * {'4' if minutes == WEEK else '*'}"


def limit(gap: float, given: float | None, *, beside: float = 0.0) -> int:
    """Seconds that pytest may take: what was given, or what is left of nine tenths of the time to the next tick.

    `beside` is what else a run takes of it. At least two minutes, which runs need at times; at most half an hour: a run
    that takes longer hangs.
    """
    return math.ceil(given if given is not None else min(max(0.9 * gap - beside, 120.0), 1800.0))
