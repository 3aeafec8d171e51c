"""The inbox fixtures with a stranger's provider, registered by an entry point as ours are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.history.holding import Holding
from tests.postgres import needs_postgres

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

PROVIDER = '''
import threading, time
from pytest_synthetic.model.message import Address
from pytest_synthetic.testing import HandFedInbox

class Paper(HandFedInbox):
    """Delivers to itself, a moment after it is told to."""

    def later(self, seconds, to, text):
        threading.Timer(seconds, self.deliver, (to, text)).start()

MADE = []

def make(options, *, clock, sleep, folder):
    numbers = [Address(value=n["number"], labels={k: v for k, v in n.items() if k != "number"})
               for n in options["numbers"]]
    MADE.append(Paper(*numbers, clock=clock))
    return MADE[-1]
'''

TOML = """
[inboxes.sms]
provider = "paper"
lease_timeout = "1s"
numbers = [{ number = "+33600000001", carrier = "Orange" }, { number = "+33600000002", carrier = "SFR", region = "eu" }]

[regions.eu]
proxy = "http://127.0.0.1:9"
"""


@pytest.fixture
def stranger(pytester: pytest.Pytester) -> None:
    """Install a provider as another distribution would."""
    pytester.makepyfile(paper_inbox=PROVIDER)
    info = pytester.mkdir("paper_inbox-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paper-inbox\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic.inboxes]\npaper = paper_inbox:make\n", encoding="utf-8")
    pytester.syspathinsert()


JOURNEY = """
import paper_inbox

@pytest.mark.journey("Sign up")
def test_sign_up(journey, sms_inbox):
    with journey.step("receive the code"):
        with sms_inbox.expect(within="{within}", give_up="{give_up}") as message:
            paper_inbox.MADE[0].{act}
    assert message.code == "123456"
"""


@pytest.mark.parametrize(
    ("act", "within", "give_up", "verdict", "told"),
    [
        ('later(0.05, sms_inbox.address, "123456 is your code")', "30s", "1m", "passed", ""),
        ('later(0.6, sms_inbox.address, "123456 is your code")', "0.1s", "1m", "degraded", "sms.delivery took"),
        ('later(0.05, "+33600000009", "123456 is your code")', "0.1s", "0.3s", "failed", "what did arrive: nothing"),
        ('__setattr__("down", "the token is refused")', "0.1s", "0.3s", "broken", "the token is refused"),
    ],
)
def test_late_missing_and_unasked_are_three_verdicts(
    synthetic: Callable[..., Ran], stranger: None, act: str, within: str, give_up: str, verdict: str, told: str
) -> None:
    ran = synthetic(JOURNEY.format(act=act, within=within, give_up=give_up), toml=TOML, fresh=True)

    assert ran.run.verdict == verdict, ran.out
    assert told in f"{ran.run.failure} {ran.run.breaches}"
    if verdict in {"passed", "degraded"}:
        (taken,) = ran.run.measurements
        assert (taken.name, taken.step, taken.labels["carrier"]) == ("sms.delivery", "receive the code", "Orange")


@pytest.mark.parametrize("written", ["283-549", "2 8 3 5 4 9", "2, 8, 3, 5, 4, 9"])
def test_a_code_is_in_no_report_however_it_is_written(
    synthetic: Callable[..., Ran], stranger: None, pytester: pytest.Pytester, written: str
) -> None:
    ran = synthetic(
        f"""
import paper_inbox

@pytest.mark.journey("Sign up")
def test_sign_up(journey, sms_inbox):
    with sms_inbox.expect(within="30s") as message:
        paper_inbox.MADE[0].later(0.01, sms_inbox.address, "Your code is {written}.")
    assert message.code == "283549"
    digits = list(message.code)
    print("shown as", "283 549")
    raise RuntimeError(message.text)
""",
        "-l", toml=TOML, fresh=True,
    )  # fmt: skip
    kept = "".join(path.read_text("utf-8") for path in (pytester.path / ".synthetic/artifacts").rglob("*.txt"))

    assert "Your code is [redacted:code]." in kept
    assert "RuntimeError: Your code is [redacted:code]." in ran.out
    assert "shown as [redacted:code]" in ran.out
    assert "digits     = ['[redacted:code]']" in ran.out


def test_the_region_s_own_number_is_taken(
    synthetic: Callable[..., Ran], stranger: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = '@pytest.mark.journey("J")\ndef test_it(sms_inbox): assert sms_inbox.address == "+33600000002"\n'

    assert synthetic(source, "--synthetic-region=eu", toml=TOML, fresh=True).verdicts == ["passed"]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("", "no [inboxes.sms] in synthetic.toml. There is none."),
        ('[inboxes.smss]\nprovider = "paper"\n', 'Did you mean "smss"?'),
        ('[inboxes.sms]\nprovider = "papr"\n', 'Did you mean "paper"?'),
    ],
)
def test_an_inbox_that_is_not_set_up_is_broken_and_says_why(
    synthetic: Callable[..., Ran], stranger: None, toml: str, told: str
) -> None:
    ran = synthetic('@pytest.mark.journey("J")\ndef test_it(sms_inbox): pass\n', toml=toml, fresh=True)

    assert (ran.run.verdict, ran.run.fault) == ("broken", "config")
    assert told in str(ran.run.failure)
    assert "Traceback" not in ran.out


def test_workers_share_the_numbers(synthetic: Callable[..., Ran], stranger: None) -> None:
    source = """
import time
@pytest.mark.parametrize("n", range(6))
@pytest.mark.journey("J")
def test_it(sms_inbox, n):
    sms_inbox.address
    time.sleep(0.05)
"""
    ran = synthetic(source, "-n3", toml=TOML.replace('"1s"', '"30s"'), fresh=True)

    assert ran.verdicts == ["passed"] * 6, ran.out


def test_a_code_of_an_authenticator_app(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOTP", "JBSWY3DPEHPK3PXP")
    toml = '[otp.anna]\nsecret = "${SHOP_TOTP}"\nperiod = "2s"\ndigits = 8\n'
    source = """
@pytest.mark.journey("J")
@pytest.mark.sla("1s")
def test_it(journey, otp):
    with journey.step("log in", sla="1s"):
        codes = {otp(), otp("anna")}
    assert {len(code) for code in codes} == {8} and len(codes) == 2
"""
    run = synthetic(source, toml=toml).run

    assert run.verdict.value == "passed", "the two seconds between two codes are not the product's"
    assert "JBSWY3DPEHPK3PXP" not in str(run)


def test_an_account_that_is_not_there_is_broken(synthetic: Callable[..., Ran]) -> None:
    run = synthetic('@pytest.mark.journey("J")\ndef test_it(otp): otp()\n').run

    assert (run.verdict.value, str(run.fault)) == ("broken", "config")


def test_with_a_history_on_a_server_the_addresses_are_shared(synthetic: Callable[..., Ran], stranger: None) -> None:
    away = '[history]\nurl = "postgresql://me@127.0.0.1:9/history"\n'
    source = JOURNEY.format(act='later(0.05, sms_inbox.address, "123456 is your code")', within="30s", give_up="1m")
    ran = synthetic(source, toml=away + TOML, fresh=True)

    assert (ran.run.verdict, ran.run.fault) == ("broken", "inbox"), ran.out
    assert ran.run.failure
    assert "the history, where it is noted who holds an address, cannot be asked" in ran.run.failure.message


@needs_postgres
@pytest.mark.slow
def test_an_address_that_another_machine_holds_is_waited_for(
    synthetic: Callable[..., Ran], stranger: None, postgres: str, pytester: pytest.Pytester
) -> None:
    holding = Holding(postgres)
    held = holding.grab("pool:sms", "+33600000001", "5f2c")
    assert held
    toml = f'[history]\nurl = "{postgres}"\n'.replace("+psycopg", "") + TOML
    source = (
        JOURNEY.format(act='later(0.05, sms_inbox.address, "123456 is your code")', within="30s", give_up="1m")
        .replace("sms_inbox.expect", 'sms_inbox.lease(carrier="Orange") as phone, phone.expect')
        .replace("sms_inbox.addr", "phone.addr")
    )
    busy = synthetic(source, toml=toml, fresh=True)
    holding.let_go(held)
    free = synthetic(source, toml=toml, fresh=True)
    holding.close()

    assert (busy.run.verdict, busy.run.fault) == ("broken", "inbox"), busy.out
    assert busy.run.failure
    assert "+33600000001 is held by run 5f2c on " in busy.run.failure.message
    assert free.verdicts == ["passed"], free.out
    assert not (pytester.path / ".synthetic" / "inboxes").exists()
