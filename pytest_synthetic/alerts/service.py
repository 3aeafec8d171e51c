"""Letters to people, through a service of apprise."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeGuard

from pytest_synthetic.alerts import apprise_services, defusing, refusal
from pytest_synthetic.alerts.bounded import within
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.alerting import Severity, Turn

if TYPE_CHECKING:
    from apprise import NotifyBase, NotifyFormat
    from apprise.plugins.email import NotifyEmail

    from pytest_synthetic.model.alerting import Letter

SHORT = 320
"""A service whose messages have no more characters than this gets the short form: two text messages at most."""
_PROGRAMS = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Services whose texts a program reads, as they are."""
_BETWEEN = 20
"""Characters that apprise keeps for what may stand between a title and a body."""
_PRIORITIES = {"ntfy": "high", "ntfys": "high", "pover": "high"}
"""What a page has there; a ticket has what the address says, or what is usual."""


class Service:
    """One address of a service. It is read when this is made: ConfigError when it is none."""

    def __init__(self, address: str, *, timeout: float) -> None:
        self._address = address
        self._fields = apprise_services.read(address)
        self._timeout = timeout
        apprise_services.made(self._fields)

    def send(self, letter: Letter) -> None:
        """Send it. Raises NotSent."""
        within(self._timeout, lambda: self._send(letter))

    def _send(self, letter: Letter) -> None:
        from apprise import Apprise

        service = self._made(letter)
        scheme = str(self._fields["schema"]).lower()
        if letter.turn is Turn.RESOLVED and scheme in {"opsgenie", "jira"}:
            from pytest_synthetic.alerts.closing import close

            close(service, letter, timeout=self._timeout)
            return
        title, body, form = _words(service, scheme, letter)
        sender = Apprise(asset=service.asset)
        sender.add(service)
        result = sender.notify(
            body=body,
            title=title,
            notify_type=_kind(letter),
            body_format=form,
            interpret_escapes=False,
            log_level=logging.DEBUG,
        )
        if not result:
            logs = [entry.message for entry in result.logs()]
            raise refusal.told(str(service.service_name), logs, self._address, self._timeout)

    def _made(self, letter: Letter) -> NotifyBase:
        """The service for one letter: a fresh one, for it keeps state, such as when it was used last."""
        fields = {**self._fields, **_keyed(self._fields, letter), "overflow": "truncate"}
        service = apprise_services.made(fields)
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout
        service.request_rate_per_sec = 0.0
        service.retry = 0
        service.optional = False
        if _is_mail(service):
            root = f"<incident-{letter.incident}@pytest-synthetic>"
            service.headers = {**service.headers, "References": root, "In-Reply-To": root}
        return service


def _keyed(fields: dict[str, Any], letter: Letter) -> dict[str, Any]:
    """What makes all letters of an incident one at services that keep incidents, and how loud it is."""
    scheme = str(fields["schema"]).lower()
    arguments: dict[str, Any] = apprise_services.plugin_of(scheme).template_args
    told: dict[str, Any] = {}
    for name in ("dedup", "alias", "entity_id"):
        if name in arguments:
            told[str(arguments[name].get("alias_of", name))] = letter.incident
    if "map" in (arguments.get("action", {}).get("values") or ()) and not fields.get("action"):
        told["action"] = "map"
    loud = letter.severity is Severity.PAGE and letter.turn is not Turn.RESOLVED
    if loud and scheme in _PRIORITIES and not fields.get("priority"):
        told["priority"] = _PRIORITIES[scheme]
    return told


def _kind(letter: Letter) -> Any:
    """What services that keep incidents go by: success resolves one."""
    from apprise import NotifyType

    if letter.turn is Turn.RESOLVED:
        return NotifyType.SUCCESS
    return NotifyType.FAILURE if letter.severity is Severity.PAGE else NotifyType.WARNING


def _words(service: NotifyBase, scheme: str, letter: Letter) -> tuple[str, str, NotifyFormat]:
    """Title, body and the format of both: the short form where there is no room for more."""
    from apprise import NotifyFormat

    room = int(service.body_maxlen)
    if room <= SHORT:
        return "", defusing.cut(one_line(letter.short), room), NotifyFormat.TEXT
    title, body = letter.title, defusing.text_of(letter.body)
    thread = letter.facts.get("thread")
    if isinstance(thread, str) and thread and (_is_mail(service) or scheme == "zulip"):
        title, body = thread, f"{letter.title}\n\n{body}"
    if _is_mail(service) or scheme in _PROGRAMS:
        return one_line(title), defusing.cut(body, room), NotifyFormat.TEXT
    markdown = service.notify_format is NotifyFormat.MARKDOWN
    title = defusing.title(title, scheme, markdown=markdown and service.title_maxlen <= 0)
    body = defusing.body(body, scheme, markdown=markdown)
    return *_fitting(service, title, body), NotifyFormat.MARKDOWN if markdown else NotifyFormat.TEXT


def _fitting(service: NotifyBase, title: str, body: str) -> tuple[str, str]:
    """Title and body no longer than the service takes; one that has no titles puts them above the body."""
    room, widest = int(service.body_maxlen), int(service.title_maxlen)
    shared = widest <= 0 or bool(service.overflow_amalgamate_title)
    title = defusing.cut(title, min(room // 2, widest) if widest > 0 else room // 2)
    return title, defusing.cut(body, room - len(title) - _BETWEEN if shared else room)


def _is_mail(service: NotifyBase) -> TypeGuard[NotifyEmail]:
    from apprise.plugins.email import NotifyEmail

    return isinstance(service, NotifyEmail)
