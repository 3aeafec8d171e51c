"""The profiles of the last good runs, one small file for each journey, region and device. Many processes share them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthetic.config import folders
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.profile import SCHEMA, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence


class LastGood:
    """A folder of profiles; it is made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, identity: Sequence[str]) -> Path:
        """Where the profile of a variant lies; `identity` is its journey's id and what else tells it from others."""
        digest = hashlib.sha256("\0".join(identity).encode("utf-8", "replace")).hexdigest()[:12]
        name = re.sub(r"[^a-z0-9]+", "-", identity[0].lower()).strip("-")[:40]
        return self._folder / f"{name or 'journey'}-{digest}.json"

    def read(self, identity: Sequence[str]) -> Profile | None:
        """The last good run's profile; None when there is none that can be read.

        A damaged file is moved aside; one of a newer version is left alone. Raises OSError.
        """
        path = self.path(identity)
        try:
            return Profile.from_json(told := json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except UsageError:
            if not _is_newer(told):
                path.replace(path.with_suffix(".damaged"))
        except ValueError:  # no JSON, or no UTF-8
            path.replace(path.with_suffix(".damaged"))
        return None

    def keep(self, identity: Sequence[str], text: str) -> None:
        """Replace the profile by `text`, its JSON, whole or not at all. Raises OSError."""
        if not self._folder.is_dir():
            folders.ready(self._folder)
        handle, draft = tempfile.mkstemp(dir=self._folder, suffix=".draft")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(self.path(identity))
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _is_newer(told: object) -> bool:
    schema = told.get("schema") if isinstance(told, dict) else None
    return isinstance(schema, int) and schema > SCHEMA
