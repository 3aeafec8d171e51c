"""What was captured to explain a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file a run left behind, or one that it should have left and did not.

    `path` is relative to the folder pytest was started in when the file lies inside it, absolute otherwise;
    `size` is in bytes, `sha256` in hexadecimal digits; `step` is the path of the step in which it arose. When there is
    no file, these three but the step are None, and `missing` says why in words.
    """

    name: str
    path: str | None
    media_type: str
    size: int | None
    sha256: str | None
    step: str | None = None
    missing: str | None = None
