"""The `synthetic` command: one module a subcommand, imported when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from pytest_synthetic.errors import SyntheticError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    *("demo", "init", "doctor"),
    *("list", "run", "watch", "export"),
    *("scheduler", "agent", "agents"),
    *("alerts", "incidents", "maintenance"),
    *("history", "runs", "slo", "steps", "compare", "owners", "flakes", "gate"),
    *("report", "cleanup", "install-browser"),
)
_MODULES = {"list": "listing"}
"""Where a command is that cannot be in a module of its name: `list` would hide Python's own in this one."""
USAGE = 2
INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended: 128 and the signal's number."""


class _Commands(click.Group):
    """Knows the names; a module is imported for the command that is run, or for `--help`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            ctx.fail(f"no such command: {cmd_name}. {did_you_mean(cmd_name, COMMANDS)}")
        module = import_module(f"{__name__}.{_MODULES.get(cmd_name, cmd_name.replace('-', '_'))}")
        command: click.Command = module.command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pytest-synthetic", prog_name="synthetic")
def synthetic() -> None:
    """Customer journeys as pytest tests: a regression suite in CI, a monitor in production."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 2 for what the user must mend, 130 after Ctrl-C."""
    sys.exit(_code(arguments))


def _code(arguments: Sequence[str] | None) -> int:
    try:
        result: int | None = synthetic.main(args=arguments, prog_name="synthetic", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SyntheticError as error:
        click.echo(f"Error: {error}", err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    return result or 0
