"""Files changed in one move: a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def replace(path: Path, pieces: Iterable[bytes], *, new: int | None = None) -> None:
    """Put `pieces` in the place of what `path` holds; its mode stays. Raises OSError, and changes nothing then.

    There must be a file, unless `new` says what mode one gets that was not there. A device such as /dev/null is never
    replaced: the whole machine would lose it.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    handle, name = tempfile.mkstemp(prefix=".redacted-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        if new is not None and not path.exists():
            beside.chmod(new)
        else:
            shutil.copymode(path, beside)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def remove(path: Path) -> None:
    """Remove `path`, or at least what it holds. Raises OSError when neither can be done."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        os.truncate(path, 0)
