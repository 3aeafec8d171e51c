"""What is kept of a run, by the option and the settings; what happens when nothing can be kept."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.plugin.test_inboxes import PROVIDER, TOML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_synthetic.model.evidence import Artifact
    from tests.conftest import Ran


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b"no bank")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


ORDER = """
@pytest.mark.journey("Order")
def test_order(journey, api):
    with journey.step("order"):
        answer = api.post("/orders?token=quince", json={"slug": "kettle"})
    journey.attach("mine", "x")
    assert answer.ok is EXPECTED
"""
FAILS, PASSES = ORDER.replace("EXPECTED", "True"), ORDER.replace("EXPECTED", "False")


def listed(ran: Ran) -> list[str]:
    return [artifact.name for artifact in ran.run.artifacts]


def read(ran: Ran, pytester: pytest.Pytester, name: str) -> str:
    (artifact,) = [artifact for artifact in ran.run.artifacts if artifact.name == name]
    assert artifact.path
    return (pytester.path / artifact.path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "option", "kept"),
    [
        (FAILS, None, ["mine", "api exchanges"]),
        (PASSES, None, ["mine"]),
        (PASSES, "always", ["mine", "api exchanges"]),
        (FAILS, "never", ["mine"]),
    ],
)
def test_of_which_runs_evidence_is_kept(
    synthetic: Callable[..., Ran], address: str, source: str, option: str | None, kept: list[str]
) -> None:
    given = ("--synthetic-evidence", option) if option else ()
    ran = synthetic(source, *given, toml=f'base_url = "{address}"', fresh=True)

    assert listed(ran) == kept


def test_the_option_wins_over_the_setting(synthetic: Callable[..., Ran], address: str) -> None:
    toml = f'base_url = "{address}"\n[evidence]\nwhen = "never"'
    ran = synthetic(FAILS, "--synthetic-evidence=always", toml=toml, fresh=True)
    assert listed(ran) == ["mine", "api exchanges"]
    assert listed(synthetic(FAILS, toml=toml, fresh=True)) == ["mine"]


def test_what_the_server_said(synthetic: Callable[..., Ran], pytester: pytest.Pytester, address: str) -> None:
    ran = synthetic(FAILS, toml=f'base_url = "{address}"', fresh=True)

    told = read(ran, pytester, "api exchanges")
    assert "POST" in told
    assert "-> 500, " in told
    assert "< no bank" in told
    assert "quince" not in told
    (note,) = [note for note in ran.run.notes if note.startswith("POST")]
    assert note.startswith("POST /orders?token=... -> 500, ")
    assert note in ran.out


def test_the_messages_that_came(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(paper_inbox=PROVIDER)
    info = pytester.mkdir("paper_inbox-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paper-inbox\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic.inboxes]\npaper = paper_inbox:make\n", encoding="utf-8")
    pytester.syspathinsert()
    source = """
import paper_inbox

@pytest.mark.journey("Sign up")
def test_sign_up(journey, sms_inbox):
    with journey.step("receive"):
        with sms_inbox.expect(give_up="0.3s", matching="code"):
            paper_inbox.MADE[0].deliver(sms_inbox.address, "Tea week\\x1b[31m: 20 % off")
"""
    ran = synthetic(source, toml=TOML, fresh=True)

    assert ran.verdicts == ["failed"]
    told = read(ran, pytester, "messages")
    assert "to:       [redacted:phone]" in told
    assert told.startswith("channel:  sms\nfrom:     ")
    assert "step:     receive" in told
    assert told.endswith("\nTea week: 20 % off\n")


def test_a_folder_that_cannot_be_written_changes_no_verdict(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester, address: str
) -> None:
    (pytester.path / "occupied").write_text("a file")
    toml = f'base_url = "{address}"\nartifacts = "occupied"'

    failed, passed = synthetic(FAILS, toml=toml, fresh=True), synthetic(PASSES, toml=toml, fresh=True)

    assert (failed.verdicts, passed.verdicts) == (["failed"], ["passed"])
    assert listed(failed) == []
    assert "note: attachment 'api exchanges' could not be kept: " in failed.out


def test_old_evidence_leaves_at_the_end(synthetic: Callable[..., Ran], pytester: pytest.Pytester, address: str) -> None:
    root = pytester.path / ".synthetic" / "artifacts"
    old = root / "20200101-000000-0000000a"
    old.mkdir(parents=True)
    other = root / "notes"
    other.mkdir()

    synthetic("def test_no_journey(): pass", toml=f'base_url = "{address}"')
    assert old.is_dir()
    synthetic(PASSES, toml=f'base_url = "{address}"\n[evidence]\nkeep_days = 36500')
    assert old.is_dir()
    synthetic(PASSES, toml=f'base_url = "{address}"')

    assert not old.exists()
    assert other.is_dir()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('when = "sometimes"', "Valid: always, never, on-failure"),
        ('trace = "full"', "none of them"),
        ("har = 1", "true or false"),
        ("keep_runs = -1", "whole number of runs"),
        ("keep_runs = 0", "1 or more, got 0"),
        ('keep_days = "x"', "expected a number"),
        ("keep_days = -1", "number of days"),
        ('keep_size = "2 TB"', '"500 MB" or "2 GB"'),
        ("keep_size = true", '"500 MB" or "2 GB"'),
        ('screenshots = "on"', "no such setting"),
    ],
)
def test_a_setting_that_cannot_be_read(synthetic: Callable[..., Ran], table: str, told: str) -> None:
    ran = synthetic("def test_it(): pass", toml=f"[evidence]\n{table}")

    assert ran.result.ret == 4
    assert "synthetic.toml:2: evidence." in str(ran.result.stderr)
    assert told in str(ran.result.stderr)


def test_sizes(synthetic: Callable[..., Ran]) -> None:
    toml = '[evidence]\nkeep_size = "1.5 GB"\nkeep_runs = 3\nkeep_days = 0.5\ntrace = "retry"\ntime_limit = "5s"'
    assert synthetic("@pytest.mark.journey('J')\ndef test_it(): pass\n", toml=toml).verdicts == ["passed"]


def artifact_paths(artifacts: tuple[Artifact, ...]) -> list[str | None]:
    return [artifact.path for artifact in artifacts]


def test_workers_keep_evidence_as_one_process_does(synthetic: Callable[..., Ran], address: str) -> None:
    toml = f'base_url = "{address}"'
    ran = synthetic(FAILS, "-n1", toml=toml, fresh=True)

    assert listed(ran) == ["mine", "api exchanges"]
    assert all(path and path.startswith(".synthetic/artifacts/") for path in artifact_paths(ran.run.artifacts))
