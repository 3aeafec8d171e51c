"""What a session keeps secret, and the fixture that gives it to journeys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_synthetic.config.secret_sources import SecretSources
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.core.secret import Secrets

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings


def opened(settings: Settings, root: Path) -> tuple[Redactor, Secrets]:
    """The redactor of a process, told the secrets at hand, and the secrets. Raises ConfigError."""
    asked = settings.redact
    redactor = Redactor(headers=asked.headers, fields=asked.fields, patterns=asked.patterns)
    folder = settings.source.parent if settings.source else root
    sources = SecretSources(settings.secrets, os.environ, folder, redactor)
    sources.declare_at_hand()
    return redactor, Secrets(sources.secret)
