"""The house's rules, read from the syntax trees: levels, who imports pytest, sizes, frozen values, a cheap start."""

from __future__ import annotations

import ast
import re
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


class Module:
    """One of ours, read once for all rules."""

    def __init__(self, path: Path) -> None:
        self.path, self.room, self.stem = path, room(path), path.stem
        text = path.read_text(encoding="utf-8")
        self.lines = text.count("\n")
        self.nodes = tuple(ast.walk(ast.parse(text)))
        self.is_journey = JOURNEYS in path.parents

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{line}"

    def imports(self) -> Iterator[tuple[int, str]]:
        """Every module imported anywhere in it: at the top, in functions, for type checking."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.lineno, node.module
                if node.module == "pytest_synthetic":
                    rooms = [alias.name for alias in node.names if alias.name in LEVELS]
                    yield from ((node.lineno, f"pytest_synthetic.{name}") for name in rooms)


# -- rules: each tells where a module breaks it ------------------------------------------------------------------------


def imports_are_absolute(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield module.at(node.lineno)


def imports_go_down_only(module: Module) -> Iterator[str]:
    if module.path == ROOT / "__init__.py":
        return
    for line, name in module.imports():
        if not name.startswith("pytest_synthetic."):
            continue
        there = name.split(".")[1]
        if there not in LEVELS:
            yield f"{module.at(line)}: {name} is in no room of the house"
        elif there != module.room and LEVELS[there] >= LEVELS[module.room]:
            yield f"{module.at(line)}: {module.room} must not import {name}"


def only_the_plugin_imports_pytest(module: Module) -> Iterator[str]:
    if module.room == "plugin" or module.is_journey:
        return
    for line, name in module.imports():
        if name.split(".")[0] in {"pytest", "_pytest", "xdist"}:
            yield module.at(line)


def the_model_needs_the_standard_library_alone(module: Module) -> Iterator[str]:
    for line, name in module.imports() if module.room in {"errors", "model"} else ():
        top = name.split(".")[0]
        if top != "pytest_synthetic" and top not in sys.stdlib_module_names:
            yield f"{module.at(line)}: {name}"


def modules_and_functions_fit_a_glance(module: Module) -> Iterator[str]:
    if module.lines > LONGEST_MODULE:
        yield f"{module.at(1)}: {module.lines} lines"
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{module.at(node.lineno)}: {node.name} is {lines} lines long"


def values_are_frozen_slotted_and_named(module: Module) -> Iterator[str]:
    classes = [node for node in module.nodes if isinstance(node, ast.ClassDef)] if module.room == "model" else []
    for node in classes:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "dataclass":
                given = {keyword.arg for keyword in decorator.keywords}
                if not {"frozen", "slots", "kw_only"} <= given:
                    yield f"{module.at(node.lineno)}: {node.name}"


def nothing_is_named_after_nothing(module: Module) -> Iterator[str]:
    if module.stem in {"utils", "util", "common", "base", "types", "helpers", "misc"}:
        yield module.at(1)


def only_the_clock_reads_the_time(module: Module) -> Iterator[str]:
    if module.path == ROOT / "core" / "clock.py" or module.is_journey:
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            read = f"{node.value.id}.{node.attr}"
            if read in {"time.time", "datetime.now", "datetime.utcnow", "date.today"}:
                yield f"{module.at(node.lineno)}: {read}"


def groups_are_not_possessive(module: Module) -> Iterator[str]:
    """Before Python 3.11.5, `(?:ab{1,2})*+` matches too much or too little: `(?>(?:ab{1,2})*)` does not."""
    for node in module.nodes:
        if not isinstance(node, ast.Constant):
            continue
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
        if "(?" in text and re.search(r"\)(?:[*+?]|\{\d*,?\d*\})\+", text):
            yield f"{module.at(node.lineno)}: {text}"


RULES = (
    groups_are_not_possessive,
    imports_are_absolute,
    imports_go_down_only,
    only_the_plugin_imports_pytest,
    the_model_needs_the_standard_library_alone,
    modules_and_functions_fit_a_glance,
    values_are_frozen_slotted_and_named,
    nothing_is_named_after_nothing,
    only_the_clock_reads_the_time,
)


@pytest.fixture(scope="module")
def broken() -> dict[str, list[str]]:
    """Where each rule is broken."""
    found: dict[str, list[str]] = {rule.__name__: [] for rule in RULES}
    for module in map(Module, MODULES):
        for rule in RULES:
            found[rule.__name__] += rule(module)
    return found


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_a_rule_of_the_house(rule: str, broken: dict[str, list[str]]) -> None:
    assert broken[rule] == []


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
