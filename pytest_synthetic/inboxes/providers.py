"""Providers as the settings name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_synthetic.core import registry
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_synthetic.config.settings import InboxSettings, Settings
    from pytest_synthetic.core.ports import Clock, InboxProvider


def settings_of(name: str, settings: Settings) -> InboxSettings:
    """The table [inboxes.NAME]. Raises ConfigError when there is none, with those there are."""
    if name not in settings.inboxes:
        there = did_you_mean(name, settings.inboxes) if settings.inboxes else "There is none."
        raise ConfigError(f"no [inboxes.{name}] in synthetic.toml. {there}")
    return settings.inboxes[name]


def made(settings: InboxSettings, *, clock: Clock, sleep: Callable[[float], None], folder: Path) -> InboxProvider:
    """Make the provider of an inbox; `folder` as of config.folders. Raises ConfigError that names the inbox."""
    where = f"[inboxes.{settings.name}]"
    factory = registry.load(registry.INBOXES, settings.provider, where=where)
    try:
        return cast("InboxProvider", factory(settings.options, clock=clock, sleep=sleep, folder=folder))
    except UsageError as error:
        raise ConfigError(f"{where}: {error}") from None
