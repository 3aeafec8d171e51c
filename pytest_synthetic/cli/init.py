"""`synthetic init`: settings, a conftest.py and a first journey."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click

from pytest_synthetic.errors import UsageError, did_you_mean

STARTER = {
    "synthetic.toml": "synthetic.toml.template",
    "conftest.py": "conftest.py.template",
    "journeys/test_first_journey.py": "test_first_journey.py.template",
}
_HERE = ("localhost", "127.", "[::1]")
EXAMPLE = "https://shop.example.com"


@click.command("init", short_help="Write settings and a first journey.")
@click.option("--url", help="The address of the product; asked for when it is missing.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(*, url: str | None, folder: Path) -> None:
    """Write a commented synthetic.toml, a conftest.py and one journey into FOLDER (the current one).

    A file that is there already is left as it is.
    """
    base_url, path = read_url(url or _asked())
    for name in STARTER:
        click.echo(f"{'wrote' if write(folder, name, base_url, path) else 'left as it was':14}  {folder / name}")
    there = "" if folder == Path() else f"cd {folder} && "
    click.echo("\nNext:")
    for command in ("pytest", "synthetic history", "synthetic watch", "synthetic doctor"):
        click.echo(f"  {there}{command}")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"say where the product is: synthetic init --url {EXAMPLE}")
    answer: str = click.prompt(f"Where is the product? Its address, such as {EXAMPLE}")
    return answer


def read_url(text: str) -> tuple[str, str]:
    """An address as base URL and path: `https://shop.example/app` is `("https://shop.example", "/app")`.

    Raises UsageError, with the likely address where there is one.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  reading it checks it
    except ValueError as error:
        raise UsageError(f"{text!r} is no address: {error}. Expected such as {EXAMPLE}") from None
    if "://" not in text:
        raise UsageError(f"{text!r} has no scheme. {_likely(text)}")
    if parts.scheme not in ("http", "https"):
        hint = did_you_mean(parts.scheme, ["http", "https"])
        raise UsageError(f"{text!r} does not begin with http:// or https://. {hint}")
    if not parts.hostname or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise UsageError(f"{text!r} is no address. Expected such as {EXAMPLE}")
    if parts.username is not None:
        raise UsageError("the address holds a login, which would stand in a file: give the address without it")
    return f"{parts.scheme}://{parts.netloc}", urlunsplit(("", "", parts.path or "/", parts.query, ""))


def _likely(text: str) -> str:
    host = text.lstrip("/:")
    if not host or any(sign.isspace() for sign in host):
        return f"Expected such as {EXAMPLE}"
    return f"Did you mean {'http' if host.startswith(_HERE) else 'https'}://{host}"


def write(folder: Path, name: str, base_url: str, path: str) -> bool:
    """Write one file of the starter; False when it is there already. Raises UsageError where it cannot be written."""
    template = resources.files("pytest_synthetic.cli").joinpath("starter", STARTER[name]).read_text(encoding="utf-8")
    # JSON's strings are strings of TOML and of Python, too.
    text = template.replace("{{base_url}}", _quoted(base_url)).replace("{{path}}", _quoted(path))
    target = folder / name
    if name == "synthetic.toml" and _has_table(folder / "pyproject.toml"):
        return False
    if target.exists():
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return True


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _has_table(pyproject: Path) -> bool:
    """Whether settings stand in pyproject.toml already: two places would be refused."""
    return pyproject.is_file() and "[tool.synthetic" in pyproject.read_text(encoding="utf-8", errors="replace")
