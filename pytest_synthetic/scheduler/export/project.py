"""What an export must know of the project: how it is installed, where its files lie, which secrets it needs."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config.folders import base_of
from pytest_synthetic.model.region import LOCAL
from pytest_synthetic.scheduler.export.batches import Project, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_synthetic.config.settings import Settings

OURS = "pytest-synthetic"
IMAGE = "registry.example/synthetic-journeys:1"


def top_of(here: Path) -> Path:
    """The top of the git repository around `here`; `here` itself where there is none."""
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def read(  # noqa: PLR0913  what people say beside what is found
    here: Path,
    settings: Settings,
    regions: Sequence[str],
    *,
    place: str | None = None,
    image: str | None = None,
    time_limit: float | None = None,
) -> Project:
    """The project whose journeys pytest runs in the folder `here`, in `regions`."""
    top = top_of(here)
    return Project(
        name=shortened(top.name) or "journeys",
        folder=_relative(here, top),
        state=_relative(base_of(settings.source, here) / ".synthetic", here),
        install=(install(here, top),),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        secrets=tuple(sorted(set(_variables(settings)))),
        place=place or str(top),
        image=image or IMAGE,
        time_limit=time_limit,
        tool=version(OURS),
        notes=tuple(_notes(settings, regions)),
    )


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()


def install(here: Path, top: Path) -> str:
    """The command that installs the project with pip, from the folder `here`: a guess that people correct."""
    pip = "python -m pip install"
    for folder in dict.fromkeys((here, top)):
        where = _relative(folder, here)
        listed = folder / "requirements.txt"
        if listed.is_file():
            more = "" if OURS in _text(listed) else f" {OURS}"
            return f"{pip} -r {'' if where == '.' else f'{where}/'}requirements.txt{more}"
        if told := _pyproject(folder / "pyproject.toml"):
            return f"{pip} {told(where)}"
    return f"{pip} {OURS}"


def _pyproject(file: Path) -> Any:
    """How the project of a pyproject.toml is installed from a folder; None when it has no project."""
    try:
        table = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError:
        return None
    project, groups = table.get("project"), table.get("dependency-groups", {})
    if not isinstance(project, dict):
        return None
    if OURS in str(project.get("dependencies")):
        return lambda where: where
    extras = [name for name, needs in project.get("optional-dependencies", {}).items() if OURS in str(needs)]
    if extras:
        return lambda where: f"'{where}[{extras[0]}]'"
    found = [name for name, needs in groups.items() if OURS in str(needs)]
    if found:
        return lambda where: f"{where} --group {'' if where == '.' else f'{where}/pyproject.toml:'}{found[0]}"
    return lambda where: f"{where} {OURS}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _variables(settings: Settings) -> Iterator[str]:
    """The variables that the settings name: of [secrets], and as `${NAME}`."""
    yield from (secret.env for secret in settings.secrets.values() if secret.env)
    if settings.source:
        table: Any = tomllib.loads(_text(settings.source))
        if settings.source.name == "pyproject.toml":
            table = table.get("tool", {}).get("synthetic", {})
        for text in _texts(table):
            yield from re.findall(r"\$\{(\w+)\}", text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(part)


def _notes(settings: Settings, regions: Sequence[str]) -> Iterator[str]:
    if settings.history is None:
        yield "The settings have no [history]: runs are not recorded. Write a table [history] into synthetic.toml."
    for secret in settings.secrets.values():
        if secret.env is None:
            source = "file" if secret.file else "command" if secret.command else "provider"
            yield f"The secret {secret.name} comes from a {source}, which must be there where this runs."
    for name in dict.fromkeys(regions):
        region = settings.region(name)
        if name != LOCAL and not (region.proxy or region.playwright_server or region.cdp_endpoint):
            yield (
                f"[regions.{name}] has no proxy and no remote browser: run this on a machine of that region, with "
                f"SYNTHETIC_HERE={name}. Anywhere else pytest ends with exit code 4."
            )
