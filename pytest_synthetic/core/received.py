"""What a test reads of the message that it waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.core import codes, redact_codes
from pytest_synthetic.core.codes import AmbiguousCode
from pytest_synthetic.errors import JourneyError, SyntheticError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_synthetic.core.deliveries import Delivery
    from pytest_synthetic.model.message import Message


class NothingArrived(SyntheticError, AssertionError):
    """The message expected did not come: the product's fault. The message says what did arrive."""


class Received:
    """The message, once it has come: `text`, `html`, `sender`, `code`, `link(host)`, `delivery`.

    Asked for before the `with` block has ended, it raises JourneyError.
    """

    def __init__(
        self, *, host: str | None, pattern: str | None, learn: Callable[[str, str], object] = lambda *_: None
    ) -> None:
        """`learn` is told the kind and the value of what no report may show."""
        self._learn = learn
        self._host = host
        self._pattern = pattern
        self._messages: tuple[Message, ...] = ()
        self._delivery: Delivery | None = None

    def fill(self, messages: Sequence[Message], delivery: Delivery) -> None:
        """The messages have come."""
        self._messages, self._delivery = tuple(messages), delivery

    def _message(self) -> Message:
        if not self._messages:
            raise JourneyError("the message is awaited at the end of the `with inbox.expect()` block: read it after it")
        return self._messages[0]

    @property
    def all(self) -> tuple[Message, ...]:
        """Every message of `expect(count=N)`, in the order they arrived."""
        self._message()
        return self._messages

    @property
    def text(self) -> str:
        """What a person reads."""
        return self._message().text

    @property
    def html(self) -> str | None:
        """The source of the formatted part, if there is one."""
        return self._message().html

    @property
    def sender(self) -> str:
        """Who sent it."""
        return self._message().sender

    @property
    def subject(self) -> str | None:
        """The subject of a mail."""
        return self._message().subject

    @property
    def delivery(self) -> Delivery:
        """How long it took: a lower and an upper bound in seconds."""
        self._message()
        assert self._delivery is not None  # noqa: S101  filled together with the messages
        return self._delivery

    @property
    def code(self) -> str:
        """The one-time code in it. Raises NothingArrived when there is none, AmbiguousCode when it cannot be told."""
        self._message()
        each = (self._code(message.text, message.html) for message in self._messages)
        found = tuple(dict.fromkeys(code for code in each if code))
        whole = "".join(message.text for message in self._messages)
        if not found and (split := self._code(whole, None)):  # one text cut into several messages
            found = (split,)
        if len(found) > 1:
            raise AmbiguousCode(found)
        if not found:
            raise NothingArrived(f"the message holds no code: {self.text[:160]!r}")
        for written in (found[0], *redact_codes.as_sent(found[0], f"{whole}\n{self.subject or ''}")):
            self._learn("code", written)
        return found[0]

    def _code(self, text: str, html: str | None) -> str | None:
        return codes.find_code(text, html=html, host=self._host, pattern=self._pattern)

    def link(self, host: str | None = None) -> str:
        """The first link to `host`, or the first of all. Raises NothingArrived when there is none."""
        links = codes.find_links(self.text, html=self.html, host=host)
        if not links:
            raise NothingArrived(f"the message holds no link{f' to {host}' if host else ''}: {self.text[:160]!r}")
        return links[0]
