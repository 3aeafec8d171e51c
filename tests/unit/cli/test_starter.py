from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pytest_synthetic.cli import init
from pytest_synthetic.config import files
from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.errors import UsageError


@pytest.mark.parametrize(
    ("given", "base", "path"),
    [
        ("https://shop.example", "https://shop.example", "/"),
        (" https://shop.example/ ", "https://shop.example", "/"),
        ("http://localhost:8080/app/?lang=fr#top", "http://localhost:8080", "/app/?lang=fr"),
        ("http://[::1]:80/é", "http://[::1]:80", "/é"),
    ],
)
def test_an_address_is_read(given: str, base: str, path: str) -> None:
    assert init.read_url(given) == (base, path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("shop.example", "Did you mean https://shop.example"),
        ("//shop.example/x", "Did you mean https://shop.example/x"),
        ("localhost:8080", "Did you mean http://localhost:8080"),
        ("127.0.0.1:8080", "Did you mean http://127.0.0.1:8080"),
        ("htps://shop.example", 'Did you mean "https"?'),
        ("file:///etc/passwd", "does not begin with http:// or https://"),
        ("https://", "is no address"),
        ("https://a b", "is no address"),
        ("https://a\nb = 1", "is no address"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://a:99999", "Port out of range"),
        ("https://me:secret@shop.example", "holds a login"),
        ("", "Expected such as https://"),
    ],
)
def test_a_mistake_names_the_likely_address(given: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        init.read_url(given)
    assert told in str(error.value)
    assert "secret" not in str(error.value)


def test_the_files_are_valid_whatever_the_address(tmp_path: Path) -> None:
    for name in init.STARTER:
        assert init.write(tmp_path, name, "https://shop.example", '/it\'s?"q"=\\')
    settings = files.load(tmp_path / "synthetic.toml", {})
    assert settings.base_url == "https://shop.example"
    assert settings.history == HistorySettings()
    journey = (tmp_path / "journeys/test_first_journey.py").read_text(encoding="utf-8")
    assert '/it\'s?"q"=\\' in {node.value for node in ast.walk(ast.parse(journey)) if isinstance(node, ast.Constant)}
    ast.parse((tmp_path / "conftest.py").read_text(encoding="utf-8"))


def test_every_commented_setting_is_valid(tmp_path: Path) -> None:
    init.write(tmp_path, "synthetic.toml", "https://shop.example", "/")
    path = tmp_path / "synthetic.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    settings = [
        line.removeprefix("# ") for line in lines if line.startswith("# ") and (" = " in line or line[2] == "[")
    ]
    path.write_text("\n".join(['base_url = "https://shop.example"', *settings]), encoding="utf-8")
    secrets = {"EU_PROXY_PASSWORD": "x", "SLACK": "slack://a/b/c", "MAIL_PASSWORD": "x"}
    found = files.load(path, secrets)
    assert len(found.alerts["oncall"].to) == 2
    assert found.product == "My shop"
    assert found.regions["eu-west"].locale == "fr-FR"


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("mine = 1\n", encoding="utf-8")
    assert not init.write(tmp_path, "conftest.py", "https://shop.example", "/")
    assert (tmp_path / "conftest.py").read_text(encoding="utf-8") == "mine = 1\n"


def test_settings_in_pyproject_are_not_doubled(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.synthetic]\nproduct = "x"\n', encoding="utf-8")
    assert not init.write(tmp_path, "synthetic.toml", "https://shop.example", "/")
    assert not (tmp_path / "synthetic.toml").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "journeys").write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        init.write(tmp_path, "journeys/test_first_journey.py", "https://shop.example", "/")
