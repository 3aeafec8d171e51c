"""GitHub Actions: a workflow for each schedule, with the regions as a matrix."""

from __future__ import annotations

from posixpath import join, normpath
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project
    from pytest_synthetic.scheduler.export.timing import Timing

HOST = timing.Host(name="GitHub Actions", floor=300.0)
TOGETHER = True
SETUP = 15
"""Minutes that a job may take beside pytest: to install, to restore and to save what stays."""

CHECKOUT = "actions/checkout@v6"
PYTHON = "actions/setup-python@v6"
RESTORE = "actions/cache/restore@v5"
SAVE = "actions/cache/save@v5"
UPLOAD = "actions/upload-artifact@v6"
"""The first versions on Node.js 24: the runners have no Node.js 20 any more."""

CANNOT = (
    "Nothing runs more often than every 5 minutes, and no start is on time: minutes late as a rule, hours at times.",
    (
        "Runs are dropped when GitHub is busy, most of all at minute 0. A dropped run leaves no trace here, and "
        "history knows nothing of it: have the heartbeat, or alerts on metrics that stop, tell you."
    ),
    "In a public repository schedules are switched off after 60 days without activity.",
    "Schedules run on the default branch alone, and not in forks.",
    "A run that finds the one before still going waits. A third one takes its place, and it is not run.",
    (
        "What stays between runs is a cache: GitHub removes it after 7 days without use, and the oldest above 10 "
        "GB a repository ([evidence] keep_size bounds ours). Each region has a history of its own. For one "
        "history that is not lost, set [history] url to PostgreSQL."
    ),
    "In a private repository every run of every region is billed as whole minutes.",
)
ZONE = (
    "`timezone` is a newer key of GitHub's: linters of before 2026 refuse it, and an old GitHub Enterprise Server may "
    "ignore it. A time that the clock change leaves out is run at the next time that there is."
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """The workflow of a batch, and how its schedule is not kept as marked. Raises CannotKeep."""
    kept = timing.timing(batch.schedule, HOST, batch.name)
    text = _header(project, batch, kept) + _events(batch, kept) + _job(project, batch, kept)
    return [File(path=f".github/workflows/synthetic-{batch.name}.yml", text=text)], kept.moved


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """What is written once for all batches: nothing."""
    del project, kept
    return []


def _header(project: Project, batch: Batch, kept: Timing) -> str:
    use = [
        "Commit it on the default branch. Start it by hand: Actions, this workflow, Run workflow.",
        *secrets(project, "Settings, Secrets and variables, Actions"),
        "GitHub mails failed scheduled runs to whoever last changed the schedule; set up others in its notifications.",
        (
            "Actions are pinned by tag. To pin one by commit: git ls-remote https://github.com/actions/checkout "
            "v6, and write the 40 digits in place of the tag."
        ),
    ]
    cannot = [*CANNOT, *([ZONE] if kept.zone != "UTC" else [])]
    return header("github", project, batch=batch, moved=kept.moved, cannot=cannot, use=use)


def _events(batch: Batch, kept: Timing) -> str:
    lines = []
    for line in kept.crons:
        lines.append(f"    - cron: {script.yaml(line)}")
        lines += [f"      timezone: {script.yaml(kept.zone)}"] if kept.zone != "UTC" else []
    return "\n".join([
        f"name: {script.yaml(f'synthetic {batch.name}')}",
        "",
        "on:",
        "  schedule:",
        *lines,
        "  workflow_dispatch: {}",
        "",
        "permissions:",
        "  contents: read",
        "",
        "",
    ])  # fmt: skip


def _job(project: Project, batch: Batch, kept: Timing) -> str:
    limit = timing.limit(kept.gap, project.time_limit)
    head = f"""\
jobs:
  journeys:
    name: ${{{{ matrix.region }}}}
    runs-on: ubuntu-latest
    timeout-minutes: {-(-limit // 60) + SETUP}
    strategy:
      fail-fast: false
      matrix:
        region: [{", ".join(map(script.yaml, batch.regions))}]
    concurrency:
      group: synthetic-{batch.name}-${{{{ matrix.region }}}}
      cancel-in-progress: false
"""
    if project.folder != ".":
        head += f"    defaults:\n      run:\n        working-directory: {script.yaml(project.folder)}\n"
    return head + "    steps:\n" + _before(project, batch) + _run(project, batch, limit) + _after(project, batch)


def _before(project: Project, batch: Batch) -> str:
    install = script.install(project.install, browser=batch.browser)
    return f"""\
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - uses: {PYTHON}
        with:
          python-version: {script.yaml(project.python)}
{_shell("Install (put here what installs your project)", install)}\
      - name: Restore history and evidence
        uses: {RESTORE}
        with:
          path: {script.yaml(_path(project, project.state))}
          key: {_key(batch)}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: {_key(batch)}
"""


def _run(project: Project, batch: Batch, limit: int) -> str:
    lines = [*script.run(batch, limit=limit, out="out"), *script.end(batch)]
    return _shell("Run the journeys", lines, keys=_environment(project))


def _after(project: Project, batch: Batch) -> str:
    always = "        if: ${{ always() }}\n        continue-on-error: true\n"
    return f"""\
{_shell("Make the report", [script.report("out", project.state)], keys=always)}\
      - name: Keep history and evidence, also of a run that failed
        if: ${{{{ always() }}}}
        uses: {SAVE}
        with:
          path: {script.yaml(_path(project, project.state))}
          key: {_key(batch)}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - name: Upload the results, also of a run that failed
        if: ${{{{ always() }}}}
        uses: {UPLOAD}
        with:
          name: {_key(batch)}${{{{ github.run_attempt }}}}
          path: {script.yaml(_path(project, "out"))}
          if-no-files-found: ignore
          retention-days: 14
"""


def _key(batch: Batch) -> str:
    return f"synthetic-{batch.name}-${{{{ matrix.region }}}}-"


def _path(project: Project, path: str) -> str:
    """A path as actions take it: from the top of the repository."""
    return normpath(join(project.folder, path))


def _environment(project: Project) -> str:
    names = dict.fromkeys((*project.secrets, "HEARTBEAT_URL"))
    told = "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in names)
    return f"        env:\n          REGION: ${{{{ matrix.region }}}}\n{told}"


def _shell(name: str, lines: list[str], *, keys: str = "") -> str:
    return f"      - name: {name}\n{keys}        run: |\n{script.indented(lines, 10)}"
