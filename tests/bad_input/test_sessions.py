"""What is refused before anything runs, and what a hostile product may not do to a terminal or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.plaintext import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

JOURNEY = '@pytest.mark.journey("J")\ndef test_it(): raise SystemError("must not run")\n'


@pytest.mark.parametrize(
    ("arguments", "toml", "told"),
    [
        (["--synthetic-region=mars"], "", '*region "mars" is not defined*'),
        (["--synthetic-region=eu"], '[regions.eu]\nlocale = "fr-FR"\n', "*cannot be reached from this machine*"),
        (["--synthetic-config=none.toml"], "", "*--synthetic-config none.toml: no such file*"),
        ([], "[regions.eu\n", "*synthetic.toml:1: not valid TOML*"),
        ([], 'sla = "harsh"\n', "*synthetic.toml:1: sla: 'harsh' is no SLA mode*"),
    ],
)
def test_a_usage_error_before_anything_runs(
    synthetic: Callable[..., Ran], arguments: list[str], toml: str, told: str
) -> None:
    ran = synthetic(JOURNEY, *arguments, toml=toml)

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines([told])
    assert "Traceback" not in str(ran.result.stderr) + ran.out


def test_a_jsonl_path_that_cannot_be_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n" + JOURNEY)
    result = pytester.runpytest_inprocess("--synthetic-jsonl", str(pytester.path))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--synthetic-jsonl*cannot be written: Is a directory*"])


def test_jsonl_is_appended_to_and_never_truncated(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.journey('J')\ndef test_it(): pass\n")
    log = pytester.path / "new" / "folder" / "runs.jsonl"
    for _ in range(2):
        pytester.runpytest_inprocess("--synthetic-jsonl", str(log))

    assert len(log.read_text(encoding="utf-8").splitlines()) == 2


HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\u202egnp\x00 <script>alert(1)</script> \ud83d"


def test_hostile_text_stays_text(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(f"""
TITLE = {HOSTILE!r}
@pytest.mark.journey(TITLE, owner=TITLE)
def test_it(journey):
    with journey.step(TITLE):
        journey.measure(TITLE, 1, "s")
        journey.attach("../../etc/passwd" + TITLE, TITLE, "text/html")
        print(TITLE.replace("\\ud83d", ""))
        assert TITLE == "Kettle"
""")

    assert ran.run.verdict == "failed"
    assert "red" in ran.out
    assert "\x1b" not in ran.out
    assert "\x00" not in ran.out
    assert "\u202e" not in ran.out
    (artifact,) = ran.run.artifacts
    assert artifact.path
    assert ".." not in artifact.path
    assert artifact.path.startswith(".synthetic/artifacts/")


def test_colours_of_pytest_itself_stay(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.journey('J')\ndef test_it(): assert 0\n")
    result = pytester.runpytest_inprocess("--color=yes")

    assert "\x1b[31m" in str(result.stdout)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain é 日本 🫖", "plain é 日本 🫖"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\rb\r\nc", "a\nb\nc"),
        ("nul\x00bell\x07", "nul\ufffdbell\ufffd"),
        ("c1\x9b31m", "c1\ufffd31m"),
        ("\u202eevil", "\ufffdevil"),
        ("half \ud800", "half \ufffd"),
        ("tab\tnewline\n", "tab\tnewline\n"),
        ("\x1b", ""),
    ],
)
def test_plain_text(text: str, safe: str) -> None:
    assert plain(text) == safe


def test_one_line_is_cut_with_an_ellipsis() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
