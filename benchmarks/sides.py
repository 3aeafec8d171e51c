"""The two sides of every comparison: one environment with pytest-synthetic installed, and the same one without.

Each is a folder of links to what pytest-synthetic depends on, given to the bare interpreter as PYTHONPATH: what else
the developer has installed (hypothesis alone takes half a second of each start) is on neither side. The plugin is
linked in as a wheel would install it: an editable install reads a longer path and a shorter RECORD.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from benchmarks.meter import LIMIT, Spent, spent

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
        return self.python(folder, "-m", "pytest", "-q", *arguments, env=env)

    def python(
        self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None, limit: float = LIMIT
    ) -> Spent:
        """Run Python in `folder` in this environment, for `limit` seconds at most. Raises CommandFailed."""
        settings = {
            "PYTHONPATH": str(self.libraries),
            "PYTHONPYCACHEPREFIX": f"{self.libraries}-compiled",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTEST_ADDOPTS": "",
            "PYTEST_PLUGINS": "",
        }
        command = [_bare_python(), "-s", "-S", *arguments]
        return spent(command, cwd=folder, env=settings | dict(env or {}), limit=limit)


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
    site = Path(sysconfig.get_path("purelib"))
    for name in _needed("pytest-synthetic", {}):
        own = {file.parts[0] for file in distribution(name).files or () if file.parts[0] not in ("..", "__pycache__")}
        for entry in own:
            if not (libraries / entry).is_symlink():  # packages of two distributions
                (libraries / entry).symlink_to(site / entry)


def _needed(name: str, known: dict[str, bool]) -> list[str]:
    """The distributions that `name` needs, and those that they need."""
    for line in distribution(name).requires or ():
        needed = Requirement(line)
        wanted = needed.marker is None or any(needed.marker.evaluate({"extra": x}) for x in ("", "socks", "base-url"))
        if wanted and needed.name not in known:
            known[needed.name] = True
            _needed(needed.name, known)
    return list(known)


def _install(libraries: Path) -> None:
    """As pip would: the package, and a dist-info whose RECORD names each of its files, the compiled ones too."""
    (libraries / PACKAGE.name).symlink_to(PACKAGE)
    known = distribution("pytest-synthetic")
    info = libraries / f"pytest_synthetic-{known.version}.dist-info"
    info.mkdir()
    for name in ("METADATA", "entry_points.txt", "WHEEL"):
        (info / name).write_text(known.read_text(name) or "", encoding="utf-8")
    files = [file for file in sorted(PACKAGE.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    compiled = [Path(cache_from_source(file)) for file in files if file.suffix == ".py"]
    shown = [file.relative_to(PACKAGE.parent).as_posix() for file in (*files, *compiled)]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in shown), encoding="utf-8")
