"""Letters to a real receiver on this machine."""

from __future__ import annotations

import socket
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.quiet import DAYS
from pytest_synthetic.incidents.courier import NEEDLESS, Courier, Report, digest, tried
from pytest_synthetic.model.alerting import Letter, Route, Severity, Turn
from tests.incidents import a_post
from tests.webhooks import received

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Post

CLOCK = SystemClock()


def letter(post: Post, _: Route) -> Letter:
    return Letter(
        incident=post.incident,
        turn=post.turn,
        severity=Severity.PAGE,
        title="Customers cannot complete Checkout",
        short="Checkout is down",
        body="Customers cannot complete Checkout",
        facts={"incident": post.incident},
        key=post.key,
        at=post.at,
    )


class Desk:
    """A courier, and the reports that it brought."""

    def __init__(self, *addresses: str) -> None:
        self.news = threading.Event()
        self.courier = Courier(letter, CLOCK, self.news.set)
        self.courier.addresses({"oncall": Route(name="oncall", to=addresses, secret="s" * 16)})

    def give(self, address: str, *posts: Post) -> None:
        self.courier.give(post._replace(address=digest(address)) for post in posts)

    def reports(self, number: int) -> list[Report]:
        found: list[Report] = []
        while len(found) < number:
            assert self.news.wait(10), f"only {found}"
            self.news.clear()
            found += self.courier.reports()
        return found


def now(seconds: float = 0.0) -> datetime:
    return CLOCK.now() + timedelta(seconds=seconds)


@pytest.fixture
def post() -> Post:
    return a_post(id=1, at=now(), not_before=now())


def test_a_letter_arrives_and_is_reported(post: Post) -> None:
    with received() as receiver:
        desk = Desk(receiver.url)
        desk.give(receiver.url, post)

        (report,) = desk.reports(1)
        desk.courier.close(5)

    assert report.sent
    assert receiver.keys == ["k1"]
    assert tried(report).ended == report.at


def test_what_was_not_taken_is_tried_again_with_the_same_key(post: Post) -> None:
    with received(500, 200) as receiver:
        desk = Desk(receiver.url)
        desk.give(receiver.url, post)

        first, second = desk.reports(2)
        desk.courier.close(5)

    assert (first.sent, second.sent) == (False, True)
    assert first.why
    assert "500" in first.why
    assert first.again
    assert (tried(first).tries, tried(first).ended) == (1, None)
    assert receiver.keys == ["k1", "k1"]


def test_a_silent_address_delays_no_other(post: Post) -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections, and never answers
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
    with received() as receiver, silent:
        desk = Desk(url, receiver.url)
        desk.give(url, post)
        desk.give(receiver.url, post._replace(id=2, key="k2"))

        (report,) = desk.reports(1)
        assert report.sent
        assert report.post.key == "k2"
        desk.courier.close(0)


def test_a_letter_whose_time_has_not_come_waits(post: Post) -> None:
    with received() as receiver:
        desk = Desk(receiver.url)
        desk.give(receiver.url, post._replace(not_before=now(0.3)))
        assert not desk.courier.is_busy

        (report,) = desk.reports(1)
        desk.courier.close(5)
    assert report.at >= report.post.not_before


def test_letters_about_one_incident_to_a_program_stay_in_order_while_one_is_tried_again(post: Post) -> None:
    with received(500, 200) as receiver:
        desk = Desk(receiver.url)
        over = post._replace(id=2, key="k2", turn=Turn.RESOLVED)
        other = post._replace(id=3, key="k3", incident="other567")
        desk.give(receiver.url, post, over, other)

        desk.reports(4)
        desk.courier.close(5)
    assert receiver.keys == ["k1", "k3", "k1", "k2"]


def test_what_waits_for_an_address_that_is_gone_is_given_up(post: Post) -> None:
    desk = Desk("http://127.0.0.1:9/hook")
    desk.courier.give([post])

    (report,) = desk.reports(1)
    assert (report.sent, report.again) == (False, None)
    assert report.why == "no route has this address any more (slack)"
    desk.courier.close(5)


def test_people_are_not_told_of_what_was_over_before_they_could_be(post: Post) -> None:
    address = "json://127.0.0.1:9/hook"
    desk = Desk(address)
    over = post._replace(id=2, key="k2", turn=Turn.RESOLVED)
    desk.give(address, post._replace(not_before=now(0.2)), over._replace(not_before=now(0.2)))

    reports = desk.reports(2)
    desk.courier.close(5)
    assert [report.why for report in reports] == [NEEDLESS, NEEDLESS]


def test_what_was_sent_although_that_could_not_be_written_is_not_sent_again(post: Post) -> None:
    tries: dict[str, Report] = {}
    with received() as receiver:
        desk = Desk(receiver.url)
        desk.courier = Courier(letter, CLOCK, desk.news.set, tries)
        desk.courier.addresses({"oncall": Route(name="oncall", to=(receiver.url,), secret="s" * 16)})
        desk.give(receiver.url, post)
        desk.reports(1)
        desk.courier.close(5)

        again = Courier(letter, CLOCK, desk.news.set, tries)
        again.addresses({"oncall": Route(name="oncall", to=(receiver.url,), secret="s" * 16)})
        again.give([post._replace(address=digest(receiver.url))])
        (report,) = again.reports()
        again.written([report])
        again.close(5)
    assert report.sent
    assert len(receiver.keys) == 1
    assert tries == {}


def test_a_letter_that_waited_for_the_end_of_quiet_days_is_not_given_up_at_the_first_try(post: Post) -> None:
    with received(500, 200) as receiver:
        desk = Desk(receiver.url)
        day = CLOCK.now().strftime("%a").lower()
        quiet = tuple(f"{each} 00:00-24:00" for each in DAYS if each != day)
        desk.courier.addresses({"oncall": Route(name="oncall", to=(receiver.url,), secret="s" * 16, quiet=quiet)})
        desk.give(receiver.url, post._replace(at=now(-3 * 86400), not_before=now()))
        first, second = desk.reports(2)
        desk.courier.close(5)
    assert first.again
    assert second.sent


def test_what_is_tried_again_waits_for_the_end_of_quiet_hours_that_begin_meanwhile(post: Post) -> None:
    begins, ends = (now(60 * minutes).replace(second=0, microsecond=0) for minutes in (2, 60))
    with received(500) as receiver:
        desk = Desk()
        quiet = (f"{begins:%H:%M}-{ends:%H:%M}",)
        desk.courier.addresses({"oncall": Route(name="oncall", to=(receiver.url,), secret="s" * 16, quiet=quiet)})
        desk.give(receiver.url, post._replace(tries=5))
        (report,) = desk.reports(1)
        desk.courier.close(5)
    assert report.again == ends


def test_what_was_due_before_quiet_hours_and_is_found_in_them_waits_for_their_end(post: Post) -> None:
    begins, ends = now(-1800), now(1800)
    with received() as receiver:
        desk = Desk()
        quiet = (f"{begins:%H:%M}-{ends:%H:%M}",)
        desk.courier.addresses({"oncall": Route(name="oncall", to=(receiver.url,), secret="s" * 16, quiet=quiet)})
        desk.give(receiver.url, post._replace(not_before=now(-3600)))
        while desk.courier.is_busy:
            desk.news.wait(0.001)
        desk.courier.close(5)
    assert receiver.keys == []


def test_a_letter_of_before_a_clock_was_set_back_waits_no_longer_than_it_had_to(post: Post) -> None:
    with received() as receiver:
        desk = Desk(receiver.url)
        desk.give(receiver.url, post._replace(at=now(86400), not_before=now(86400)))
        (report,) = desk.reports(1)
        desk.courier.close(5)
    assert report.sent


def test_an_address_of_two_routes_gets_the_letters_of_each_in_its_own_language(post: Post) -> None:
    languages: list[str] = []

    def write(each: Post, route: Route) -> Letter:
        languages.append(route.language)
        return letter(each, route)

    with received() as receiver:
        desk = Desk()
        desk.courier = Courier(write, CLOCK, desk.news.set)
        routes = [Route(name=name, to=(receiver.url,), secret="s" * 16, language=name) for name in ("en", "fr")]
        desk.courier.addresses({route.name: route for route in routes})
        desk.give(receiver.url, post._replace(route="en"), post._replace(route="fr", id=2, key="k2", incident="b"))
        desk.reports(2)
        desk.courier.close(5)
    assert sorted(languages) == ["en", "fr"]
