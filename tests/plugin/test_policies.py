"""Policies of alerts in a session of pytest: what cannot be is a usage error before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

SHOP = """
@pytest.mark.journey("Checkout")
{marks}
def test_checkout(journey):
    pass
"""
OFTEN = '@pytest.mark.schedule("10m")\n'
ONE_REGION = '@pytest.mark.region("eu")\n'
REGIONS = '[regions.eu]\nproxy = "http://127.0.0.1:9"\n[regions.us]\nproxy = "http://127.0.0.1:9"\n'
BOTH = "[policies.all]\nregions = 2\n"


@pytest.mark.parametrize("arguments", [(), ("--collect-only",), ("--synthetic-region=eu",)])
def test_what_cannot_be_is_a_usage_error_with_the_arithmetic(
    synthetic: Callable[..., Ran], arguments: tuple[str, ...]
) -> None:
    ran = synthetic(SHOP.format(marks=OFTEN + ONE_REGION), *arguments, toml=BOTH + REGIONS)
    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert not ran.runs
    ran.result.stderr.fnmatch_lines(
        [
            'ERROR: *synthetic.toml: policies.all: "Checkout": `regions = 2` can never be: it runs from 1 (eu), and 1 < 2.*'
        ]
    )


def test_a_session_sends_nothing_and_needs_no_address(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(SHOP.format(marks=""), toml='[alerts.oncall]\nto = ["${NOT_SET_HERE}"]\nsecret = "${NOR_THIS}"')
    assert ran.run.verdict == "passed"


def test_a_worker_says_it_too(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(SHOP.format(marks=OFTEN + ONE_REGION), "-n1", toml=BOTH + REGIONS)
    assert ran.result.ret != 0
    assert not ran.runs
    assert "can never be" in ran.out


@pytest.mark.parametrize(
    ("marks", "toml"),
    [
        (ONE_REGION, BOTH + REGIONS),  # nothing watches it
        (OFTEN, BOTH + REGIONS),  # nobody knows here where others run it
        (OFTEN + ONE_REGION, REGIONS),
        ('@pytest.mark.schedule("1s")\n', ""),  # nobody chose a time limit
        (OFTEN + ONE_REGION, '[policies.other]\nowners = ["search"]\nregions = 2\n' + REGIONS),
    ],
)
def test_what_can_be_is_run(synthetic: Callable[..., Ran], marks: str, toml: str) -> None:
    assert synthetic(SHOP.format(marks=marks), toml=toml).run.verdict == "passed"


@pytest.mark.parametrize(
    ("marks", "toml", "told"),
    [
        ('@pytest.mark.schedule("5m")\n', '[runner]\ntime_limit = "10m"\n', '*synthetic.toml: runner.time_limit: "Checkout": a run '
         "may take 10 min*, and the next is due after 5 min: while one hangs, 2 runs are not made*"),
        ('@pytest.mark.schedule("1m")\n', '[runner]\ntime_limit = "5m"\n', "*next is due after 60 s: while one hangs, 5 runs*"),
        ('@pytest.mark.schedule("2d")\n@pytest.mark.slo(0.99, window="1d")\n', "", '*test_*.py:*"Checkout": its target looks at 24 h*'),
    ],
)  # fmt: skip
def test_what_cannot_be_without_a_policy(synthetic: Callable[..., Ran], marks: str, toml: str, told: str) -> None:
    ran = synthetic(SHOP.format(marks=marks), toml=toml)
    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert not ran.runs
    ran.result.stderr.fnmatch_lines([told])


def test_two_that_are_equally_specific(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(SHOP.format(marks=OFTEN), toml="[policies.a]\n[policies.b]\n")
    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(
        ['*?policies.a? and ?policies.b? are for the journey "Checkout" and equally specific*']
    )
