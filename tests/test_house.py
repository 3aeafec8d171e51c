"""The house's rules, read from the syntax trees: levels, who imports pytest, sizes, frozen values, a cheap start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(pytest_synthetic.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))

# Level of every room; a room on one level does not know its neighbours. See ARCHITECTURE.md.
LEVELS = {
    "errors": 0,
    "keeper": 1,  # one process and all that it starts: the standard library alone, it is run as a file
    "model": 1,
    "analysis": 2,
    "core": 2,
    "config": 3,
    "asking": 3,  # a session of requests: whoever sends something asks with it
    "channels": 4,
    "reports": 4,
    "history": 4,
    "alerts": 4,
    "inboxes": 5,  # they use the API channel's transport: its deadline and its cap
    "ledger": 5,  # it removes through the API channel
    "incidents": 5,  # they read the history and have alerts sent
    "testing": 5,
    "demo": 5,
    "plugin": 6,
    "scheduler": 6,  # it starts pytest as a process: it does not know the plugin
    "cli": 7,
}
JOURNEYS = ROOT / "demo" / "journeys"  # tests, written as users write them
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
HEAVY = {"playwright", "requests", "urllib3", "twilio", "sqlalchemy", "allure_commons", "allure", "pydantic", "yaml", "flask", "click", "cronsim", "tomllib", "imap_tools", "aiosmtpd", "prometheus_client", "opentelemetry", "google", "psutil", "celery", "kombu", "apprise"}  # fmt: skip


def room(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module imported anywhere in a file: at the top, in functions, for type checking."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield node.lineno, node.module
            if node.module == "pytest_synthetic":
                rooms = [alias.name for alias in node.names if alias.name in LEVELS]
                yield from ((node.lineno, f"pytest_synthetic.{name}") for name in rooms)


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent != ROOT or p.stem != "__init__"], ids=rel)
def test_imports_go_down_only(path: Path) -> None:
    here = room(path)
    for line, module in imports(path):
        if not module.startswith("pytest_synthetic."):
            continue
        there = module.split(".")[1]
        assert there in LEVELS, f"{rel(path)}:{line}: {module} is in no room of the house"
        assert there == here or LEVELS[there] < LEVELS[here], f"{rel(path)}:{line}: {here} must not import {module}"


def at_import(path: Path) -> set[str]:
    """What a module of ours imports of us while it is itself imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pytest_synthetic"):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if name in NAMES} or {str(node.module)}
    return found


NAMES = {
    ".".join(("pytest_synthetic", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in MODULES
}


def test_no_two_modules_import_each_other() -> None:
    graph = {name: at_import(path) & set(NAMES) - {name} for name, path in NAMES.items()}
    while leaves := {name for name, needs in graph.items() if not needs & set(graph)}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}

    assert not graph, f"import cycle among {sorted(graph)}"


@pytest.mark.parametrize("path", MODULES, ids=rel)
def test_only_the_plugin_imports_pytest(path: Path) -> None:
    if room(path) == "plugin" or JOURNEYS in path.parents:
        return
    for line, module in imports(path):
        assert module.split(".")[0] not in {"pytest", "_pytest", "xdist"}, f"{rel(path)}:{line}"


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in {"errors", "model"}], ids=rel)
def test_the_model_needs_the_standard_library_alone(path: Path) -> None:
    for line, module in imports(path):
        top = module.split(".")[0]
        assert top == "pytest_synthetic" or top in sys.stdlib_module_names, f"{rel(path)}:{line}: {module}"


@pytest.mark.parametrize("path", MODULES, ids=rel)
def test_modules_and_functions_fit_a_glance(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_MODULE, f"{rel(path)} is {text.count(chr(10))} lines long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{rel(path)}:{node.lineno}: {node.name} is {lines} lines long"


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) == "model"], ids=rel)
def test_values_are_frozen_slotted_and_named(path: Path) -> None:
    classes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]
    for node in classes:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "dataclass":
                given = {keyword.arg for keyword in decorator.keywords}
                assert {"frozen", "slots", "kw_only"} <= given, f"{rel(path)}:{node.lineno}: {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=rel)
def test_nothing_is_named_after_nothing(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "base", "types", "helpers", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=rel)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if rel(path) == "core/clock.py" or JOURNEYS in path.parents:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            read = f"{node.value.id}.{node.attr}"
            assert read not in {"time.time", "datetime.now", "datetime.utcnow", "date.today"}, (
                f"{rel(path)}:{node.lineno}"
            )


def test_a_start_of_pytest_imports_nothing_heavy() -> None:
    script = "import sys, pytest_synthetic.plugin, pytest_synthetic.plugin.browser_fixtures; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("pytest_synthetic.")}

    assert not HEAVY & {name.split(".")[0] for name in loaded}
    assert ours <= {
        "pytest_synthetic.errors",
        "pytest_synthetic.plugin",
        "pytest_synthetic.plugin.base_url",
        "pytest_synthetic.plugin.browser_fixtures",
        "pytest_synthetic.plugin.fixtures",
        "pytest_synthetic.plugin.markers",
        "pytest_synthetic.plugin.options",
    }


def test_the_public_names_are_there() -> None:
    for name in pytest_synthetic.__all__:
        assert getattr(pytest_synthetic, name).__name__ == name
    assert set(pytest_synthetic.__all__) == set(pytest_synthetic._HOMES)
    with pytest.raises(AttributeError, match="has no attribute 'Jurney'"):
        getattr(pytest_synthetic, "Jurney")  # noqa: B009
