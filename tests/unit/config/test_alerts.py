"""How [alerts.NAME] is read, and what is said of mistakes in it: never an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.alerts.sending import check
from pytest_synthetic.config import files
from pytest_synthetic.config.redactor import in_settings, opened
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Route, Severity
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings

TOKEN = "TIiajkdnlazkcOXrIdevi7FQ"
SECRET = "5b0f3cf2a87e4d0f9f0ce0b71f0a2f66"
ENVIRON = {"SLACK": f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}", "HOOK_SECRET": SECRET, "TEAM": "payments", "EMPTY": ""}
ENVIRON["PASSWORD"] = "correct-horse"


def settings(folder: Path, text: str) -> Settings:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return files.load(path, ENVIRON)


def test_all_of_a_route(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """
[alerts.oncall]
to = "${SLACK}"

[alerts.desk]
to = ["${SLACK}", "https://hooks.shop.example/alerts", "${SLACK}"]
on = ["degraded", "broken", "missed"]
severity = "ticket"
journeys = ["Checkout"]
stages = ["purchase"]
owners = ["${TEAM}"]
quiet = ["22:00-06:00", "sat-sun 00:00-24:00"]
timezone = "Europe/Paris"
language = "fr"
secret = "${HOOK_SECRET}"
""",
    ).alerts
    assert found == {
        "oncall": Route(name="oncall", to=(ENVIRON["SLACK"],)),
        "desk": Route(
            name="desk",
            to=(ENVIRON["SLACK"], "https://hooks.shop.example/alerts"),
            on=(Verdict.DEGRADED, Verdict.BROKEN, Verdict.MISSED),
            severity=Severity.TICKET,
            journeys=("Checkout",),
            stages=("purchase",),
            owners=("payments",),
            quiet=("22:00-06:00", "sat-sun 00:00-24:00"),
            timezone="Europe/Paris",
            language="fr",
            secret=SECRET,
        ),
    }
    assert TOKEN not in repr(found)
    assert SECRET not in repr(found)


def test_what_a_variable_holds_is_not_looked_into_again(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.toml"
    for to in ('"${SLACK}"', '["${SLACK}"]'):
        path.write_text(f"[alerts.oncall]\nto = {to}", encoding="utf-8")
        assert files.load(path, {"SLACK": "slack://a/b/${c}"}).alerts["oncall"].to == ("slack://a/b/${c}",)


S = f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}"
WRONG = [
    (f'[alerts]\noncall = "{S}"', ":2: alerts.oncall: expected a table [alerts.oncall] with `to`"),
    (f'alerts = "{S}"', ":1: alerts: expected tables [alerts.NAME] with `to`"),
    ('[alerts.oncall]\nlanguage = "en"', ":1: alerts.oncall: misses `to`, who is told"),
    ("[alerts.oncall]\nto = []", ":2: alerts.oncall.to: expected an address or a list of them"),
    ('[alerts.oncall]\nto = ""', ":2: alerts.oncall.to: an empty text: expected an address"),
    ('[alerts.oncall]\nto = ["slack://a", ""]', ":2: alerts.oncall.to: an empty text"),
    (f'[alerts.oncall]\nto = [["{S}"]]', ":2: alerts.oncall.to: expected an address"),
    (f'[alerts.oncall]\nto = "{TOKEN}"', ":2: alerts.oncall.to: the address does not begin with a service: expected"),
    (f'[alerts.oncall]\nto = ["{S}", "mailto:{TOKEN}@x"]', ":2: alerts.oncall.to: address 2 of 2 does not begin with"),
    (f'[alerts.oncall]\nto = ["${{NOT_SET}}", "{TOKEN}"]', ":2: alerts.oncall.to: address 2 of 2 does not begin with"),
    (f'[alerts.oncall]\nto = "{S}"\nsecret = "${{NOT_SET}}"', ":3: alerts.oncall.secret: signs webhooks, and `to` has"),
    (f'[alerts.oncall]\nto = "{S}"\nowners = ["${{NOT_SET}}"]', ":3: alerts.oncall.owners: the environment variable NOT_"),
    (f'[alerts.oncall]\nto = "{S}"\non = ["passed"]', ":3: alerts.oncall.on: 'passed' is nothing to be alerted of"),
    (f'[alerts.oncall]\nto = "{S}"\non = []', ":3: alerts.oncall.on: expected a verdict or a list of verdicts"),
    (f'[alerts.oncall]\nto = "{S}"\nowners = "{S}"', ":3: alerts.oncall.owners: expected a list of texts"),
    (f'[alerts.oncall]\nto = "{S}"\nseverity = "pages"', 'Did you mean "page"?'),
    (f'[alerts.oncall]\nto = "{S}"\nstages = ["purchas"]', 'Did you mean "purchase"?'),
    (f'[alerts.oncall]\nto = "{S}"\nlanguage = "de"', "'de' is no language that alerts are written in. Valid: en, fr."),
    (f'[alerts.oncall]\nto = "{S}"\nquiet = "22-6"', ":3: alerts.oncall.quiet: '22-6': expected times"),
    (f'[alerts.oncall]\nto = "{S}"\nquiet = "fry 22:00-06:00"', "'fry' is no day. Valid: fri, mon, sat, sun, thu, tue, wed. Did"),
    (f'[alerts.oncall]\nto = "{S}"\ntimezone = "Paris"', ":3: alerts.oncall.timezone: 'Paris' is no IANA time zone"),
    (f'[alerts.oncall]\nto = "{S}"\nquite = "x"', "no such setting. Valid"),
    (f'[alerts.oncall]\nto = "https://h.example"\nsecret = "{TOKEN[:9]}"', "secret: expected a text of 16 characters or more"),
    (f'[alerts.oncall]\nto = "{S}"\nsecret = "{SECRET}"', "secret: signs webhooks, and `to` has none"),
    (f'[alerts.oncall]\nto = "{S}" {TOKEN}', ":2: not valid TOML: "),
    (f'[alerts.oncall]\nto = "https://[{TOKEN}"\nlanguage = 1', ":3: alerts.oncall.language: 1 is no language"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_mistakes_are_named_and_no_address_is_shown(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        settings(tmp_path, text)
    assert said in str(raised.value)
    for secret in (TOKEN[:9], SECRET, "A1BRTD4JD"):
        assert secret not in str(raised.value)


HOOK = "https://hooks.shop.example/alerts"
UNSET = [
    ('to = "${NOT_SET}"', (), ":2: alerts.oncall.to: the environment variable NOT_SET is not set"),
    (f'to = ["{HOOK}", "slack://${{TEAM}}/${{NO}}/${{NOT}}"]', (HOOK,), ":2: alerts.oncall.to: the environment variable NO is"),
    ('to = " ${EMPTY} "', (), ":2: alerts.oncall.to: the environment variable EMPTY is empty"),
    (f'to = "{HOOK}"\nsecret = "${{NOT_SET}}"', (HOOK,), ":3: alerts.oncall.secret: the environment variable NOT_SET is not"),
    (f'to = "{HOOK}"\nsecret = "${{EMPTY}}"', (HOOK,), ":3: alerts.oncall.secret: the environment variable EMPTY is empty"),
    ('to = ["${NOT_SET}"]\nsecret = "${HOOK_SECRET}"', (), ":2: alerts.oncall.to: the environment variable NOT_SET is not"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "known", "said"), UNSET)
def test_what_is_not_set_keeps_nobody_but_those_who_send(
    text: str, known: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    route = settings(tmp_path, f"[alerts.oncall]\n{text}").alerts["oncall"]
    assert route.to == known
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'synthetic.toml'}{said}")):
        route.addresses()
    with pytest.raises(ConfigError, match=re.escape(said)):
        check(route)


def test_what_is_set_of_an_address_that_is_not_whole_is_redacted(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        """
[alerts.a]
to = ["${SLACK}/${NOT_SET}", "https://${NOT_SET}/in/${HOOK_SECRET}?team=${TEAM}", "${HOOK_SECRET}${NOT_SET}"]
[alerts.b]
to = "mailto://me:${PASSWORD}@${NOT_SET}"
[alerts.c]
to = "https://${NOT_SET}"
secret = "${HOOK_SECRET}${NOT_SET}"
""",
    )
    redactor, _ = opened(read, {}, tmp_path)
    for secret in (TOKEN, "A1BRTD4JD", SECRET, ENVIRON["PASSWORD"]):
        assert secret not in redactor.text(f"it said {secret}.")
        assert secret not in repr(read.alerts)
    plain = "payments at https://hooks.shop.example, slack:// and ${NOT_SET}"
    assert redactor.text(plain) == plain


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        (S, [S, "T1JJ3T3L2", "A1BRTD4JD", TOKEN]),
        ("mailto://alice:pa%20ssword@shop.example?to=bob@shop.example", ["pa%20ssword", "pa ssword"]),
        ("tgram://123456789:ABCdefGHIjkl1/1231554422", ["123456789:ABCdefGHIjkl1", "ABCdefGHIjkl1"]),
        ("pagerduty://integkey123@apikey123456", ["integkey123", "apikey123456"]),
        ("https://hooks1.shop.example/in/token99token?key=value99value", ["token99token", "value99value"]),
        ("https://[token99token", ["token99token"]),
        ("discord://x/tokentokentokentokentoken", ["tokentokentokentokentoken"]),
    ],
)
def test_secrets_in_addresses_are_redacted(address: str, secrets: list[str], tmp_path: Path) -> None:
    read = settings(tmp_path, f'[alerts.oncall]\nto = "{address}"')
    redactor, _ = opened(read, {}, tmp_path)
    for secret in secrets:
        assert secret not in redactor.text(f"it said {secret}.")


@pytest.mark.parametrize("path", ["payments", "team-payments/", "Payments_team"])
def test_an_owner_that_is_called_like_the_path_of_a_webhook_is_not_redacted(path: str, tmp_path: Path) -> None:
    address = f"https://hooks.shop.example/{path}"
    redactor, _ = opened(settings(tmp_path, f'[alerts.oncall]\nto = "{address}"'), {}, tmp_path)

    assert redactor.text(f"owner: {path.strip('/')}") == f"owner: {path.strip('/')}"
    assert path not in redactor.text(f"POST {address}")


def test_an_owner_that_is_part_of_an_address_is_not_redacted(tmp_path: Path) -> None:
    owner = "platform-payments-oncall-team"
    read = settings(
        tmp_path, f'[alerts.oncall]\nto = "slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}/#{owner}"\nowners = ["{owner}"]'
    )
    redactor, _ = opened(read, {}, tmp_path)

    assert redactor.text(f"owner: {owner}") == f"owner: {owner}"
    assert TOKEN not in redactor.text(read.alerts["oncall"].to[0])


def test_hosts_and_mailboxes_are_no_secrets(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        """
[alerts.oncall]
to = ["mailto://alice:pw12345678@smtp2.shop.example:587?to=bob99@shop.example", "https://hooks1.shop.example:8443/"]
secret = "${HOOK_SECRET}"
""",
    )
    found = set(in_settings(read))
    assert SECRET in found
    assert not {"smtp2.shop.example", "smtp2.shop.example:587", "hooks1.shop.example", "bob99@shop.example"} & found
