"""Reading Twilio's list of messages: everything that is new, in as few pages as can be, and never without end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pytest_synthetic.errors import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from datetime import datetime

FIRST_PAGE = 50
"""What a poll of one number asks for: nothing new is there most of the time."""
FIRST_PAGE_OF_ALL = 250
FULL_PAGE = 1000
"""The most Twilio gives in one page."""
MAX_PAGES = 30
LISTING_LIMIT = 30.0
"""Seconds for all pages of one listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message of the list; `created` is Twilio's time, cut to the second.

    `settled` is False while the text is not there yet.
    """

    sid: str
    to: str
    sender: str
    text: str
    created: datetime | None
    inbound: bool
    settled: bool = True


class Pages(Protocol):
    """Asks for pages; see Account.pages."""

    def __call__(self, to: str | None, after: datetime, size: int, /) -> Iterator[tuple[Sequence[Record], bool]]:
        """Yield pages and whether more follow."""


class TooMany(InboxUnavailable):
    """More messages than can be read in bounded time."""


def listed(
    pages: Pages, to: str | None, *, after: datetime, known: Container[str] | None, time: Callable[[], float]
) -> list[Record]:
    """The records since `after` that may be new, the oldest first. Raises InboxUnavailable.

    `known` are the SIDs of an earlier listing of the same numbers that came to its end: reading stops once it reaches
    them. None reads all. A small page is asked for first; when it does not reach what is known, large ones.
    """
    first = FIRST_PAGE if to is not None else FIRST_PAGE_OF_ALL
    page, more = next(iter(pages(to, after, first)))
    if not more or _reaches(page, known):
        return _oldest_first(page)
    return _oldest_first(_all(pages(to, after, FULL_PAGE), after, known, time))


def _all(
    pages: Iterable[tuple[Sequence[Record], bool]],
    after: datetime,
    known: Container[str] | None,
    time: Callable[[], float],
) -> list[Record]:
    found: dict[str, Record] = {}
    ends = time() + LISTING_LIMIT
    for count, (page, more) in enumerate(pages, 1):
        fresh = [r for r in page if r.sid not in found and (r.created is None or r.created >= after)]
        found.update((record.sid, record) for record in fresh)
        # A server that repeats a page, or that does not know our filter, has given all there is.
        if not more or not fresh or _reaches(page, known):
            break
        if count >= MAX_PAGES or time() > ends:
            raise TooMany(
                f"Twilio has more than {len(found)} messages since {after:%Y-%m-%d}, more than can be read in "
                f"{LISTING_LIMIT:g} s: watch numbers that get less, in a Twilio subaccount of their own"
            )
    return list(found.values())


def _reaches(page: Sequence[Record], known: Container[str] | None) -> bool:
    """Whether the last quarter of `page` is known, so that what follows is too: the list has the newest first.

    One record would not be enough: messages of one second have no order.
    """
    if known is None or not page or _ascends(page):
        return False
    return all(record.sid in known for record in page[-max(1, len(page) // 4) :])


def _ascends(page: Sequence[Record]) -> bool:
    first, last = page[0].created, page[-1].created
    return first is not None and last is not None and first < last


def _oldest_first(records: Sequence[Record]) -> list[Record]:
    ordered = list(records) if not records or _ascends(records) else list(reversed(records))
    if any(record.created is None for record in ordered):
        return ordered
    return sorted(ordered, key=lambda record: str(record.created))  # all in UTC: the texts order as the times do
