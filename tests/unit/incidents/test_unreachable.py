from __future__ import annotations

from pytest_synthetic.incidents.courier import NEEDLESS, Report
from pytest_synthetic.incidents.unreachable import changes
from pytest_synthetic.model.alerting import Case, Kind, What
from tests.incidents import a_post, an_incident, minutes
from tests.runs import NOON


def failed(tries: int, *, final: bool = False, why: str = "it answered 500") -> Report:
    return Report(a_post(tries=tries), sent=False, at=NOON, why=why, again=None if final else minutes(1))


def opened(*reports: Report) -> Case:
    ((action, case),) = changes(reports, (), {"f00d"}, NOON)
    assert action.what is What.OPENED
    return case


def test_an_address_is_down_after_three_tries_or_when_it_will_never_take_it() -> None:
    assert changes([failed(0), failed(1)], (), {"f00d"}, NOON) == []

    case = opened(failed(2))
    assert (case.name, case.problem.kind) == ("slack [alerts.oncall]", Kind.UNDELIVERED)
    assert case.problem.claim == "it answered 500"
    assert opened(failed(0, final=True)).problem.failed == 1


def test_it_is_said_once_and_is_over_when_a_letter_got_through() -> None:
    incident = an_incident("down1111", opened(failed(2)))

    assert changes([failed(3)], [incident], {"f00d"}, minutes(1)) == []
    ((action, _),) = changes([Report(a_post(), sent=True, at=NOON)], [incident], {"f00d"}, minutes(2))
    assert (action.what, action.why) == (What.RESOLVED, "it takes letters again")


def test_an_address_that_is_set_no_more_is_not_down_any_more() -> None:
    incident = an_incident("down1111", opened(failed(2)))

    ((action, _),) = changes([], [incident], (), minutes(1))
    assert (action.what, action.why) == (What.RESOLVED, "no route has it any more")
    assert changes([failed(5, final=True)], (), (), NOON) == []


def test_a_letter_that_was_needless_says_nothing_of_its_address() -> None:
    assert changes([failed(5, final=True, why=NEEDLESS)], (), {"f00d"}, NOON) == []
