"""The services that apprise knows: which one an address is of, and what it expects. No message repeats an address."""

from __future__ import annotations

import logging
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apprise import AppriseAsset, NotifyBase

_TEMPLATES = 4
"""Forms of an address that a message shows."""
_LOADING = threading.Lock()


def is_native(address: str) -> bool:
    """Whether an https:// address is that of a service, as the service itself shows it. Raises ConfigError."""
    return _native(address) is not None


def read(address: str) -> dict[str, Any]:
    """What apprise reads in an address. Raises ConfigError."""
    scheme = address.partition("://")[0].lower()
    fields: dict[str, Any] | None
    if scheme in {"http", "https"}:
        fields = _native(address)
    else:
        plugin = plugin_of(scheme)
        from apprise.plugins import url_to_dict

        fields = url_to_dict(address)  # type: ignore[no-untyped-call]  # apprise's
        if not fields:
            raise _malformed(scheme, plugin)
    if not fields:
        raise ConfigError(f"{scheme}://…: no service's own address")
    return fields


def made(fields: Mapping[str, Any]) -> NotifyBase:
    """The service for what was read in an address. Raises ConfigError, when it does not take the address."""
    from apprise import Apprise

    scheme = str(fields["schema"]).lower()
    plugin = plugin_of(scheme)
    try:
        service = Apprise.instantiate(dict(fields), asset=_asset(), suppress_exceptions=False)
    except Exception:  # noqa: BLE001  its message holds the address, or a part of it
        service = None
    if service is None:
        raise _malformed(scheme, plugin)
    return service


def plugin_of(scheme: str) -> type[NotifyBase]:
    """The plugin of a scheme. Raises ConfigError for one that is not known, or misses a package."""
    known = _known()
    names = known.schemas()
    if scheme not in names:
        raise ConfigError(
            f"{scheme}://…: no such service. {did_you_mean(scheme, [*names, 'https'])} "
            "All are on https://appriseit.com/services/"
        )
    plugin: type[NotifyBase] = known[scheme]
    if not plugin.enabled:
        packages = plugin.requirements.get("packages_required") or ()
        listed = " ".join(f"'{each}'" for each in ([packages] if isinstance(packages, str) else packages))
        mend = f" Run: pip install {listed}" if listed else ""
        raise ConfigError(f"{scheme}://…: {plugin.service_name} cannot be used on this machine.{mend}")
    return plugin


def _known() -> Any:
    """The plugins by scheme. Raises ConfigError when apprise is not there."""
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # apprise and what it uses are loaded whole, with what is old in them
        try:
            import apprise
        except ModuleNotFoundError:
            raise ConfigError("alerts to services need apprise. Run: pip install 'pytest-synthetic[alerts]'") from None
        logger = logging.getLogger("apprise")
        logger.propagate = False  # what it logs holds addresses; `refusal` picks the reasons out of it
        logger.setLevel(logging.DEBUG)
        manager: Any = apprise.manager_plugins.NotificationManager()  # type: ignore[no-untyped-call]  # apprise's
        manager.load_modules()
    return manager


@cache
def _asset() -> AppriseAsset:
    """How apprise behaves: nothing on disk, no redirects, no pictures of others, one thread."""
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="pytest-synthetic",
        app_desc="pytest-synthetic",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode="memory",
        async_mode=False,
        http_redirects=False,
        service_timeout=0,
        default_service_retry=0,
        allow_templates=False,
    )


def _native(address: str) -> dict[str, Any] | None:
    for plugin in _known().plugins():
        if fields := plugin.parse_native_url(address):
            return dict(fields)
    return None


def _malformed(scheme: str, plugin: type[NotifyBase]) -> ConfigError:
    templates: tuple[str, ...] = plugin.templates or ()
    forms = [template.replace("{schema}", scheme) for template in templates[:_TEMPLATES]]
    return ConfigError(
        f"{scheme}://…: {plugin.service_name} does not take this address. Expected {' or '.join(forms)}; "
        f"see {plugin.setup_url}"
    )
