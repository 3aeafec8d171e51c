"""Closes alerts of Opsgenie and Jira Service Management by their alias.

apprise closes by the ids of requests, which it would have to keep on disk and which the process that closes may never
have had. The alias is the id of the incident.
Source: https://docs.opsgenie.com/docs/alert-api#close-alert
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from pytest_synthetic.alerts.defusing import text_of
from pytest_synthetic.alerts.sending import NotSent, is_final
from pytest_synthetic.asking import Asking

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Letter

LONGEST_NOTE = 25_000
"""Characters, by Opsgenie's documentation."""
_GONE = 404
_TABLES = {
    "opsgenie": ("apprise.plugins.opsgenie", "OPSGENIE_API_LOOKUP"),
    "jira": ("apprise.plugins.jira", "JIRA_API_LOOKUP"),
}


def close(service: Any, letter: Letter, *, timeout: float) -> None:
    """Close the alert of the letter's incident; one that is not there is closed. Raises NotSent."""
    module, table = _TABLES[str(service.secure_protocol)]
    api = getattr(import_module(module), table)[service.region_name]
    with Asking(timeout) as session:
        try:
            answer = session.request(
                "POST",
                f"{api}/{quote(letter.incident, safe='')}/close",
                params={"identifierType": "alias"},
                json={"source": "pytest-synthetic", "note": text_of(letter.body)[:LONGEST_NOTE]},
                headers={"Authorization": f"GenieKey {service.apikey}"},
                stream=True,
            )
        except requests.RequestException:
            raise NotSent(f"{service.service_name}: {session.why}") from None
        answer.close()
    status = answer.status_code
    if status >= 300 and status != _GONE:
        raise NotSent(f"{service.service_name} answered {status}", final=is_final(status))
