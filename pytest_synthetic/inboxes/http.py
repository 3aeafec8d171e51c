"""Any mail catcher or SMS gateway that lists its messages as JSON, described in synthetic.toml."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_synthetic.channels.exchange import bare
from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes import http_settings
from pytest_synthetic.inboxes.http_answers import (
    in_order,
    is_to,
    items_of,
    leads,
    lost,
    moment_of,
    text_of,
    value_of,
    values_of,
)
from pytest_synthetic.model.message import Address, Health, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.http_gateway import Gateway
    from pytest_synthetic.inboxes.http_settings import Fields, HttpSettings
    from pytest_synthetic.model.message import Cursor

MOST = 10_000
"""Messages of one list."""
MOST_BODIES = 100
"""Messages that one `fetch_new` asks for by themselves; the next one gives those after them."""
DAY = timedelta(days=1)


def make(
    options: Mapping[str, Any],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    folder: Path,  # noqa: ARG001  as all factories are called
) -> HttpInbox:
    """Make the inbox from its table in synthetic.toml. Raises UsageError for what cannot work."""
    return HttpInbox(http_settings.read(options), clock=clock, sleep=sleep)


class HttpInbox:
    """What a gateway lists, by address; an InboxProvider.

    A cursor is `{"since": UTC, "seen": [id, ...]}`: it covers the messages of `seen`, and where the list is asked for
    with {since} all before that, a day before the snapshot.
    """

    def __init__(self, settings: HttpSettings, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        """Ask nothing yet."""
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self.channel = settings.channel

    def addresses(self) -> Sequence[Address]:
        """The addresses of the settings, with their labels."""
        return self._settings.addresses

    def mint(self, nonce: str) -> Address:
        """An address of its own, where the settings say how. Raises UsageError where they do not."""
        if self._settings.mint is None:
            raise UsageError(f"this inbox makes no addresses: give it some, {http_settings.example(self.channel)}")
        return Address(value=self._settings.mint.replace("{nonce}", nonce))

    def snapshot(self, address: Address) -> Cursor:
        """What is listed now. Raises InboxUnavailable."""
        since = _spelled(self._clock.now() - DAY)
        items = self._listed(address, since, self._ends())
        return {"since": since, "seen": [key for key, item in items.items() if self._is_to(item, address) is not False]}

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """What is listed for `address` and not covered, as it arrived. Raises InboxUnavailable."""
        since, seen = _read(cursor)
        ends = self._ends()
        items = {key: item for key, item in self._listed(address, since, ends).items() if key not in seen}
        mine = {key: item for key, item in items.items() if self._is_mine(item, address)}
        taken = list(mine)[: MOST_BODIES if self._settings.message else MOST]
        messages = [self._message(key, mine[key], address, ends) for key in taken]
        return messages, {"since": since, "seen": sorted({*seen, *taken})}

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:  # noqa: ARG002  of the Protocol
        """Wait until it is time to ask again: `poll` seconds, or as long as the gateway asked for."""
        closed = self._gateway.closed_until - self._clock.monotonic()
        self._sleep(max(0.0, min(timeout, max(self._settings.poll, closed))))

    def probe(self) -> Health:
        """Whether the list can be asked, and leads to messages."""
        address = (*self.addresses(), None)[0] or self.mint("probe")
        where = bare(self._settings.list)
        try:
            items = self._listed(address, _spelled(self._clock.now() - DAY), self._ends())
            mine = [item for item in items.values() if self._is_mine(item, address)]
            with _reading(self._settings.list):
                for item, name in product(mine, ("sender", "text", "html", "subject")):
                    _told([(item, self._settings.fields)], name)
        except InboxUnavailable as error:
            return Health(ok=False, told=str(error))
        told = f"{where} lists {len(items)} message(s), {len(mine)} of them to {address.value}"
        nowhere = [
            f'no message has {name} = "{paths[0]}"'
            for name, paths in self._settings.fields.items()
            if items and not any(leads(item, paths) for item in items.values())
        ]
        return Health(ok=True, told="; ".join([told, *nowhere]))

    # -- asking --------------------------------------------------------------------------------------------------

    @cached_property
    def _gateway(self) -> Gateway:
        from pytest_synthetic.inboxes.http_gateway import Gateway

        settings = self._settings
        return Gateway(headers=settings.headers, basic=settings.basic, timeout=settings.timeout, clock=self._clock)

    def _ends(self) -> float:
        return self._clock.monotonic() + self._settings.timeout

    def _listed(self, address: Address, since: str, ends: float) -> dict[str, dict[str, Any]]:
        """All that is listed, by id, as it arrived. Pages follow each other until one brings nothing new."""
        template = self._settings.list
        called = self._settings.known_as.get(address.value, address.value)
        found: dict[str, dict[str, Any]] = {}
        offset = 0
        while True:
            url = _filled(template, address=called, since=since, offset=str(offset))
            page = self._page(url, ends)
            fresh = page.keys() - found.keys()
            found |= page
            offset += len(page)
            if len(found) > MOST:
                raise InboxUnavailable(
                    f"{bare(url)} lists more than {MOST} messages: empty it, or let `list` say less, by "
                    "{address} or {since}"
                )
            if not fresh or "{offset}" not in template:
                break
        times = self._settings.fields.get("arrived_at", ())
        return in_order(found, times, newest_first=self._settings.newest_first)

    def _page(self, url: str, ends: float) -> dict[str, dict[str, Any]]:
        answer = self._gateway.ask(url, ends=ends)
        with _reading(url):
            return {self._id(item): item for item in items_of(answer, self._settings.items)}

    # -- one message ---------------------------------------------------------------------------------------------

    def _id(self, item: Mapping[str, Any]) -> str:
        paths = self._settings.fields["id"]
        value = value_of(item, paths)
        if value is None or value == "":
            raise InboxUnavailable(f'a message has no id at fields.id = "{paths[0]}": {lost(item, paths[0])}')
        return text_of(value, "fields.id", paths[0])

    def _is_to(self, item: Mapping[str, Any], address: Address) -> bool | None:
        """Whether `item` is to `address`; None when it does not say, and others could have got it."""
        settings = self._settings
        given = [value for value in values_of(item, settings.fields.get("to", ())) if value not in ("", [])]
        if given:
            return any(is_to(given, name) for name in {address.value, settings.known_as.get(address.value, "")} - {""})
        alone = len(settings.addresses) == 1 and settings.mint is None
        return True if alone or "{address}" in settings.list else None

    def _is_mine(self, item: Mapping[str, Any], address: Address) -> bool:
        mine = self._is_to(item, address)
        if mine is not None:
            return mine
        path = self._settings.fields["to"][0]
        with _reading(self._settings.list):
            raise InboxUnavailable(f'a message does not say to whom it is at fields.to = "{path}": {lost(item, path)}')

    def _message(self, key: str, item: Mapping[str, Any], address: Address, ends: float) -> Message:
        settings, detail = self._settings, None
        url = settings.list
        if settings.message is not None:
            url = _filled(settings.message, id=key)
            # Deleted since it was listed: what the list told of it is still a message.
            detail = self._gateway.ask(url, ends=ends, missing_ok=True)
        sources = [(detail, settings.message_fields), (item, settings.fields)]
        with _reading(url):
            if detail != {}:
                _check_text(sources)
            html, subject = _told(sources, "html"), _told(sources, "subject")
            sender, text = _told(sources, "sender") or "", _told(sources, "text") or ""
        times = (value_of(source, fields.get("arrived_at", ())) for source, fields in sources)
        arrived_at, resolution = moment_of(next((time for time in times if time is not None), None))
        return Message(
            id=key,
            to=address.value,
            sender=sender,
            text=text,
            html=html,
            subject=subject,
            arrived_at=arrived_at,
            resolution=resolution,
        )


def _check_text(sources: Sequence[tuple[object, Fields]]) -> None:
    """Raise InboxUnavailable when no path leads to a text: an empty message would be taken for the product's."""
    tried = [(item, path) for item, fields in sources for name in ("text", "html") for path in fields.get(name, ())]
    if not any(leads(item, [path]) for item, path in tried):
        item, path = tried[0]
        raise InboxUnavailable(f'a message has no text at "{path}": {lost(item, path)}')


def _told(sources: Sequence[tuple[object, Fields]], name: str) -> str | None:
    """The text of a field from the first source that has it."""
    for item, fields in sources:
        for path in fields.get(name, ()):
            if (value := value_of(item, [path])) is not None:
                return text_of(value, name, path)
    return None


@contextmanager
def _reading(url: str) -> Iterator[None]:
    try:
        yield
    except InboxUnavailable as error:
        raise InboxUnavailable(f"{bare(url)} cannot be read: {error}") from None


def _filled(template: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: quote(values[found[1]], safe=""), template)


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(cursor: Cursor) -> tuple[str, set[str]]:
    try:
        return str(cursor["since"]), set(cursor["seen"])  # type: ignore[index, call-overload, arg-type]
    except (TypeError, KeyError) as error:
        raise UsageError(f"this is no cursor of an HTTP inbox: {str(cursor)[:80]}") from error
