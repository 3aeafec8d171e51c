"""In what a run differs from the last good one: what somebody who was asleep wants to know first.

Two profiles in, lines of text out. What a failed run never came to is no difference, but a consequence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_synthetic.model.profile import Asked, Profile, Shown

WIDTH = 80
PAGE_LINES = 48
"""Lines of a page's difference that are shown."""
OTHER_LINES = 6
"""Lines shown of each other part."""
FACTOR, LEAST = 1.5, 0.2
"""A step takes notably longer when it takes so many times as long, and so many seconds more."""
SUMMED_UP = 4
"""Differences named in the summary."""

STATIC = frozenset({"script", "stylesheet", "image", "font", "media", "manifest", "texttrack"})
"""Kinds of requests that tell little: their names change with every release."""

_VOLATILE = re.compile(r"[\w-]*\d(?:[\w.,:/-]*\w)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`lines` are the whole story, `heads` its most telling parts in a few words; both are empty when all is equal."""

    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


def masked_line(line: str) -> str:
    """A line of a page with `#` for every word that holds a digit."""
    return _VOLATILE.sub("#", line)


def difference(then: Profile, now: Profile) -> Difference:
    """In what `now` differs from the good run `then`; a failed run is compared as far as it came."""
    times, page, asked = _times(then, now), _page(then, now), _requests(then, now)
    versions = _versions(then, now)
    seen = [asked, page] if asked.heads else [page, asked]
    parts = [*seen, times, versions] if now.failed else [times, *seen, versions]
    lines = [line for part in parts for line in part.lines]
    heads = [head for part in parts for head in part.heads]
    return Difference(lines=tuple(lines), heads=tuple(heads[:SUMMED_UP]))


def learnt(then: Shown, now: Shown) -> tuple[str, ...]:
    """The lines, masked, that differ between two good runs in numbers and ids alone."""
    changed = set(then.lines) ^ set(now.lines)
    before, after = ({masked_line(line) for line in page.lines if line in changed} for page in (then, now))
    return tuple(sorted({*then.volatile, *(before & after)}))


# -- requests ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One thing that changed: its line, its words for the summary, and what it is sorted by, most telling first."""

    line: str
    head: str
    rank: tuple[bool, int, int, bool, str]

    @property
    def is_quiet(self) -> bool:
        return self.rank[0]


def _requests(then: Profile, now: Profile) -> Difference:
    order = list(dict.fromkeys(step.path for step in (*then.steps, *now.steps)))
    found = sorted(_changed_requests(then, now, order), key=lambda one: one.rank)
    heads = tuple(one.head for one in found if not one.is_quiet)
    return Difference(lines=_part("Requests", [one.line for one in found]), heads=heads)


def _changed_requests(then: Profile, now: Profile, order: Sequence[str]) -> Iterator[_Found]:
    before, after = _by_name(then.requests), _by_name(now.requests)
    reached = {step.path for step in now.steps} | {None}
    for name in before.keys() | after.keys():
        was, came = before.get(name, []), after.get(name, [])
        told = f"{name}{_in((came or was)[0])}"
        if not came:
            if now.failed and not any(asked.step in reached for asked in was):
                continue  # it is asked in a step that the run never came to
            kind, line, head = 1, f"- {told}", f"{name} is gone"
        elif not was:
            answer = ", ".join(sorted(_answers(came)))
            kind, line, head = 2, f"+ {told}: {answer}", f"{name} is new ({answer})"
        elif fresh := _fresh(_answers(was), _answers(came)):
            changed = f": {', '.join(sorted(_answers(was)))} -> {', '.join(sorted(fresh))}"
            kind, line, head = 0, f"! {told}{changed}", name + changed
        else:
            continue
        one = (came or was)[0]
        place = order.index(one.step) if one.step in order else -1
        yield _Found(line=line, head=head, rank=(one.kind in STATIC, kind, place, one.method == "GET", name))


def _by_name(requests: Iterable[Asked]) -> dict[str, list[Asked]]:
    """In an order that depends on the requests alone, not on which of two was quicker."""
    named: dict[str, list[Asked]] = {}
    for asked in sorted(requests, key=lambda one: (one.step or "", one.kind, one.status or 0)):
        named.setdefault(f"{asked.method} {asked.url}", []).append(asked)
    return named


_NONE = "no answer"
_UNCHANGED = 304


def _answers(asked: Iterable[Asked]) -> set[str]:
    """The statuses; "not modified" is the answer 200 out of the browser's own memory."""
    return {str(200 if one.status == _UNCHANGED else one.status or _NONE) for one in asked}


def _fresh(was: set[str], came: set[str]) -> set[str]:
    """The answers that the good run had not. One request among others under way at the end says nothing."""
    return set() if was == {_NONE} else (came - was if came == {_NONE} else came - was - {_NONE})


def _in(asked: Asked) -> str:
    return f' (in "{asked.step}")' if asked.step else ""


# -- the page ------------------------------------------------------------------------------------------------------


def _page(then: Profile, now: Profile) -> Difference:
    if not now.pages or not then.pages:
        return Difference()
    page = now.pages[0]
    at_this_step = [shown for shown in then.pages if shown.step == page.step]
    twins = [shown for shown in then.pages if shown.url == page.url]
    twin = next((shown for shown in twins if shown.step == page.step), twins[-1] if twins else None)
    lines: list[str] = []
    heads: list[str] = []
    if at_this_step and not any(shown.url == page.url for shown in at_this_step):
        lines.append(f"! the good run was at {at_this_step[0].url} then")
        heads.append(f"the page is {page.url}, was {at_this_step[0].url}")
    for gone, new in _changed_lines(twin, page) if twin else ():
        lines += [f"- {line}" for line in gone]
        lines += [f"+ {line}" for line in new]
        heads += _told(gone, new)
    title = f"Page {page.url}" + (f' at "{page.step}"' if page.step else "")
    heads.sort(key=_rank)
    return Difference(lines=_part(title, lines, most=PAGE_LINES), heads=tuple(heads))


def _changed_lines(then: Shown, now: Shown) -> Iterator[tuple[list[str], list[str]]]:
    """What is gone and what is there instead, place by place."""
    volatile = {*then.volatile, *now.volatile}
    before, after = ([_stable(line, volatile) for line in page.lines] for page in (then, now))
    for kind, left, to_left, right, to_right in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield (
                [_bare(line) for line in then.lines[left:to_left]],
                [_bare(line) for line in now.lines[right:to_right]],
            )


def _bare(line: str) -> str:
    return line.strip().removeprefix("- ").removesuffix(":")


def _stable(line: str, volatile: set[str]) -> str:
    plain = masked_line(line)
    return plain if plain in volatile else line


_TOLD_FIRST = ("the page is", "alert", "heading", "button", "link", "textbox")


def _told(gone: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """What changed in words: a text that became another one in the same place is one thing."""
    if [_role(line) for line in gone] == [_role(line) for line in new]:
        pairs = ((old, now.removeprefix(f"{_role(now)}: ")) for old, now in zip(gone, new, strict=True))
        yield from (f"{one_line(old, 50)} -> {one_line(now, 50)}" for old, now in pairs)
    else:
        yield from (f"{one_line(line, 60)} is new" for line in new if not line.startswith("/url"))
        yield from (f"{one_line(line, 60)} is gone" for line in gone if not line.startswith("/url"))


def _role(line: str) -> str:
    return re.split(r"[: ]", line, maxsplit=1)[0]


def _rank(head: str) -> int:
    """Alerts and what can be pressed first."""
    return next((rank for rank, role in enumerate(_TOLD_FIRST) if head.startswith(role)), len(_TOLD_FIRST))


# -- times and versions --------------------------------------------------------------------------------------------


def _times(then: Profile, now: Profile) -> Difference:
    before = {(step.path, step.occurrence): step.duration for step in then.steps}
    after = {(step.path, step.occurrence): step.duration for step in now.steps}
    lines: list[str] = []
    heads: list[str] = []
    slower: list[tuple[float, str]] = []
    for name, took in after.items():
        failed = name[0] == now.failed_step
        if name not in before:
            lines.append(_row(name, "-", spoken(took)) + "  new")
            heads.append(f'step "{name[0]}" is new')
        elif took > FACTOR * before[name] and took - before[name] > LEAST:
            lines.append(_row(name, spoken(before[name]), spoken(took)) + ("  failed" if failed else ""))
            if not failed:
                told = f'step "{name[0]}" took {spoken(took)}, was {spoken(before[name])}'
                slower.append((took - before[name], told))
    heads += [told for _, told in sorted(slower, key=lambda pair: -pair[0])]
    missing = [name for name in before if name not in after]
    if missing and not now.failed:
        lines += [_row(name, spoken(before[name]), "-") + "  gone" for name in missing]
        heads += [f'step "{path}" is gone' for path, _ in missing]
    if missing and now.failed:
        lines.append(f"not reached: {', '.join(path for path, _ in missing)}")
    return Difference(lines=_part("Steps (then, now)", lines), heads=tuple(heads))


def _row(name: tuple[str, int], then: str, now: str) -> str:
    path, occurrence = name
    title = f"{path} ({occurrence})" if occurrence > 1 else path
    return f"{one_line(title, 42):42}  {then:>9}  {now:>9}"


def _versions(then: Profile, now: Profile) -> Difference:
    known = sorted(name for name in then.versions if name in now.versions)  # what was not asked has not changed
    changed = [name for name in known if then.versions[name] != now.versions[name]]
    told = [f"{name}: {then.versions[name]} -> {now.versions[name]}" for name in changed]
    return Difference(lines=_part("Versions", [f"! {one}" for one in told]), heads=tuple(told))


def _part(title: str, lines: Sequence[str], *, most: int = OTHER_LINES) -> tuple[str, ...]:
    """A part with its title, its lines cut to the width; of too many the first."""
    if not lines:
        return ()
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return (one_line(title, WIDTH), *_cut(lines[:most]), *more, "")


def _cut(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield "  " + (line if len(line) <= WIDTH - 2 else line[: WIDTH - 3].rstrip() + "…")
