"""The files that explain a run, one folder a run, all written through one door."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthetic.config import folders
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.evidence import Artifact

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.reports.archives import Checked

EXTENSIONS = {"application/json": ".json", "text/plain": ".txt", "text/html": ".html"}
MOST = 100_000_000
"""Bytes of one file. A larger one, such as the trace of a run that downloaded much, is named and not kept."""


class ArtifactFolder:
    """Writes the artefacts of one run; the folder is made at the first of them."""

    def __init__(
        self, folder: Path, *, started_in: Path, redact: Callable[[bytes, str], Checked] | None = None
    ) -> None:
        """`folder` is this run's own; paths are told relative to `started_in` where they lie inside it.

        `redact` is given every file with its media type before it is written, and returns what may be written, or why
        nothing may.
        """
        self._folder = folder
        self._started_in = started_in
        self._redact = redact
        self._count = 0

    def keep(self, name: str, data: bytes, media_type: str, step: str | None) -> Artifact:
        """Write one file; its name on disk is safe whatever `name` holds. Raises OSError, and leaves no half file."""
        if len(data) > MOST:
            return missing(name, media_type, step, f"{len(data)} bytes: more than {MOST} are not kept")
        clean, why = self._checked(data, media_type)
        if clean is None:
            return missing(name, media_type, step, f"withheld: {why}")
        path = self._write(name, clean, media_type)
        return Artifact(
            name=_shown_name(name),
            path=self._shown(path),
            media_type=media_type,
            size=len(clean),
            sha256=hashlib.sha256(clean).hexdigest(),
            step=step,
        )

    def _checked(self, data: bytes, media_type: str) -> tuple[bytes | None, str | None]:
        if self._redact is None:
            return data, None
        checked = self._redact(data, media_type)
        return checked.data, checked.why

    def _write(self, name: str, data: bytes, media_type: str) -> Path:
        try:
            self._make()
        except OSError as error:
            told = f"the folder {self._folder.parent} cannot be written: {error.strerror or error}"
            raise OSError(f'{told}. Mend it, or name another one: artifacts = "..." in the settings') from None
        self._count += 1
        path = self._folder / f"{self._count:02}-{_slug(name)}{_extension(name, media_type)}"
        try:
            path.write_bytes(data)
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
        return path

    def _make(self) -> None:
        root = self._folder.parent
        if not root.is_dir():  # one that is there may be the user's own
            folders.ready(root)
        self._folder.mkdir(exist_ok=True)

    def _shown(self, path: Path) -> str:
        inside = path.is_relative_to(self._started_in)
        return (path.relative_to(self._started_in) if inside else path).as_posix()


def missing(name: str, media_type: str, step: str | None, why: str) -> Artifact:
    """What stands in the record for a file that is not there."""
    return Artifact(
        name=_shown_name(name), path=None, media_type=media_type, size=None, sha256=None, step=step, missing=why
    )


def _shown_name(name: str) -> str:
    return one_line(name, 120) or "attachment"


def _slug(name: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name.rpartition(".")[0] or name).strip("-").lower()
    return stem[:60] or "attachment"


def _extension(name: str, media_type: str) -> str:
    own = Path(name.replace("\\", "/")).suffix.lower()
    if re.fullmatch(r"\.[a-z0-9]{1,8}", own):
        return own
    return EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type) or ".bin"
