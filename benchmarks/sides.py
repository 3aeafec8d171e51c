"""The two sides of every comparison: one environment with pytest-synthetic installed, and the same one without.

Each is a folder of links to all that is installed beside the Python that runs this, given to the bare interpreter as PYTHONPATH.
The plugin is linked in as a wheel would install it: an editable install reads a longer path and a shorter RECORD.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.meter import Spent, spent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUITES = Path(__file__).parent / "suites"
PACKAGE = Path(__file__).parent.parent / "pytest_synthetic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """An environment: `libraries` is its site-packages."""

    name: str
    libraries: Path

    def pytest(self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Spent:
        """Run pytest over `folder` in this environment. Raises CommandFailed unless all its tests pass."""
        settings = {"PYTHONPATH": str(self.libraries), "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
        return spent([_bare_python(), "-s", "-S", "-m", "pytest", "-q", *arguments], cwd=folder, env=settings | dict(env or {}))


def both(workshop: Path) -> tuple[Side, Side]:
    """The side without the plugin and the side with it, made in `workshop`."""
    without = Side(name="without", libraries=workshop / "without")
    installed = Side(name="installed", libraries=workshop / "installed")
    for side in (without, installed):
        _link_all(side.libraries)
    _install(installed.libraries)
    return without, installed


def suite(workshop: Path, name: str, *, beside: Sequence[str] = ()) -> Path:
    """A folder with the test file `suites/NAME.py`, and as its conftest.py what `beside` names."""
    folder = workshop / name
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    shutil.copy(SUITES / f"{name}.py", folder / f"test_{name}.py")
    for other in beside:
        shutil.copy(SUITES / f"{other}.py", folder / "conftest.py")
    return folder


def _bare_python() -> str:
    """The interpreter under our virtual environment: with -S it sees the standard library alone."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)))


def _link_all(libraries: Path) -> None:
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("pytest_synthetic", "__pycache__", "_editable_impl_pytest_synthetic")):
            (libraries / entry.name).symlink_to(entry)


def _install(libraries: Path) -> None:
    """As pip would: the package, and a dist-info whose RECORD names each of its files."""
    (libraries / PACKAGE.name).symlink_to(PACKAGE)
    known = distribution("pytest-synthetic")
    info = libraries / f"pytest_synthetic-{known.version}.dist-info"
    info.mkdir()
    for name in ("METADATA", "entry_points.txt", "WHEEL"):
        (info / name).write_text(known.read_text(name) or "", encoding="utf-8")
    files = [Path(folder, name) for folder, _, names in os.walk(PACKAGE) for name in names]
    shown = [path.relative_to(PACKAGE.parent).as_posix() for path in files if not path.name.endswith("-pytest.pyc")]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in shown), encoding="utf-8")
