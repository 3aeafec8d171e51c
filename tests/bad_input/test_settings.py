"""A settings file that cannot be used: file, line, key, what is valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.settings import Settings, SlaMode
from pytest_synthetic.config.tables import line_of
from pytest_synthetic.errors import ConfigError, did_you_mean


def load(folder: Path, text: str, name: str = "synthetic.toml", **environ: str) -> Settings:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return files.load(path, environ)


GOOD = """
product = "Kettle Shop"
base_url = "https://shop.example"
sla = "warn"
[api]
deadline = "10s"
connect_timeout = 2
max_body = 1_000_000
[regions.eu-west]
proxy = "http://${USER}:secret@proxy.example:3128"
headers = { X-Region = "eu" }
locale = "fr-FR"
timezone = "Europe/Paris"
geolocation = { latitude = 48.9, longitude = 2.3 }
base_url = "https://shop.example/fr"
labels = { carrier = "Orange" }
[regions.us-east]
cdp_endpoint = "http://browser.example:9222"
[networks.metro]
download = "1.6 Mbit/s"
upload = "400 kbit/s"
latency = "150ms"
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD, USER="me")

    region = settings.regions["eu-west"]
    assert (settings.product, settings.sla, settings.api.deadline) == ("Kettle Shop", SlaMode.WARN, 10.0)
    assert region.proxy == region.egress == "http://me:secret@proxy.example:3128"
    assert region.geolocation
    assert (region.geolocation.latitude, region.geolocation.accuracy) == (48.9, 100.0)
    assert (settings.networks["metro"].download, settings.networks["metro"].latency) == (200_000.0, 0.15)
    assert "slow-3g" in settings.networks
    assert settings.regions["us-east"].remote_browser == "http://browser.example:9222"


def test_the_same_in_pyproject(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "x"\n[tool.synthetic]\nproduct = "P"\n[tool.synthetic.regions.eu]\nproxy = "socks5://p:1"\n'
    )

    assert load(tmp_path, text, "pyproject.toml").regions["eu"].proxy == "socks5://p:1"


WRONG = [
    ("[regions.eu\n", 1, "not valid TOML", "Expected"),
    ('product = "a"\nproduct = "b"\n', 2, "not valid TOML", "overwrite"),
    ('\nproducts = "a"\n', 2, "products: no such setting", 'Did you mean "product"?'),
    ("product = 3\n", 1, "product: expected a text", "3"),
    ('base_url = "shop.example"\n', 1, "base_url: expected http://host or https://host", "shop.example"),
    ('sla = "harsh"\n', 1, "'harsh' is no SLA mode", "Valid: fail, off, warn."),
    ('[api]\ndedline = "3s"\n', 2, "api.dedline: no such setting", 'Did you mean "deadline"?'),
    ('[api]\ndeadline = "-3s"\n', 2, "api.deadline: '-3s' is not a duration", "expected"),
    ('[evidence]\ncover = "#card"\n', 2, "evidence.cover: expected a list of selectors", "#card"),
    ('[evidence]\ncover = [" "]\n', 2, "evidence.cover: expected a list of selectors", "[' ']"),
    ("[api]\nmax_body = 0\n", 2, "api.max_body: expected a whole number of bytes", "0"),
    ("api = 3\n", 1, "expected a table [api]", "3"),
    ("regions = 3\n", 1, "regions: expected tables [regions.NAME]", ""),
    ('[regions.eu]\nprxy = "http://p:1"\n', 2, "regions.eu.prxy: no such setting", 'Did you mean "proxy"?'),
    ('[regions.eu]\nproxy = "p:1"\n', 2, "regions.eu.proxy: expected http://host", "p:1"),
    ('[regions.eu]\nproxy = "ftp://p:1"\n', 2, "regions.eu.proxy: expected http://host", "ftp"),
    ('[regions.eu]\nproxy = "socks5://u:p@h:1"\n', 2, "cannot log in to a SOCKS proxy", "http:// proxy"),
    ('[regions.eu]\nproxy = "${NOT_SET}"\n', 2, "regions.eu.proxy: the environment variable NOT_SET", "not set"),
    ('[regions.eu]\ntimezone = "Europe/Pari"\n', 2, "no IANA time zone", 'Did you mean "Europe/Paris"?'),
    ("[regions.eu]\ngeolocation = { latitude = 91, longitude = 0 }\n", 2, "no place on earth", "91"),
    ("[regions.eu]\ngeolocation = { latitude = 9 }\n", 2, "expected { latitude", "longitude"),
    ("[regions.eu]\nheaders = { a = 1 }\n", 2, "expected a table of texts", "1"),
    ('[regions.eu]\nplaywright_server = "ws://a"\ncdp_endpoint = "http://b"\n', 1, "not both", "cdp_endpoint"),
    ('[regions.local]\nproxy = "http://p:1"\n', 1, '"local" is the name of a run without a region', "another"),
    ('[networks.m]\ndownload = "fast"\n', 2, "'fast' is not a rate", "Mbit/s"),
    ('[networks.m]\ndownload = "1 Mbit/s"\n', 1, "misses upload, latency", "networks.m"),
]


@pytest.mark.parametrize(("text", "line", "problem", "help_"), WRONG)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, line: int, problem: str, help_: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)

    assert str(raised.value).startswith(f"{tmp_path / 'synthetic.toml'}:{line}: ")
    assert problem in str(raised.value)
    assert help_ in str(raised.value)


def test_a_password_from_the_environment_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, '[regions.eu]\nproxy = "ftp://me:${PASSWORD}@p:1"\n', PASSWORD="hunter2")

    assert "hunter2" not in str(raised.value)
    assert "ftp://…@p:1" in str(raised.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_bytes(b'product = "\xff"')

    with pytest.raises(ConfigError, match="byte 11: not UTF-8"):
        files.load(tmp_path / "synthetic.toml", {})


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_bytes(b'\xef\xbb\xbfproduct = "P"')

    assert files.load(tmp_path / "synthetic.toml", {}).product == "P"


def test_a_variable_s_value_is_not_looked_into_again(tmp_path: Path) -> None:
    text = 'product = "${A}"\n[regions.eu]\nlabels = { carrier = "${A}" }\n'
    settings = load(tmp_path, text, A="${B}", B="no")

    assert settings.product == settings.regions["eu"].labels["carrier"] == "${B}"


def test_two_files_of_one_folder_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").touch()
    (tmp_path / "pyproject.toml").write_text("[tool.synthetic]\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="keep one of them"):
        files.find([tmp_path])


def test_the_nearest_file_above_counts(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "synthetic.toml").touch()
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")

    assert files.find([deep]) == tmp_path / "synthetic.toml"


REGIONS = '[regions.here]\nlocale = "fr-FR"\n[regions.far]\nproxy = "http://p:1"\n[regions.lost]\nlocale = "de-DE"\n'


def test_a_region_is_reached_through_a_proxy_or_from_within(tmp_path: Path) -> None:
    settings = load(tmp_path, REGIONS, SYNTHETIC_HERE="here")

    assert [region.name for region in settings.chosen(["far", "here", "far", "local"])] == ["far", "here", "local"]
    with pytest.raises(ConfigError, match='region "lost" cannot be reached from this machine'):
        settings.chosen(["lost"])
    with pytest.raises(ConfigError, match=r'region "fra" is not defined.*Did you mean "far"\?'):
        settings.chosen(["fra"])


def test_a_machine_that_stands_in_a_region_needs_no_proxy(tmp_path: Path) -> None:
    settings = load(tmp_path, REGIONS, SYNTHETIC_HERE="far")

    assert settings.regions["far"].egress is None


def test_standing_nowhere_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SYNTHETIC_HERE=mars: no such region"):
        load(tmp_path, REGIONS, SYNTHETIC_HERE="mars")


def test_without_tables_the_message_says_what_to_write() -> None:
    with pytest.raises(ConfigError, match=r"write a \[regions.NAME\] table"):
        Settings().chosen(["eu"])


def test_line_of_falls_back_to_the_table_above() -> None:
    text = '[regions."eu.west"]\nlabels.carrier = "O"\n[regions.us]\nproxy = "x"\n'

    assert line_of(text, ("regions", "us", "proxy")) == 4
    assert line_of(text, ("regions", "us", "nothing")) == 3
    assert line_of(text, ("nothing",)) == 1


@pytest.mark.parametrize(
    ("name", "valid", "said"),
    [
        ("purchas", ["purchase", "retention"], 'Did you mean "purchase"?'),
        ("EU-WEST", ["eu-west"], 'Did you mean "eu-west"?'),
        ("zzz", ["a"], "Valid: a."),
        ("x", [], "None is defined."),
        (3, [f"n{i}" for i in range(20)], "(20 in all)"),
        ("n20", [f"n{i}" for i in range(20)], 'Did you mean "n2"? Valid: n0, n1, '),
        ("pur", ["purchase", "pure"], 'Did you mean "pure"?'),
        ("fry", ["fri", "mon"], 'Did you mean "fri"?'),
    ],
)
def test_the_nearest_name(name: object, valid: list[str], said: str) -> None:
    assert said in did_you_mean(name, valid)


@pytest.mark.parametrize(
    ("name", "valid"), [("ftp", ["ifttt", "sftpgo2x"]), ("de", ["en", "fr"]), ("us", ["eu"]), ("x", ["xray", "ux1"])]
)
def test_short_names_with_half_their_letters_are_not_near(name: str, valid: list[str]) -> None:
    assert "Did you mean" not in did_you_mean(name, valid)
