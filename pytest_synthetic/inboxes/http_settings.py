"""An HTTP inbox as synthetic.toml describes it, checked before anything is asked. No message repeats a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.inboxes.http_presets import PRESETS
from pytest_synthetic.model.message import Address
from pytest_synthetic.model.sla import seconds

Fields: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""Where a message has what: the name of a field, and dotted paths to it, the best one first."""

KEYS = ("preset", "channel", "url", "list", "items", "fields", "message", "message_fields", "numbers", "addresses",
        "mint", "headers", "basic", "order", "poll", "timeout")  # fmt: skip
FIELDS = ("id", "to", "sender", "text", "html", "subject", "arrived_at")
NEWEST_FIRST, OLDEST_FIRST = "newest-first", "oldest-first"

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_IN_LIST = ("address", "offset", "since")
_NO_CONTROLS = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HttpSettings:
    """`list` and `message` are whole addresses with placeholders; `known_as` is what the gateway calls an address."""

    channel: str
    list: str
    items: str
    fields: Fields
    message: str | None
    message_fields: Fields
    addresses: tuple[Address, ...]
    known_as: Mapping[str, str]
    mint: str | None
    headers: Mapping[str, str]
    basic: tuple[str, str] | None
    newest_first: bool
    poll: float
    timeout: float


def read(options: Mapping[str, Any]) -> HttpSettings:
    """The settings out of their table, the preset's where it says nothing. Raises UsageError."""
    for key in options:
        if key not in KEYS:
            raise UsageError(f"the HTTP inbox has no setting {key!r}. {did_you_mean(key, KEYS)}")
    table = _with_preset(options)
    channel = _text(table, "channel") or _missing("channel", 'channel = "sms"')
    addresses, known_as = _addresses(table, channel)
    found = HttpSettings(
        channel=channel,
        list=_address_of(table, "list", _IN_LIST) or _missing("list", 'list = "https://.../messages?to={address}"'),
        items=_text(table, "items"),
        fields=_fields(table, "fields"),
        message=_address_of(table, "message", ("id",)) or None,
        message_fields=_fields(table, "message_fields"),
        addresses=addresses,
        known_as=known_as,
        mint=_mint(table),
        headers=_headers(table),
        basic=_basic(table),
        newest_first=_order(table) == NEWEST_FIRST,
        poll=seconds(table.get("poll", 0.5)),
        timeout=seconds(table.get("timeout", 10)),
    )
    _check_together(found)
    return found


def _with_preset(options: Mapping[str, Any]) -> dict[str, Any]:
    name = options.get("preset")
    if name is None:
        return dict(options)
    if not isinstance(name, str) or name not in PRESETS:
        raise UsageError(f"the HTTP inbox has no preset {name!r}. {did_you_mean(name, PRESETS)}")
    if "url" not in options and "list" not in options:
        raise UsageError(f'the preset "{name}" misses its address: url = "https://..."')
    table = {**PRESETS[name], **options}
    for key in ("fields", "message_fields"):
        if isinstance(table.get(key, {}), Mapping):
            table[key] = {**PRESETS[name].get(key, {}), **table.get(key, {})}
    return table


def _check_together(found: HttpSettings) -> None:
    if "id" not in found.fields:
        raise UsageError('fields of the HTTP inbox: a message needs an id that stays its own, such as id = "id"')
    if not {"text", "html"} & {*found.fields, *found.message_fields}:
        raise UsageError('fields of the HTTP inbox: say where the text is, such as text = "body"')
    if found.mint is None and not found.addresses:
        raise UsageError(f"the HTTP inbox misses its {_plural(found.channel)}: {example(found.channel)}")
    several = found.mint is not None or len(found.addresses) > 1
    if several and "to" not in found.fields and "{address}" not in found.list:
        raise UsageError(
            "the HTTP inbox cannot tell whose a message is: put {address} into `list`, or say `to` in `fields`"
        )
    if found.message is not None and "{id}" not in found.message:
        raise UsageError('message of the HTTP inbox: expected {id} in it, such as message = "/messages/{id}"')
    if found.basic and any(name.lower() == "authorization" for name in found.headers):
        raise UsageError("the HTTP inbox has `basic` and a header Authorization: only one of them can be sent")


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{key} of the HTTP inbox: expected text")
    return value


def _missing(key: str, example: str) -> Any:
    raise UsageError(f"the HTTP inbox misses `{key}`, such as {example}; or name a preset. {did_you_mean('', PRESETS)}")


def _address_of(table: Mapping[str, Any], key: str, placeholders: Sequence[str]) -> str:
    """The template `key` as a whole address, `url` put before one that begins with a slash."""
    path, base = _text(table, key), _text(table, "url").rstrip("/")
    if not path:
        return ""
    for name in _PLACEHOLDER.findall(path):
        if name not in placeholders:
            raise UsageError(f"{key} of the HTTP inbox: no placeholder {{{name}}}. {did_you_mean(name, placeholders)}")
    whole = base + path if path.startswith("/") else path
    try:
        parts = urlsplit(whole)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            f"{key} of the HTTP inbox: expected an address that begins with https:// or http://, or with / after `url`"
        )
    if parts.username is not None:
        raise UsageError(f'{key} of the HTTP inbox: write the login as basic = {{ user = "...", password = "..." }}')
    return whole


def _fields(table: Mapping[str, Any], key: str) -> Fields:
    fields = table.get(key, {})
    if not isinstance(fields, Mapping):
        raise UsageError(f'{key} of the HTTP inbox: expected a table such as {{ id = "id", text = "body" }}')
    for name in fields:
        if name not in FIELDS:
            raise UsageError(f"{key} of the HTTP inbox: a message has no {name!r}. {did_you_mean(name, FIELDS)}")
    return {name: _paths(f"{key}.{name}", given) for name, given in fields.items()}


def _paths(where: str, given: object) -> tuple[str, ...]:
    paths = [given] if isinstance(given, str) else given
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) and path for path in paths):
        raise UsageError(f'{where} of the HTTP inbox: expected a path such as "from.address", or a list of paths')
    return tuple(paths)


def _plural(channel: str) -> str:
    return "numbers" if channel == "sms" else "addresses"


def example(channel: str) -> str:
    """How the addresses of a channel are written."""
    if channel == "sms":
        return 'numbers = [{ number = "+33612345678", carrier = "Orange" }]'
    return 'addresses = [{ address = "box@test.example" }], or mint = "box+{nonce}@test.example"'


def _addresses(table: Mapping[str, Any], channel: str) -> tuple[tuple[Address, ...], Mapping[str, str]]:
    """The addresses with their labels, and what the gateway calls each that it calls otherwise."""
    key = _plural(channel)
    wrong = {"numbers", "addresses"} - {key}
    if wrong & set(table):
        raise UsageError(f"the HTTP inbox of the channel {channel!r} has {key}: {example(channel)}")
    given = table.get(key, [])
    if not isinstance(given, list):
        raise UsageError(f"{key} of the HTTP inbox: expected {example(channel)}")
    entries = [_entry(one, key, channel) for one in given]
    known_as = {entry[key]: entry["known_as"] for entry in entries if "known_as" in entry}
    addresses = tuple(
        Address(value=entry[key], labels={name: text for name, text in entry.items() if name not in {key, "known_as"}})
        for entry in entries
    )
    if len({address.value for address in addresses}) < len(addresses):
        raise UsageError(f"{key} of the HTTP inbox: one of them is there twice")
    return addresses, known_as


def _entry(given: object, key: str, channel: str) -> dict[str, str]:
    """One address: its value under `key`, its labels under their names."""
    name = "number" if key == "numbers" else "address"
    entry = {name: given} if isinstance(given, str) else given
    if not isinstance(entry, dict) or not entry.get(name) or not all(isinstance(text, str) for text in entry.values()):
        raise UsageError(f"{key} of the HTTP inbox: expected {example(channel)}, got {given!r}")
    return {key: entry[name], **{label: text for label, text in entry.items() if label != name}}


def _mint(table: Mapping[str, Any]) -> str | None:
    mint = table.get("mint")
    if mint is not None and (not isinstance(mint, str) or _PLACEHOLDER.findall(mint) != ["nonce"]):
        raise UsageError('mint of the HTTP inbox: expected one {nonce} in it, such as "box+{nonce}@test.example"')
    return mint


def _headers(table: Mapping[str, Any]) -> Mapping[str, str]:
    headers = table.get("headers", {})
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise UsageError('headers of the HTTP inbox: expected a table of texts such as { "X-Api-Key" = "${KEY}" }')
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not _NO_CONTROLS.fullmatch(value):
            raise UsageError(f"headers of the HTTP inbox: {name!r} cannot be sent: a sign in it is not allowed")
    return {name: value.strip() for name, value in headers.items()}


def _basic(table: Mapping[str, Any]) -> tuple[str, str] | None:
    basic = table.get("basic")
    if basic is None:
        return None
    if (
        not isinstance(basic, Mapping)
        or set(basic) != {"user", "password"}
        or not all(isinstance(value, str) for value in basic.values())
    ):
        raise UsageError('basic of the HTTP inbox: expected { user = "...", password = "${PASSWORD}" }')
    return basic["user"], basic["password"]


def _order(table: Mapping[str, Any]) -> str:
    order = table.get("order", NEWEST_FIRST)
    if order not in {NEWEST_FIRST, OLDEST_FIRST}:
        raise UsageError(
            f"order of the HTTP inbox: no order {order!r}. {did_you_mean(order, [NEWEST_FIRST, OLDEST_FIRST])}"
        )
    return str(order)
