"""Mail that a product in a test environment sends to this machine: a small SMTP server that passes nothing on."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import InboxUnavailable, UsageError, did_you_mean
from pytest_synthetic.inboxes.listening import listen_address
from pytest_synthetic.inboxes.spool import Spool, arrival
from pytest_synthetic.model.message import Address, Health, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.model.message import Cursor

KEYS = ("listen", "address", "addresses")
LOOK_STEP = 0.02
LONGEST_HINT = 0.5
"""Seconds until `wait_hint` returns for a look all the same: how late a message is, is known from the looks in vain."""
PROBE_LIMIT = 2.0


def make(options: Mapping[str, Any], *, clock: Clock, sleep: Callable[[float], None], folder: Path) -> SmtpInbox:
    """Make the inbox out of its table in synthetic.toml. Raises UsageError for what cannot work."""
    for key in options:
        if key not in KEYS:
            raise UsageError(f"the SMTP inbox has no setting {key!r}. {did_you_mean(key, KEYS)}")
    if ("address" in options) == ("addresses" in options):
        raise UsageError(
            'expected one of address = "buyer@shop.example", of which each run gets its own, or addresses = [...]'
        )
    host, port = listen_address(options.get("listen"), example="127.0.0.1:2525")
    return SmtpInbox(
        host=host,
        port=port,
        base=_mail_address(options["address"]) if "address" in options else None,
        pool=[_pooled(given) for given in _list(options.get("addresses"))],
        spool=Spool(folder / f"smtp-{port}", clock=clock),
        clock=clock,
        sleep=sleep,
    )


class SmtpInbox:
    """An InboxProvider that takes mail for any recipient. A cursor is the name of the last message in its spool."""

    channel = "email"

    def __init__(  # noqa: PLR0913  made in one place
        self,
        *,
        host: str,
        port: int,
        base: str | None,
        pool: Sequence[Address],
        spool: Spool,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        """`base` is what addresses are minted from, where there is no `pool`."""
        self._host = host
        self._port = port
        self._base = base or pool[0].value
        self._pool = tuple(pool)
        self._spool = spool
        self._clock = clock
        self._sleep = sleep

    def addresses(self) -> Sequence[Address]:
        """The addresses given; none when each run gets its own."""
        return self._pool

    def mint(self, nonce: str) -> Address:
        """`buyer+NONCE@shop.example`."""
        local, _, domain = self._base.rpartition("@")
        return Address(value=f"{local}+{nonce}@{domain}")

    def snapshot(self, address: Address) -> Cursor:
        """The last message there. Raises InboxUnavailable when nobody receives."""
        names = self._after(address, "")
        self._must_receive()
        return names[-1] if names else ""

    def fetch_new(self, address: Address, cursor: Cursor) -> tuple[Sequence[Message], Cursor]:
        """The messages after `cursor`. Raises InboxUnavailable when there is none and nobody receives."""
        names = self._after(address, _read(cursor))
        if not names:
            self._must_receive()
            return (), cursor
        return [self._message(address.value, name) for name in names], names[-1]

    def wait_hint(self, address: Address, cursor: Cursor, timeout: float) -> None:
        """Wait until a message is there, at most half a second."""
        last, looked = _read(cursor), -1
        ends = self._clock.monotonic() + min(timeout, LONGEST_HINT)
        with suppress(OSError):  # `fetch_new`, which follows, tells of it
            while True:
                changed = self._spool.changed(address.value)  # before the look: thousands of names are not read twice
                if changed != looked and self._spool.after(address.value, last):
                    return
                looked, left = changed, ends - self._clock.monotonic()
                if left <= 0:
                    return
                self._sleep(min(LOOK_STEP, left))

    def probe(self) -> Health:
        """Whether mail can be handed in now."""
        import smtplib

        try:
            with smtplib.SMTP(_reachable(self._host), self._port, timeout=PROBE_LIMIT):
                pass
        except (smtplib.SMTPException, OSError) as error:
            return Health(ok=False, told=f"{self._nobody()} ({error})")
        return Health(ok=True, told=f"{self._where} takes mail")

    @contextmanager
    def receive(self) -> Iterator[None]:
        """Take mail while the context is open. Raises OSError when it cannot listen."""
        from pytest_synthetic.inboxes.smtp_server import serving

        with self._spool.receiving(), serving(self._spool, self._host, self._port):
            yield

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"

    def _nobody(self) -> str:
        return f"nobody takes mail at {self._where}: pytest does, while journeys run"

    def _must_receive(self) -> None:
        if not self._spool.is_receiving():
            raise InboxUnavailable(self._nobody())

    def _after(self, address: Address, name: str) -> list[str]:
        try:
            return self._spool.after(address.value, name)
        except OSError as error:
            raise InboxUnavailable(f"the mail received at {self._where} cannot be read: {error}") from error

    def _message(self, to: str, name: str) -> Message:
        from pytest_synthetic.inboxes.mail_text import message_of

        try:
            raw = self._spool.read(to, name)
        except OSError as error:
            raise InboxUnavailable(f"the mail received at {self._where} cannot be read: {error}") from error
        return message_of(raw, id=name, to=to, arrived_at=arrival(name), resolution=0.001)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  what is listened on everywhere


def _read(cursor: Cursor) -> str:
    if not isinstance(cursor, str):
        raise UsageError(f"this is no cursor of an SMTP inbox: {str(cursor)[:80]}")
    return cursor


def _mail_address(value: object) -> str:
    local, _, domain = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    if not local or not domain or any(sign.isspace() or sign in "<>" for sign in f"{local}{domain}"):
        raise UsageError(f'{value!r} is no mail address: expected one as in "buyer@shop.example"')
    return f"{local}@{domain}"


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list) or not value:
        raise UsageError(f'addresses = {value!r} cannot be: expected addresses = ["buyer@shop.example"]')
    return value


def _pooled(given: object) -> Address:
    if isinstance(given, str):
        return Address(value=_mail_address(given))
    if not isinstance(given, dict) or not all(isinstance(item, str) for item in given.values()):
        raise UsageError(f'expected {{ address = "buyer@shop.example", region = "eu-west" }}, got {given!r}')
    labels = {key: item for key, item in given.items() if key != "address"}
    return Address(value=_mail_address(given.get("address")), labels=labels)
