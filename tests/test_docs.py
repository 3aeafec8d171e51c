"""The documentation against the code: every name is documented, every link leads somewhere, every snippet is read.

Names come from the code itself, so that what is added there is missed here.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import textwrap
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click
import pytest

import pytest_synthetic
from pytest_synthetic import plugin
from pytest_synthetic.analysis import gate
from pytest_synthetic.channels import web_vitals
from pytest_synthetic.channels.exchange import Exchange
from pytest_synthetic.cli import agents, alerts_backtest, incident_rows, listing
from pytest_synthetic.cli import maintenance as maintenance_command
from pytest_synthetic.config import files, settings
from pytest_synthetic.core import redact_patterns
from pytest_synthetic.core.journey import Journey
from pytest_synthetic.demo.faults import Fault as DemoFault
from pytest_synthetic.errors import SyntheticError
from pytest_synthetic.history import (
    answers_compare,
    answers_flakes,
    answers_gate,
    answers_owners,
    answers_runs,
    answers_slo,
    answers_steps,
    queries,
)
from pytest_synthetic.incidents import backtest, explaining, trial
from pytest_synthetic.model import alerting, evidence, maintenance, plan, region, run, sla
from pytest_synthetic.model.journey import Criticality, Stage
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.plugin import hooks, markers, options
from pytest_synthetic.reports import otlp_figures, otlp_spans
from pytest_synthetic.reports.prometheus_series import FAMILIES, Variant
from pytest_synthetic.scheduler import pulse_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "conftest_examples").glob("*/*.md")],
    key=lambda path: path.as_posix(),
)
SHAPED = {
    "marks.md": ("Values", "Default", "Example", "Errors"),
    "fixtures.md": ("Values", "Default", "Example", "Errors"),
    "options.md": ("Values", "Default", "Example", "Errors"),
    "settings.md": ("Values", "Default", "Example", "Errors"),
    "hooks.md": ("Values", "Default", "Example", "Errors"),
    "errors.md": ("Raised when", "Verdict", "What to do"),
    "commands.md": ("Example", "Errors"),
}
"""What every entry (a heading with a name in code) of a page must have."""

LINE_LIMITS = {"README.md": 130, "ARCHITECTURE.md": 60}


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def title(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)


def entries(name: str) -> dict[str, str]:
    """The entries of a reference page: the name in the heading, and all up to the next heading of its level."""
    parts = re.split(r"^## `(.+?)`\n", text(REFERENCE / name), flags=re.MULTILINE)
    bodies = [re.split(r"^# |^## ", body, maxsplit=1, flags=re.MULTILINE)[0] for body in parts[2::2]]
    return dict(zip(parts[1::2], bodies, strict=True))


def section(name: str, heading: str) -> str:
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", text(REFERENCE / name), re.DOTALL | re.MULTILINE
    )
    assert found, f"{name} has no section {heading!r}"
    return found[2]


def first_column(markdown: str) -> set[str]:
    """The names in code in the first column of the tables."""
    cells = re.findall(r"^\| ([^|]+) \|", markdown, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def missing(names: Iterable[str], documented: Iterable[str]) -> list[str]:
    return sorted(set(names) - set(documented))


def every_fixture() -> Iterator[str]:
    """The fixtures that the modules of the plugin define."""
    for path in Path(plugin.__path__[0]).glob("*.py"):
        for node in ast.parse(text(path)).body:
            marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            if isinstance(node, ast.FunctionDef) and any("pytest.fixture" in ast.unparse(mark) for mark in marks):
                yield node.name


def names(kind: type, *, but: Iterable[str] = ()) -> set[str]:
    return {field.name for field in fields(kind)} - set(but)


class _Options:
    """Stands for pytest's parser, and remembers what is added to it."""

    def __init__(self) -> None:
        self.options: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []

    def getgroup(self, *_: object) -> _Options:
        return self

    def addoption(self, *spelled: str, **more: Any) -> None:
        if more["help"] != argparse.SUPPRESS:  # the scheduler's own
            self.options |= dict.fromkeys(spelled, more)

    def addini(self, name: str, *_: object, **__: object) -> None:
        self.keys.append(name)


def added() -> _Options:
    parser: Any = _Options()
    options.add(parser)
    found: _Options = parser
    return found


def every_error() -> Iterator[type[SyntheticError]]:
    for module in pkgutil.walk_packages(pytest_synthetic.__path__, "pytest_synthetic."):
        if not {"journeys", "migrations", "__main__"} & set(module.name.split(".")):
            importlib.import_module(module.name)
    waiting: list[type[SyntheticError]] = [SyntheticError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("pytest_synthetic."):  # outcomes.told makes classes as it goes, in `builtins`
            yield kind


# -- every name has its entry ----------------------------------------------------------------------------------------


def test_marks() -> None:
    marks = {re.split(r"[(:]", line, maxsplit=1)[0] for line in markers.LINES}
    assert set(entries("marks.md")) == marks


def test_arguments_of_marks() -> None:
    documented = entries("marks.md")
    for line in markers.LINES:
        mark, _, arguments = line.partition(":")[0].partition("(")
        for name in re.findall(r"(?<![\"\w])([a-z_]+)(?=[=,)])", arguments):
            if name not in ("names", "measurements"):
                assert f"`{name}`" in documented[mark], f"argument {name} of {mark}"
    for value in (*Stage, *Criticality):
        assert f'"{value}"' in documented["journey"], value


def test_network_profiles() -> None:
    assert not missing(region.NETWORKS, first_column(entries("marks.md")["network"]))


def test_fixtures() -> None:
    assert set(entries("fixtures.md")) == set(every_fixture())


def test_members_of_journey() -> None:
    members = {name for name in vars(Journey) if not name.startswith("_")}
    shown = {
        re.split(r"[(]", name.removeprefix("journey."))[0] for name in first_column(entries("fixtures.md")["journey"])
    }
    assert members == shown


def test_options() -> None:
    found = added().options
    assert set(entries("options.md")) == set(found)
    for name, body in entries("options.md").items():
        for choice in found[name].get("choices", ()):
            assert f"`{choice}`" in body, f"value {choice} of {name}"


def test_ini_keys() -> None:
    assert not missing(added().keys, first_column(text(REFERENCE / "ini.md")))


def test_settings() -> None:
    documented = entries("settings.md")
    tables = {"[api]", "[browser]", "[created]", "[regions.NAME]", "[networks.NAME]", "[inboxes.NAME]", "[otp.NAME]"}
    tables |= {
        "[alerts.NAME]",
        "[confirm]",
        "[maintenance.NAME]",
        "[control]",
        "[evidence]",
        "[fleet]",
        "[history]",
        "[metrics]",
        "[metrics.push.NAME]",
        "[policies.NAME]",
        "[production]",
        "[redact]",
        "[runner]",
        "[schedule]",
        "[secrets]",
        "[watch]",
    }
    shown = ("source", *(table.strip("[]").removesuffix(".NAME") for table in tables))
    own = names(settings.Settings, but=shown)
    assert own | tables <= set(documented)
    assert first_column(documented["[alerts.NAME]"]) == names(alerting.Route, but=("name", "unset", "partly"))
    assert first_column(documented["[api]"]) == names(settings.ApiSettings)
    assert first_column(documented["[browser]"]) == names(settings.BrowserSettings)
    assert all(f"`{sign}`" in documented["[browser]"] for sign in settings.PageSign)
    assert first_column(documented["[confirm]"]) == names(settings.ConfirmSettings)
    assert first_column(documented["[evidence]"]) == names(settings.EvidenceSettings)
    assert first_column(documented["[fleet]"]) == names(settings.FleetSettings)
    assert first_column(documented["[history]"]) == names(settings.HistorySettings)
    assert first_column(documented["[maintenance.NAME]"]) == names(maintenance.Maintenance, but=("name",))
    assert first_column(documented["[policies.NAME]"]) == names(alerting.Policy, but=("name", "lasts")) | {"for"}
    assert all(f"`{verdict}`" in documented["[policies.NAME]"] for verdict in alerting.ALERTING)
    assert all(f"`{severity}`" in documented["[policies.NAME]"] for severity in alerting.Severity)
    assert first_column(documented["[production]"]) == names(settings.ProductionSettings)
    assert first_column(documented["[metrics]"]) == names(settings.MetricsSettings)
    assert first_column(documented["[metrics.push.NAME]"]) == names(settings.PushSettings, but=("name",))
    assert all(f'`"{kind}"`' in documented["[metrics.push.NAME]"] for kind in settings.PushTo)
    assert first_column(documented["[control]"]) == names(settings.ControlSettings)
    assert first_column(documented["[watch]"]) == names(settings.WatchSettings)
    assert first_column(documented["[created]"]) == names(settings.CreatedSettings)
    assert first_column(documented["[redact]"]) >= names(settings.RedactSettings)
    assert {f"`{name}`" for name in redact_patterns.FIELDS} <= set(re.findall("`[^`]+`", documented["[redact]"]))
    assert {f"`{name.title()}`" for name in redact_patterns.HEADERS} <= set(
        re.findall("`[^`]+`", documented["[redact]"])
    )
    assert first_column(documented["[schedule]"]) == names(settings.ScheduleSettings)
    assert first_column(documented["[secrets]"]) == names(settings.SecretSettings, but=("name",))
    assert first_column(documented["[regions.NAME]"]) == names(region.Region, but=("name", "here"))
    assert first_column(documented["[networks.NAME]"]) == names(region.Network, but=("name",))
    assert first_column(documented["[inboxes.NAME]"]) == names(settings.InboxSettings, but=("name", "options"))
    for key in names(region.Geolocation):
        assert f"`{key}`" in documented["[regions.NAME]"], key


def test_variables_of_the_environment() -> None:
    read = set()
    for path in Path(pytest_synthetic.__file__).parent.rglob("*.py"):
        read |= set(re.findall(r'"(SYNTHETIC_[A-Z_]+)"', text(path)))
    assert read
    assert not missing(read, entries("settings.md"))


def test_hooks() -> None:
    found = {name: hook for name, hook in vars(hooks).items() if name.startswith("pytest_")}
    documented = entries("hooks.md")
    assert set(documented) == set(found)
    for name, hook in found.items():
        assert f"{name}({', '.join(inspect.signature(hook).parameters)})" in documented[name]


def test_methods_of_a_listener() -> None:
    from pytest_synthetic.core.ports import Listener

    methods = {name for name in vars(Listener) if not name.startswith("_")}
    shown = {name.partition("(")[0] for name in first_column(entries("hooks.md")["pytest_synthetic_listeners"])}
    assert methods == shown


def test_errors() -> None:
    found = {kind.__name__ for kind in every_error()} - {"Degraded"}  # SlaBreach, as pytest shows it
    assert set(entries("errors.md")) == found
    tree = re.findall(r"^[│ ├└─]*(\w+)", re.search(r"```text\n(SyntheticError\n.*?)```", text(REFERENCE / "errors.md"), re.DOTALL)[1], re.MULTILINE)  # type: ignore[index]  # fmt: skip
    assert set(tree) == found


@pytest.mark.parametrize(
    "kind", [run.RunResult, run.StepResult, run.Measurement, run.Failure, sla.Breach, evidence.Artifact]
)
def test_fields_of_the_record(kind: type) -> None:
    assert first_column(section("record.md", kind.__name__)) == names(kind)


def test_verdicts_and_faults() -> None:
    assert first_column(section("record.md", "Verdicts")) == {verdict.value for verdict in Verdict}
    assert first_column(section("record.md", "Faults")) == {fault.value for fault in Fault}


def test_measurements() -> None:
    phases = names(Exchange) & {"dns", "connect", "tls", "first_byte", "download", "total"}
    assert first_column(section("measurements.md", "Web vitals")) == set(web_vitals.NAMES.values())
    assert first_column(section("measurements.md", "The API")) == {f"api.{phase}" for phase in phases}


def test_metrics() -> None:
    assert first_column(section("metrics.md", "Prometheus")) == {family.name for family in FAMILIES}
    told = text(REFERENCE / "metrics.md")
    for label in (*Variant._fields, *(name for family in FAMILIES for name in family.labels)):
        assert f"`{label}`" in told, label
    for module in (otlp_spans, otlp_figures):
        for name in re.findall(r'"(synthetic\.[a-z_.]+|test\.case[a-z_.]+|vcs[a-z_.]+)"', inspect.getsource(module)):
            assert f"`{name}`" in told, name


def test_metrics_of_the_monitor() -> None:
    told = section("metrics.md", "The monitor")
    assert first_column(told) == {family.name for family in pulse_series.SERIES}
    for family in pulse_series.SERIES:
        row = next(line for line in told.splitlines() if f"`{family.name}`" in line)
        assert all(f"`{label}`" in row for label in family.labels), family.name
        assert (" counter " in row) is family.counter, family.name


def test_faults_of_the_demo_shop() -> None:
    assert first_column(section("commands.md", "Faults of the demo shop")) == {fault.value for fault in DemoFault}


def commands() -> dict[str, click.Command]:
    cli = pytest.importorskip("pytest_synthetic.cli")
    group: click.Group = cli.synthetic
    return dict(every_command(group))


def every_command(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """The commands with those of groups; a group that does nothing by itself is none."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            assert command
            yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")


def test_commands() -> None:
    documented = entries("commands.md")
    assert set(documented) == {f"synthetic {name}" for name in commands()}
    for name, command in commands().items():
        body = documented[f"synthetic {name}"]
        for parameter in command.params:
            shown = [parameter.make_metavar(click.Context(command)).strip("[]")] if parameter.param_type_name == "argument" else [o for o in parameter.opts if o.startswith("--")]  # fmt: skip
            for spelled in shown:
                assert re.search(rf"\| `{re.escape(spelled)}[` ]", body), f"{spelled} of synthetic {name}"


ROWS = {
    "synthetic list": (listing.PlanLine, listing.Unwatched, plan.Unreadable),
    "synthetic agents": (agents.Row,),
    "synthetic alerts test": (trial.Trial,),
    "synthetic alerts explain": (explaining.Explained,),
    "synthetic alerts backtest": (backtest.Score, alerts_backtest.RealLine),
    "synthetic incidents": (incident_rows.IncidentLine,),
    "synthetic incidents show": (incident_rows.CaseLine, incident_rows.EntryLine, incident_rows.LetterLine),
    "synthetic maintenance list": (maintenance_command.Row,),
    "synthetic history": (queries.RunLine, answers_runs.Summary, answers_runs.Point),
    "synthetic slo": (answers_slo.TargetRow,),
    "synthetic steps": (answers_steps.StepRow,),
    "synthetic compare": (answers_compare.ChangeRow, answers_compare.FailuresRow),
    "synthetic owners": (answers_owners.OwnerRow, answers_owners.PartRow),
    "synthetic flakes": (answers_flakes.FlakeRow,),
    "synthetic gate": (answers_gate.JudgedRow, gate.Reason),
}
"""The keys of JSON that programs of others rely on."""


@pytest.mark.parametrize("command", ROWS)
def test_keys_of_json(command: str) -> None:
    told = entries("commands.md")[command].partition("**JSON**")[2]
    wanted = {name for kind in ROWS[command] for name in names(kind)}
    assert not missing(wanted, re.findall(r"`(\w+)`", told))


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", SHAPED)
def test_every_entry_has_the_shape_of_its_page(document: str) -> None:
    for name, body in entries(document).items():
        lacks = [part for part in SHAPED[document] if f"**{part}**" not in body]
        assert not lacks, f"{document}: {name} lacks {', '.join(lacks)}"


@pytest.mark.parametrize("document", PAGES, ids=title)
def test_no_link_is_dead(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if "://" in target:
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), f"{title(document)}: {target}"
        assert found.is_relative_to(ROOT), f"{title(document)}: {target}"
        if anchor:
            assert anchor in anchors(found), f"{title(document)}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to headings: lower case, without signs, spaces as dashes."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES, ids=title)
def test_tables_have_as_many_cells_in_every_row(document: Path) -> None:
    for table in re.findall(r"(?:^\|.*\|$\n?)+", prose(document), re.MULTILINE):
        rows = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
        assert len(set(rows)) == 1, f"{title(document)}: {table}"
        assert re.fullmatch(r"\|(?:-+\|)+", table.splitlines()[1]), f"{title(document)}: {table}"


@pytest.mark.parametrize(("document", "most"), LINE_LIMITS.items())
def test_pages_that_stay_short(document: str, most: int) -> None:
    assert len(text(ROOT / document).splitlines()) <= most


def test_every_page_can_be_found() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in (ROOT / "README.md", ROOT / "docs" / "index.md")
        for target in re.findall(r"\]\(([^)\s]+)\)", text(page))
        if "://" not in target
    }
    assert not [title(page) for page in (ROOT / "docs").rglob("*.md") if page not in linked and page.name != "index.md"]


@pytest.mark.parametrize("document", PAGES, ids=title)
def test_console_output_is_80_columns_wide(document: Path) -> None:
    for language, block, _ in blocks(document):
        if language == "console":
            assert max(map(len, block.splitlines())) <= 80, f"{title(document)}: {block}"


# -- snippets --------------------------------------------------------------------------------------------------------


def blocks(page: Path) -> Iterator[tuple[str, str, int]]:
    """The code blocks of a page: language, text, line."""
    source = text(page)
    for found in re.finditer(r"^( *)```(\w+)\n(.*?)^ *```", source, re.DOTALL | re.MULTILINE):
        yield found[2], textwrap.dedent(found[3]), source.count("\n", 0, found.start()) + 1


def snippets(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{title(page)}:{line}")
        for page in PAGES
        for found, block, line in blocks(page)
        if found == language
    ]


@pytest.mark.parametrize("source", snippets("python"))
def test_python_compiles(source: str) -> None:
    compile(source, "snippet", "exec")


class _Anything(dict[str, str]):
    """An environment in which every variable is set, such that an address made of it can be read."""

    def __contains__(self, name: object) -> bool:
        return name != files.HERE

    def __missing__(self, name: str) -> str:
        return "http://127.0.0.1:8080"

    def get(self, name: str, default: Any = None) -> Any:
        return default if name == files.HERE else self[name]


@pytest.mark.parametrize("source", snippets("toml"))
def test_toml_is_a_settings_file(source: str, tmp_path: Path) -> None:
    path = tmp_path / "synthetic.toml"
    # A variable beside a login is no address.
    path.write_text(re.sub(r":\$\{\w+\}@", ":secret@", source), encoding="utf-8")
    assert files.load(path, _Anything()).source == path


@pytest.mark.slow
def test_journeys_of_the_snippets_can_be_collected(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text('[regions.eu-west]\nproxy = "http://127.0.0.1:9"\n', encoding="utf-8")
    count = 0
    for number, snippet in enumerate(snippets("python")):
        (source,) = snippet.values
        if "def test_" in str(source):
            count += str(source).count("def test_")
            # Ids need only be unique in one suite; each snippet is one.
            (tmp_path / f"test_{number}.py").write_text(
                str(source).replace('id="checkout"', f'id="{number}"'), encoding="utf-8"
            )

    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--strict-markers"]
    command += ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SYNTHETIC"))}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("::test_") >= count > 10


def test_the_options_parser_stands_for_pytests() -> None:
    """What the double above takes, a real parser takes as well."""
    real = argparse.ArgumentParser()
    for name, more in added().options.items():
        real.add_argument(name, **more)
    assert real.parse_args([])
