"""Jenkins: a declarative pipeline for each schedule, with the regions as a matrix on one agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project
    from pytest_synthetic.scheduler.export.timing import Timing

HOST = timing.Host(name="Jenkins", either=False, both=True, hashed=True)
TOGETHER = True
SETUP = 15

CANNOT = (
    "The trigger counts from the first build on: start it once by hand, and again when the schedule changed.",
    (
        "H spreads jobs over the minutes: it stands for a minute that Jenkins makes of the job's name. The "
        "interval is kept, the minute is Jenkins'."
    ),
    "A build that waits for a free executor starts late. What came due while Jenkins was down is not run, nor told.",
    "A time that the clock change leaves out is not run that day; one that comes twice runs twice.",
    (
        "What stays between builds lies in the workspace: give the label to one agent, or each agent has a "
        "history of its own. For one history, set [history] url to PostgreSQL. The results of each build are "
        "archived."
    ),
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """The Jenkinsfile of a batch, and how its schedule is not kept as marked. Raises CannotKeep."""
    kept = timing.timing(batch.schedule, HOST, batch.name)
    return [File(path=f"jenkins/synthetic-{batch.name}.Jenkinsfile", text=_text(project, batch, kept))], kept.moved


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """What is written once for all batches: nothing."""
    del project, kept
    return []


def _text(project: Project, batch: Batch, kept: Timing) -> str:
    use = [
        "Make a Pipeline job with this file as its script path. Start it by hand: Build Now.",
        "Give one agent the label synthetic.",
        *secrets(project, "Manage Jenkins, Credentials, as secret texts whose ID is the name"),
        "Say in `post` whom Jenkins tells of a build that failed.",
    ]
    head = header("jenkins", project, batch=batch, moved=kept.moved, cannot=CANNOT, use=use, sign="//")
    limit = timing.limit(kept.gap, project.time_limit)
    names = "".join(f"        {name} = credentials({groovy(name)})\n" for name in project.secrets)
    names = f"    environment {{\n{names}    }}\n" if names else ""
    return f"""\
{head}\
pipeline {{
    agent {{ label 'synthetic' }}
    triggers {{
        cron({groovy(_trigger(kept))})
    }}
    options {{
        disableConcurrentBuilds()
        timeout(time: {-(-limit // 60) + SETUP}, unit: 'MINUTES')
        buildDiscarder(logRotator(numToKeepStr: '500', artifactNumToKeepStr: '100'))
    }}
{names}\
    stages {{
        stage('Install') {{
            steps {{
                // Put here what installs your project.
{_sh(_within(project, _install(project, batch)), 16)}\
            }}
        }}
{_matrix(project, batch, limit)}\
    }}
    post {{
        always {{
{_sh(_within(project, [". .venv/bin/activate", *_reports(project, batch)]), 12)}\
{_archived(project)}\
        }}
    }}
}}
"""


def _matrix(project: Project, batch: Batch, limit: int) -> str:
    lines = [". .venv/bin/activate", *script.run(batch, limit=limit, out="out/$REGION"), *script.end(batch)]
    return f"""\
        stage('Journeys') {{
            matrix {{
                axes {{
                    axis {{
                        name 'REGION'
                        values {", ".join(map(groovy, batch.regions))}
                    }}
                }}
                stages {{
                    stage('Run') {{
                        steps {{
{_sh(_within(project, lines), 28)}\
                        }}
                    }}
                }}
            }}
        }}
"""


def _trigger(kept: Timing) -> str:
    return "\n".join([f"TZ={kept.zone}", *kept.crons])


def _install(project: Project, batch: Batch) -> list[str]:
    commands = script.install(project.install, browser=batch.browser)
    return ["python3 -m venv .venv", ". .venv/bin/activate", "rm -rf out", *commands]


def _reports(project: Project, batch: Batch) -> list[str]:
    """One report of all regions: their trends lie in one folder."""
    each = " ".join(f"out/{region}/allure-results" for region in batch.regions)
    gather = f'mkdir -p out/allure-results && for one in {each}; do cp -R "$one/." out/allure-results/ || true; done'
    return [gather, f"{script.report('out', project.state)} || true"]


def _archived(project: Project) -> str:
    out = "out" if project.folder == "." else f"{project.folder}/out"
    return (
        f"            junit allowEmptyResults: true, testResults: {groovy(f'{out}/*/junit.xml')}\n"
        f"            archiveArtifacts allowEmptyArchive: true, artifacts: {groovy(f'{out}/**')}\n"
    )


def _within(project: Project, lines: list[str]) -> list[str]:
    return lines if project.folder == "." else [f"cd {script.quoted(project.folder)}", *lines]


def _sh(lines: list[str], spaces: int) -> str:
    """A step that runs a script: a text of Groovy's in which nothing is replaced."""
    text = script.indented([_escaped(line) for line in lines], spaces + 4)
    return f"{' ' * spaces}sh '''\n{text}{' ' * spaces}'''\n"


def groovy(text: str) -> str:
    """A text as a literal of Groovy."""
    escaped = _escaped(text).replace("\n", "\\n")
    return f"'{escaped}'"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
