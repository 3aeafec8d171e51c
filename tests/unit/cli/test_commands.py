from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner

from pytest_synthetic import cli
from pytest_synthetic.errors import UsageError


def said(*arguments: str) -> str:
    result = CliRunner().invoke(cli.synthetic, list(arguments), terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


def test_help_names_every_command_in_one_line_each() -> None:
    shown = said("--help")
    for name in cli.COMMANDS:
        assert f"  {name} " in shown
    assert "..." not in shown.partition("Commands:")[2]
    assert max(len(line) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_option_has_a_help(name: str) -> None:
    command = cli.synthetic.get_command(click.Context(cli.synthetic), name)
    assert command is not None
    assert command.name == name
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    for part in (command, *parts):
        assert part.help
        assert all(option.help for option in part.params if isinstance(option, click.Option))


def test_help_of_a_part_is_its_own() -> None:
    assert "Usage: synthetic history export" in said("history", "export", "--help")
    assert "JOURNEY" in said("history", "--help")


def test_the_version() -> None:
    assert said("--version").split()[-1] == version("pytest-synthetic")


def ends(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return ended.value.code, capsys.readouterr().err


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = ends(capsys, "dotcor")
    assert code == 2
    assert 'Did you mean "doctor"?' in told


def test_an_unknown_fault_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = ends(capsys, "demo", "--fault", "dead-pay")
    assert code == 2
    assert told.startswith("Error: no fault is called 'dead-pay'; the nearest is 'dead-pay-button'")


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (UsageError("that cannot be\nRun: this"), 2, "Error: that cannot be\nRun: this\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (click.Abort(), 130, "Stopped.\n"),
    ],
)
def test_errors_are_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: BaseException, code: int, told: str
) -> None:
    @click.command("explode")
    def explode() -> None:
        raise raised

    monkeypatch.setattr(cli, "synthetic", explode)
    ended, shown = ends(capsys)
    assert (ended, shown.lstrip()) == (code, told)


def test_a_command_s_number_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command("three")
    def three() -> int:
        return 3

    monkeypatch.setattr(cli, "synthetic", three)
    assert ends(capsys)[0] == 3


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from pytest_synthetic import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(' '.join({'playwright', 'requests', 'flask', 'pytest', 'proxy', 'allure'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
