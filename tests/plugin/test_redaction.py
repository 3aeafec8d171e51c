"""The door in pytest: what a session writes and prints, without the secrets it was told of."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.each_text import rewritten
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.plugin import redaction
from pytest_synthetic.plugin.learning import Learning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran

SECRET = "kiwi-4711-Quartz"
TOML = '[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n'
SHOWN = "[redacted:SHOP_PASSWORD]"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)


def files(folder: Path) -> str:
    """All that was written under `folder`, but for the tests themselves, with the names of the files."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}]
    return "\n".join(str(path.relative_to(folder)) + "\n" + path.read_text("utf-8", "replace") for path in found)


def test_a_failing_journey_shows_the_placeholder_everywhere(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    ran = synthetic(
        f"""
import logging, os, sys, warnings
@pytest.fixture
def password():
    return os.environ["SHOP_PASSWORD"]

@pytest.mark.journey("Log in")
@pytest.mark.parametrize("given", ["{SECRET}"])
def test_it(journey, password, given, record_property):
    word = os.environ["SHOP_PASSWORD"]
    record_property("used", word)
    print("out", word); print("err", word, file=sys.stderr)
    logging.getLogger().warning("log %s", word)
    with journey.step("with " + word):
        journey.measure("count " + word, 1)
        journey.attach("name " + word, "body " + word)
        assert word == "something else"
""",
        "-l", "-rA", "--log-file=log.txt", "--junitxml=junit.xml", "-o", "junit_logging=all", "-o", "junit_family=xunit1",
        "-p", "cacheprovider",
        toml=TOML,
    )  # fmt: skip

    assert ran.verdicts == ["failed"]
    assert SECRET not in ran.out + str(ran.result.stderr)
    assert SECRET not in files(pytester.path)
    assert ran.run.nodeid == f"test_shop.py::test_it[{SHOWN}]"
    assert ran.run.steps[0].name == f"with {SHOWN}"
    assert [measured.name for measured in ran.run.measurements] == [f"count {SHOWN}"]
    assert ran.run.failure is not None
    assert ran.run.failure.message.startswith(f"assert '{SHOWN}'")
    for told in (f"word       = '{SHOWN}'", f"given = '{SHOWN}'", f"out {SHOWN}", f"err {SHOWN}", f"log {SHOWN}"):
        assert told in ran.out
    assert f"log {SHOWN}" in (pytester.path / "log.txt").read_text()
    assert f'name="used" value="{SHOWN}"' in (pytester.path / "junit.xml").read_text()


def test_with_s_what_a_test_prints_passes_too(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        f"""
@pytest.mark.journey("J")
def test_it():
    print("whole {SECRET}")
    print("{SECRET[:7]}", end=""); print("{SECRET[7:]}")
    print("no secret", end="")
""",
        "-s", toml=TOML,
    )  # fmt: skip

    assert SECRET not in ran.out
    assert f"whole {SHOWN}\n{SHOWN}\nno secret" in ran.out


def test_a_long_value_is_broken_over_lines(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse battery staple of the kiwi")
    ran = synthetic(
        """
import os, pprint
@pytest.mark.journey("J")
def test_it():
    word = os.environ["SHOP_PASSWORD"]
    told = {"a long name": ["something before the word", f"the word that nobody may see is {word} and so on"] * 2}
    pprint.pprint(told)
    assert told == {"a long name": []}
""",
        "-vv", "-l", "--junitxml=junit.xml", "-o", "junit_logging=all", "--alluredir=out", "-p", "allure_pytest", toml=TOML,
    )  # fmt: skip

    for text in (ran.out, files(pytester.path)):
        assert re.search(
            rf"'the word that nobody may see is {re.escape(SHOWN)}'\n.* '{re.escape(SHOWN)} and so on'", text
        )
        assert not any(word in text for word in ("horse", "battery", "staple", "kiwi"))


def test_live_logs_and_collection_errors_pass(synthetic: Callable[..., Ran]) -> None:
    live = f'import logging\n@pytest.mark.journey("J")\ndef test_it(): logging.warning("now {SECRET}")'
    broken = f'raise RuntimeError("found {SECRET}")'

    assert f"now {SHOWN}" in synthetic(live, "-o", "log_cli=true", toml=TOML).out
    assert f"found {SHOWN}" in synthetic(broken, toml=TOML).out


def test_a_test_that_is_no_journey_is_held_to_the_same(synthetic: Callable[..., Ran]) -> None:
    out = synthetic(f'def test_it():\n    word = "{SECRET}"\n    assert word == "x"', "-l", toml=TOML).out

    assert SECRET not in out
    assert SHOWN in out


def test_a_skip_and_an_expected_failure_tell_their_reasons(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        f"""
@pytest.mark.journey("S")
@pytest.mark.skip(reason="since {SECRET}")
def test_skipped(): pass

@pytest.mark.journey("X")
@pytest.mark.xfail(reason="for {SECRET}")
def test_expected(): assert False
""",
        "-rsx", toml=TOML,
    )  # fmt: skip

    assert SECRET not in ran.out
    assert f"since {SHOWN}" in ran.out
    assert f"for {SHOWN}" in ran.out
    assert [run.reason for run in ran.runs] == [f"since {SHOWN}", f"expected to fail: for {SHOWN}"]


def test_listeners_and_the_hook_hear_redacted_records(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
from pathlib import Path
heard = Path(__file__).with_name("heard.txt").open("a")
class Listener:
    def step_started(self, name): print("started", name, file=heard)
    def step_finished(self, name, failure): print("finished", name, failure, file=heard)
    def run_finished(self, run): print("run", run, file=heard)
def pytest_synthetic_listeners(item): return [Listener()]
def pytest_synthetic_run_finished(run): print("hook", run, file=heard, flush=True)
def pytest_unconfigure(): heard.close()
""")
    synthetic(
        f"""
@pytest.mark.journey("J")
def test_it(journey):
    with journey.step("say {SECRET}"):
        raise RuntimeError("no {SECRET}")
""",
        toml=TOML,
    )
    heard = (pytester.path / "heard.txt").read_text()

    assert SECRET not in heard
    assert heard.startswith(f"started say {SHOWN}\nfinished say {SHOWN} Failure(")
    assert heard.count(f"no {SHOWN}") >= 3


def test_workers_redact_before_they_send(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
def pytest_runtest_logreport(report):
    print(report.longreprtext, file=open("reports.txt", "a"))
""")
    ran = synthetic(
        f"""
@pytest.mark.journey("J")
@pytest.mark.parametrize("word", ["{SECRET}"])
def test_it(journey, word):
    print("{SECRET}"); raise RuntimeError(word)
""",
        "-n1", "--junitxml=junit.xml", toml=TOML, fresh=True,
    )  # fmt: skip

    assert ran.verdicts == ["broken"]
    assert SECRET not in ran.out + str(ran.result.stderr) + files(pytester.path)
    assert f"RuntimeError: {SHOWN}" in (pytester.path / "reports.txt").read_text()


def test_capsys_and_capfd_give_the_test_its_own_words(synthetic: Callable[..., Ran]) -> None:
    source = f"""
import os
@pytest.mark.journey("J")
def test_sys(capsys):
    print("{SECRET}")
    assert capsys.readouterr().out == "{SECRET}\\n"

@pytest.mark.journey("K")
def test_fd(capfd):
    print("{SECRET}", flush=True); os.write(1, b"{SECRET}")
    assert capfd.readouterr().out == "{SECRET}\\n{SECRET}"
"""
    for arguments in ([], ["-s"]):
        ran = synthetic(source, *arguments, toml=TOML)
        assert ran.verdicts == ["passed", "passed"]
        assert SECRET not in ran.out


def test_allure_writes_none_of_it_for_any_test(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    ran = synthetic(
        f"""
import allure
@allure.step("typed {{word}}")
def type_in(word): pass

@pytest.fixture
def prepared():
    with allure.step("fixture {SECRET}"): yield

@pytest.mark.journey("J")
def test_journey(journey, prepared):
    type_in("{SECRET}")
    allure.dynamic.parameter("hidden", "{SECRET}", mode=allure.parameter_mode.MASKED)
    allure.attach("text {SECRET}", name="name {SECRET}")
    allure.attach(b"bytes {SECRET}", name="b")
    print("{SECRET}"); raise RuntimeError("no {SECRET}")

def test_plain():
    open("file.txt", "w").write("file {SECRET}")
    allure.attach.file("file.txt", name="f")
    with allure.step("plain {SECRET}"): assert "{SECRET}" == "x"
""",
        "--alluredir=results", toml=TOML, heavy=True, fresh=True,
    )  # fmt: skip
    written = files(pytester.path / "results")

    assert ran.verdicts == ["broken"]
    assert SECRET not in written + ran.out
    assert f"typed '{SHOWN}'" in written
    for told in ("fixture", "text", "name", "bytes", "plain", "file", "no"):
        assert f"{told} {SHOWN}" in written
    for path in pytester.path.glob("results/*-result.json"):
        for attachment in json.loads(path.read_text()).get("attachments", ()):
            assert (path.parent / attachment["source"]).is_file()


def test_what_is_withheld_says_why_in_the_record_and_in_allure(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    ran = synthetic(
        f"""
import allure
@pytest.mark.journey("J")
def test_journey(journey):
    journey.attach("scan", b"\\0\\1 {SECRET}", "application/octet-stream")
    allure.attach(b"7z\\xbc\\xaf\\x27\\x1c" + bytes(99), name="bundle", extension="7z")
""",
        "--alluredir=results", toml=TOML, heavy=True, fresh=True,
    )  # fmt: skip
    written = files(pytester.path / "results")

    (scan,) = ran.run.artifacts
    assert (scan.path, scan.missing) == (None, "withheld: it holds a secret, and is not text that could be changed")
    assert f"scan is missing: {scan.missing}" in written
    assert "withheld: it is compressed or encrypted in a way that cannot be searched for secrets" in written
    assert SECRET not in written + ran.out


def test_what_others_wrote_is_swept_and_told(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest(f"""
import pathlib
def pytest_sessionfinish():
    pathlib.Path("junit.xml").write_text("{SECRET}")
""")
    ran = synthetic('@pytest.mark.journey("J")\ndef test_it(): pass', "--junitxml=junit.xml", toml=TOML)

    assert SECRET not in (pytester.path / "junit.xml").read_text()
    assert "note: redacted" in ran.out
    assert "junit.xml" in ran.out


def test_without_secrets_nothing_changes(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    journey = """
import pathlib, sys
@pytest.mark.journey("J")
def test_it(journey):
    print("é 12", end=""); print(" € \\x1b[31mred"); sys.stdout.writelines(["a", "b\\n"])
    journey.attach("t", "körper")
    assert sys.stdout.isatty() is False and sys.stdout.encoding
"""
    ran = synthetic(journey, "-s", "--synthetic-evidence=always")

    assert ran.verdicts == ["passed"]
    assert "test_shop.py é 12 € \x1b[31mred\nab\n." in ran.out
    assert pytester.path.joinpath(str(ran.run.artifacts[0].path)).read_text("utf-8") == "körper"


def test_a_suite_without_secrets_looks_the_same_with_and_without_us(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", synthetic="")
    pytester.makepyfile(
        test_it="""
import logging, sys, warnings
def test_passes():
    print("é 12", end=""); print(" € \\x1b[31mred", 4711, "user: anna"); print("half a li", end="")
    sys.stderr.write("to stderr 9"); sys.stderr.writelines(["a\\n", "b"])
def test_fails():
    logging.warning("code 123456"); warnings.warn("odd")
    basket = {"kettle": 2, "tea": [1] * 200}
    assert basket == {}
"""
    )
    arguments = ("-v", "-l", "-p", "no:playwright", "-p", "no:randomly", "--junitxml=junit.xml")
    for how in ("-s", "--capture=fd"):
        seen = []
        for ours in ("synthetic", "no:synthetic"):
            ran = pytester.runpytest_subprocess(*arguments, how, "-p", ours)
            text = str(ran.stdout).partition("collected")[2] + str(ran.stderr)
            text += (pytester.path / "junit.xml").read_text("utf-8")
            seen.append(re.sub(r"\d+\.\d+s|0x\w+|time(stamp)?=\S+", "", text))
        assert "test_fails" in seen[0]
        assert seen[0] == seen[1]


# -- the pieces --------------------------------------------------------------------------------------------------


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.declare("SHOP_PASSWORD", SECRET)
    return made


def test_a_file_stays_itself_and_is_given_back(redactor: Redactor) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    handler = logging.StreamHandler(file)
    end = redaction._through(file, redactor)
    handler.emit(logging.LogRecord("n", logging.INFO, "p", 1, SECRET, (), None))
    assert file.write("é" + SECRET[:5]) == 6
    assert file.buffer.getvalue() == f"{SHOWN}\n\\xe9".encode()
    end()
    file.write(SECRET)

    assert file.buffer.getvalue() == f"{SHOWN}\n\\xe9{SECRET[:5]}{SECRET}".encode()
    assert not {"write", "flush"} & vars(file).keys()


def test_two_sessions_in_one_process_take_turns(redactor: Redactor) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    outer = redaction._through(file, redactor)
    inner = redaction._through(file, Redactor())
    inner()
    file.write(SECRET + "\n")
    outer()

    assert file.buffer.getvalue() == f"{SHOWN}\n".encode()


def test_a_record_with_nothing_to_hide_is_the_same_object(redactor: Redactor) -> None:
    record = ({"name": "a", "list": ["b", 1]}, "c", None)

    assert redaction.redacted(record, redactor) is record
    assert redaction.redacted((SECRET, "b"), redactor) == (SHOWN, "b")
    assert rewritten(({"a": "x"}, ["y"]), str.upper) == ({"A": "X"}, ["Y"])


class _Exchange:
    def __init__(self, sent: dict[str, str], given: str) -> None:
        self.request = self
        self.headers = {**sent, "Set-Cookie": given}


def test_a_run_learns_tokens_and_cookies_once() -> None:
    redactor = Redactor()
    learning = Learning(redactor)
    sent = {"Authorization": "Bearer abc.DEF-123_456"}
    given = "lang=french; Path=/, sid=9f8e7d; HttpOnly, long=0123456789abcdefXYZ; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
    learning.exchanged(_Exchange(sent, given))  # type: ignore[arg-type]

    shown = redactor.text("x abc.DEF-123_456 9f8e7d 0123456789abcdefXYZ x")
    assert shown == "x [redacted:token] [redacted:cookie] [redacted:cookie] x"


def test_what_the_settings_hold_is_secret_too(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        'def test_it(): raise RuntimeError("JBSWY3DPEHPK3PXP tok-12345-tok proxy-9-pass +15005550006")',
        toml="""
[otp.anna]
secret = "JBSWY3DPEHPK3PXP"
[inboxes.sms]
provider = "twilio"
auth_token = "tok-12345-tok"
numbers = [{ number = "+15005550006" }]
[regions.eu]
proxy = "http://anna:proxy-9-pass@127.0.0.1:9"
""",
    )

    assert "RuntimeError: [redacted:token] [redacted:token] [redacted:token] +15005550006" in ran.out


def test_the_standard_streams_are_given_back(synthetic: Callable[..., Ran]) -> None:
    synthetic('@pytest.mark.journey("J")\ndef test_it(): pass', "-s", toml=TOML)

    for file in (sys.__stdout__, sys.__stderr__):
        assert not {"write", "flush"} & vars(file).keys()
