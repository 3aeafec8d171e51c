"""The files that explain a run, one folder a run."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.evidence import Artifact

EXTENSIONS = {"application/json": ".json", "text/plain": ".txt", "text/html": ".html"}


class ArtifactFolder:
    """Writes the artefacts of one run; the folder is made at the first of them."""

    def __init__(self, folder: Path, *, started_in: Path) -> None:
        """`folder` is this run's own; paths are told relative to `started_in` where they lie inside it."""
        self._folder = folder
        self._started_in = started_in
        self._count = 0

    def write(self, name: str, data: bytes, media_type: str, step: str | None) -> Artifact:
        """Write one file; its name on disk is safe whatever `name` holds. Raises OSError."""
        self._make()
        self._count += 1
        path = self._folder / f"{self._count:02}-{_slug(name)}{_extension(name, media_type)}"
        path.write_bytes(data)
        return Artifact(
            name=one_line(name, 120) or "attachment",
            path=self._shown(path),
            media_type=media_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            step=step,
        )

    def _make(self) -> None:
        root = self._folder.parent
        if not root.is_dir():
            root.mkdir(parents=True, exist_ok=True)
            (root / ".gitignore").write_text("*\n", encoding="utf-8")
        self._folder.mkdir(exist_ok=True)

    def _shown(self, path: Path) -> str:
        inside = path.is_relative_to(self._started_in)
        return (path.relative_to(self._started_in) if inside else path).as_posix()


def _slug(name: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name.rpartition(".")[0] or name).strip("-").lower()
    return stem[:60] or "attachment"


def _extension(name: str, media_type: str) -> str:
    own = Path(name.replace("\\", "/")).suffix.lower()
    if re.fullmatch(r"\.[a-z0-9]{1,8}", own):
        return own
    return EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type) or ".bin"
