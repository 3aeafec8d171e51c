"""How [production] is read, and what is said of mistakes in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import ProductionSettings


def read(folder: Path, text: str) -> ProductionSettings | None:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return files.load(path, {}).production


def test_no_table_no_guard(tmp_path: Path) -> None:
    assert read(tmp_path, "") is None


def test_the_whole_table(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
[production]
allowed_hosts = ["Shop.example", "*.shop.example", "bücher.example", "localhost:8080", "[::1]:8080"]
allowed_resources = ["*"]
read_only = false
read_only_posts = ["/graphql$"]
refused_methods = ["delete"]
forbidden = ["/admin"]
max_requests = 200
max_requests_per_minute = 100
max_runs_per_hour = 12
stop_file = "STOP"
test_accounts = ["synthetic@shop.example"]
account_routes = [{ url = "/orders$", field = "email" }]
""",
    )
    assert found is not None
    assert found.allowed_hosts == (
        "shop.example", "*.shop.example", "xn--bcher-kva.example", "localhost:8080", "[::1]:8080"
    )  # fmt: skip
    assert found.refused_methods == ("DELETE",)
    assert (found.forbidden[0].pattern, found.account_routes[0].field) == ("/admin", "email")
    assert (found.guard, found.read_only, found.max_runs_per_hour) == (True, False, 12)


def test_turned_off_it_needs_no_hosts(tmp_path: Path) -> None:
    found = read(tmp_path, "[production]\nguard = false\n")
    assert found is not None
    assert not found.guard


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('allowed_host = ["a"]', r'2: production\.allowed_host: no such setting.* Did you mean "allowed_hosts"'),
        ("", r"1: production: misses `allowed_hosts`"),
        ('allowed_hosts = ["https://a.example/x"]', r'2: production\.allowed_hosts: .* Did you mean "a\.example"\?'),
        ('allowed_hosts = ["a.example/x"]', r'2: production\.allowed_hosts: .* Did you mean "a\.example"\?'),
        ('allowed_hosts = ["a.*.example"]', r"2: production\.allowed_hosts: 'a\.\*\.example' is no host"),
        ('allowed_hosts = ["ü..x"]', r"2: production\.allowed_hosts: 'ü\.\.x' is no name of a host"),
        ('allowed_hosts = "a.example"', r"2: production\.allowed_hosts: expected a list of texts"),
        ('allowed_hosts = ["a"]\nforbidden = ["("]', r"3: production\.forbidden: '\(' is no regular expression"),
        ('allowed_hosts = ["a"]\nforbidden = [".*"]', r"3: production\.forbidden: '\.\*' fits every address"),
        ('allowed_hosts = ["a"]\nforbidden = ["(?i)/x"]', r"3: .* browsers do not understand '\(\?'"),
        (
            'allowed_hosts = ["a"]\nmax_requests = -1',
            r"3: production\.max_requests: expected a whole number above zero",
        ),
        (
            'allowed_hosts = ["a"]\nmax_runs_per_hour = 1.5',
            r"3: production\.max_runs_per_hour: expected a whole number",
        ),
        ('allowed_hosts = ["a"]\nread_only = "no"', r"3: production\.read_only: expected true or false"),
        ('allowed_hosts = ["a"]\nrefused_methods = ["DELET"]', r'3: .*\'DELET\' is no method.* Did you mean "DELETE"'),
        ('allowed_hosts = ["a"]\ntest_accounts = ["a"]', r"1: production: `test_accounts` and `account_routes` need"),
        ('allowed_hosts = ["a"]\naccount_routes = [{ url = "x" }]', r"3: production\.account_routes: expected a list"),
    ],
)
def test_mistakes(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        read(tmp_path, f"[production]\n{lines}\n")
    assert re.match(rf"{re.escape(str(tmp_path))}/synthetic\.toml:\d+: production", str(raised.value))
