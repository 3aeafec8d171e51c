"""Write customer journeys as pytest tests; the same files watch production."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for type checkers, which do not call __getattr__
    from pytest_synthetic.channels.api import ApiSession
    from pytest_synthetic.core.codes import find_code, find_links
    from pytest_synthetic.core.inbox import Inbox
    from pytest_synthetic.core.journey import Journey
    from pytest_synthetic.core.secret import Secret, Secrets
    from pytest_synthetic.errors import SyntheticError
    from pytest_synthetic.inboxes.authenticator import Authenticator
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.model.run import Measurement, RunResult, StepResult
    from pytest_synthetic.model.verdict import Fault, Verdict

_HOMES = {
    "Authenticator": "pytest_synthetic.inboxes.authenticator",
    "Inbox": "pytest_synthetic.core.inbox",
    "Journey": "pytest_synthetic.core.journey",
    "Region": "pytest_synthetic.model.region",
    "RunResult": "pytest_synthetic.model.run",
    "StepResult": "pytest_synthetic.model.run",
    "Measurement": "pytest_synthetic.model.run",
    "Verdict": "pytest_synthetic.model.verdict",
    "Fault": "pytest_synthetic.model.verdict",
    "ApiSession": "pytest_synthetic.channels.api",
    "Secret": "pytest_synthetic.core.secret",
    "Secrets": "pytest_synthetic.core.secret",
    "SyntheticError": "pytest_synthetic.errors",
    "find_code": "pytest_synthetic.core.codes",
    "find_links": "pytest_synthetic.core.codes",
}

__all__ = [
    "ApiSession",
    "Authenticator",
    "Fault",
    "Inbox",
    "Journey",
    "Measurement",
    "Region",
    "RunResult",
    "Secret",
    "Secrets",
    "StepResult",
    "SyntheticError",
    "Verdict",
    "find_code",
    "find_links",
]


def __getattr__(name: str) -> object:
    """Import a public name at its first use: every pytest start imports this package, few use it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
