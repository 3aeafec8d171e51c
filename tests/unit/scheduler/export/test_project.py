"""What an export reads of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.scheduler.export import project
from pytest_synthetic.scheduler.export.batches import Project

SETTINGS = """\
base_url = "https://${SHOP_HOST}/"

[secrets]
PASSWORD = { env = "SHOP_PASSWORD" }
KEY = { file = "/run/secrets/key" }

[regions.eu-west]
proxy = "http://probe:${EU_PASSWORD}@127.0.0.1:3128"

[regions.us-east]
locale = "en-US"
"""
ENVIRON = {"SHOP_HOST": "shop.example", "EU_PASSWORD": "hunter2hunter2", "SHOP_PASSWORD": "correct horse"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "tests" / "journeys"
    folder.mkdir(parents=True)
    (tmp_path / "synthetic.toml").write_text(SETTINGS)
    return folder


def read(folder: Path, regions: tuple[str, ...] = ()) -> Project:
    return project.read(folder, files.load(files.find((folder,)), ENVIRON), regions)


def test_names_of_secrets_and_no_values(shop: Path) -> None:
    found = read(shop)
    assert found.secrets == ("EU_PASSWORD", "SHOP_HOST", "SHOP_PASSWORD")
    assert not any(value in repr(found) for value in ENVIRON.values())


def test_folders_are_told_from_the_top_of_the_repository(shop: Path) -> None:
    found = read(shop)
    assert (found.folder, found.state, found.place) == ("tests/journeys", "../../.synthetic", str(shop.parents[1]))


def test_without_a_repository_and_settings(tmp_path: Path) -> None:
    found = project.read(tmp_path, files.load(None, {}), ("local",))
    assert (found.folder, found.state, found.secrets) == (".", ".synthetic", ())
    assert found.notes == (
        "The settings have no [history]: runs are not recorded. Write a table [history] into synthetic.toml.",
    )


def test_what_must_be_there_is_noted(shop: Path) -> None:
    notes = "\n".join(read(shop, ("eu-west", "us-east", "local")).notes)
    assert "The secret KEY comes from a file" in notes
    assert "SYNTHETIC_HERE=us-east" in notes
    assert "eu-west" not in notes


PYPROJECT = '[project]\nname = "shop"\n'


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("requirements.txt", "pytest-synthetic==1\n", "-r ../../requirements.txt"),
        ("requirements.txt", "requests\n", "-r ../../requirements.txt pytest-synthetic"),
        ("pyproject.toml", PYPROJECT + 'dependencies = ["pytest-synthetic"]', "../.."),
        ("pyproject.toml", PYPROJECT, "../.. pytest-synthetic"),
        ("pyproject.toml", PYPROJECT + '[project.optional-dependencies]\ntest = ["pytest-synthetic[email]"]', "'../..[test]'"),
        ("pyproject.toml", PYPROJECT + '[dependency-groups]\ndev = ["pytest-synthetic"]', "../.. --group ../../pyproject.toml:dev"),
        ("pyproject.toml", "[tool.ruff]", "pytest-synthetic"),
        ("pyproject.toml", "[", "pytest-synthetic"),
    ],
)  # fmt: skip
def test_how_it_is_installed(name: str, text: str, command: str, tmp_path: Path) -> None:
    here = tmp_path / "tests" / "journeys"
    here.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    assert project.install(here, tmp_path) == f"python -m pip install {command}"


def test_what_is_nearest_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "requirements.txt").write_text("pytest-synthetic")
    assert project.install(tmp_path / "tests", tmp_path) == "python -m pip install -r requirements.txt"
