"""What was captured to explain a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file a run left behind.

    `path` is relative to the folder pytest was started in when the file lies inside it, absolute otherwise;
    `size` is in bytes, `sha256` in hexadecimal digits; `step` is the path of the step in which it arose.
    """

    name: str
    path: str
    media_type: str
    size: int
    sha256: str
    step: str | None = None
