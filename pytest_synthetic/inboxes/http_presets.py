"""Catchers and gateways that need no description: what the settings of an HTTP inbox say when a preset is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Mailpit 1.18 or newer. Its search knows parts of addresses only, so `to` is looked at again; a copy that the headers
# do not name is listed under Bcc. The list has the first 250 characters of a mail, the second call has all.
_MAILPIT: Mapping[str, Any] = {
    "channel": "email",
    "list": "/api/v1/search?query=addressed%3A%22{address}%22&limit=200&start={offset}",
    "items": "messages",
    "fields": {
        "id": "ID",
        "to": ["To.*.Address", "Cc.*.Address", "Bcc.*.Address"],
        "sender": "From.Address",
        "subject": "Subject",
        "text": "Snippet",
        "arrived_at": "Created",
    },
    "message": "/api/v1/message/{id}",
    "message_fields": {"text": "Text", "html": "HTML"},
    "poll": "250ms",
}

# SMS Gateway for Android (sms-gate.app) 1.59 or newer, which has an inbox to list: the phone's own server, and the
# cloud's. Where Android does not know the number of a SIM, `recipient` is null; it does know the slot, `simNumber`.
_SMS_GATE: Mapping[str, Any] = {
    "channel": "sms",
    "list": "/inbox?type=SMS&limit=500&offset={offset}&from={since}",
    "items": "",
    "fields": {
        "id": "id",
        "to": "recipient",
        "sender": "sender",
        "text": "contentPreview",
        "arrived_at": "createdAt",
    },
    "poll": "1s",
}

PRESETS: Mapping[str, Mapping[str, Any]] = {"mailpit": _MAILPIT, "sms-gate": _SMS_GATE}
