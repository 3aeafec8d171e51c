"""Where secrets come from: the environment, a file, a command such as a vault's, or a provider by its entry point."""

from __future__ import annotations

import subprocess
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core import registry
from pytest_synthetic.core.secret import Secret
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_synthetic.config.settings import SecretSettings
    from pytest_synthetic.core.redact import Redactor

PROVIDERS = "pytest_synthetic.secrets"
"""The entry point group of secret providers: functions that take a name and return the secret."""
TIMEOUT = 10.0
"""Seconds that a command may take."""


class SecretSources:
    """Reads each secret once and declares it, so that it leaves in no report.

    `folder` is what the paths of files are relative to, and where commands run.
    """

    def __init__(
        self, secrets: Mapping[str, SecretSettings], environ: Mapping[str, str], folder: Path, redactor: Redactor
    ) -> None:
        self._secrets = secrets
        self._environ = environ
        self._folder = folder
        self._redactor = redactor
        self._read: dict[str, Secret] = {}

    def declare_at_hand(self) -> None:
        """Declare what the environment and files hold: output before the first use is safe too.

        One that is not there is left to the journey that needs it. Raises ConfigError for one that would blank the
        reports.
        """
        for name, secret in self._secrets.items():
            if (secret.env and secret.env in self._environ) or (secret.file and (self._folder / secret.file).is_file()):
                self.secret(name)

    def secret(self, name: str) -> Secret:
        """The secret called `name`: of [secrets], else of the environment. Raises ConfigError."""
        if name not in self._read:
            value = self._value(name)
            try:
                self._redactor.declare(name, value)
            except UsageError as error:
                raise ConfigError(str(error)) from None
            self._read[name] = Secret(value, name)
        return self._read[name]

    def _value(self, name: str) -> str:
        where = f'the secret "{name}"'
        if (secret := self._secrets.get(name)) is None:
            if name not in self._environ:
                known = did_you_mean(name, self._secrets)
                raise ConfigError(f"{where} is neither in [secrets] nor in the environment. {known}{self._near(name)}")
            return self._environ[name]
        if secret.env:
            if secret.env not in self._environ:
                raise ConfigError(f"{where}: the environment variable {secret.env} is not set.{self._near(secret.env)}")
            return self._environ[secret.env]
        if secret.file:
            return _of_file(self._folder / secret.file, where)
        return self._of_command(secret.command, where) if secret.command else _of_provider(secret, where)

    def _near(self, name: str) -> str:
        near = get_close_matches(name, self._environ, n=1, cutoff=0.8)
        return f" The environment has {near[0]}." if near else ""

    def _of_command(self, command: tuple[str, ...], where: str) -> str:
        """What a command writes, without its last line break. Its errors are not shown: they may hold the secret."""
        try:
            done = subprocess.run(  # noqa: S603  the user's own command, as a list of arguments
                command,
                cwd=self._folder,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConfigError(f"{where}: {command[0]} did not end within {TIMEOUT:g} s") from None
        except OSError as error:
            raise ConfigError(f"{where}: {command[0]} cannot be run: {error.strerror}") from None
        if done.returncode:
            raise ConfigError(
                f"{where}: {command[0]} ended with exit code {done.returncode}. Run it by hand to see why"
            )
        return _text(done.stdout, f"{where}: what {command[0]} writes")


def _of_file(path: Path, where: str) -> str:
    try:
        return _text(path.read_bytes(), f"{where}: {path}")
    except OSError as error:
        raise ConfigError(f"{where}: {path} cannot be read: {error.strerror}") from None


def _text(data: bytes, where: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _of_provider(secret: SecretSettings, where: str) -> str:
    provider: Any = registry.load(PROVIDERS, secret.provider or "", where=where)
    try:
        value = provider(secret.name)
    except Exception as error:  # noqa: BLE001  a stranger's code: whatever it raises may hold the secret
        raise ConfigError(f"{where}: the provider {secret.provider!r} raised {type(error).__name__}") from None
    if not isinstance(value, str):
        raise ConfigError(f"{where}: the provider {secret.provider!r} gave no text, but {type(value).__name__}")
    return value
