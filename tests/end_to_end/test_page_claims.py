"""A page that answers 200 and is wrong: what it says of itself fails the run, whatever the test found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.channels.page_claims import SIGNS_KEPT
from pytest_synthetic.model.run import walk

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

SETTINGS = """
base_url = "http://shop.test"

[browser]
fail_on = ["page-error", "console-error", "http-5xx", "failed-request"]
ignore = ["Known noise"]
forbidden_text = ["Something went wrong", "regex:Error [0-9]{3}"]
"""

SUITE = """
import pytest

PAGE = "<!doctype html><h1>Kettle</h1><main>{}</main>"

@pytest.fixture
def open_page(page):
    def opened(main, url="http://shop.test/cart?token=s3cret", **answers):
        def answer(route):
            name = route.request.url.rpartition("/")[2]
            given = answers.get(name.partition(".")[0].partition("?")[0])
            if given == "never":
                return
            if given == "reset":
                route.abort("connectionreset")
            elif given == "proxy":
                route.abort("internetdisconnected")
            elif isinstance(given, int):
                route.fulfill(status=given, body="{}")
            else:
                route.fulfill(status=200, content_type="text/html", body=given or PAGE.format(main))
        page.route("**/*", answer)
        page.goto(url)
        assert page.locator("h1").inner_text() == "Kettle"
    return opened

FETCH = "<script>fetch('%s').catch(() => 0).then(() => document.title = 'done')</script>"

def fetched(page):
    page.wait_for_function("document.title == 'done'", timeout=5000)

@pytest.mark.journey("good")
def test_good(journey, open_page, page):
    with journey.step("open"):
        open_page("<p>All is well</p>" + FETCH % "/api/cart", api=200)
        fetched(page)

@pytest.mark.journey("text")
def test_text(journey, open_page):
    with journey.step("open"):
        with journey.step("look"):
            open_page("<p style='text-transform: uppercase'>Sorry! Something  went wrong.</p>")
    with journey.step("go on"):
        pass

@pytest.mark.journey("regex")
def test_regex(open_page):
    open_page("<p>Error 503</p>")

@pytest.mark.journey("hidden text")
def test_hidden(open_page):
    open_page("<p hidden>Something went wrong</p><script>'Error 500'</script>")

@pytest.mark.journey("thrown")
def test_thrown(journey, open_page, page):
    with journey.step("open"):
        open_page("<script>setTimeout(() => { document.title = 'done'; cart.total }, 0)</script>")
        fetched(page)

@pytest.mark.journey("ignored")
def test_ignored(journey, open_page):
    open_page("<script>console.error('Known noise 17'); console.warn('a warning')</script>")

@pytest.mark.journey("console")
def test_console(journey, open_page):
    open_page("<script>for (let i = 0; i < 3; i++) console.error('no price')</script>")

@pytest.mark.journey("5xx")
def test_5xx(journey, open_page, page):
    with journey.step("open"):
        open_page(FETCH % "/cart.json?token=s3cret" + FETCH % "/items", **{"cart": PAGE.format(FETCH % "/price?token=s3cret"), "price": 503})
        fetched(page)

@pytest.mark.journey("reset")
def test_reset(journey, open_page, page):
    open_page(FETCH % "/price", price="reset")
    fetched(page)

@pytest.mark.journey("no network here")
def test_no_network(open_page, page):
    open_page(FETCH % "/price", price="proxy")
    fetched(page)

@pytest.mark.journey("third party")
def test_third_party(journey, open_page, page):
    open_page(FETCH % "http://ads.example/track", track=500)
    fetched(page)

@pytest.mark.journey("both")
def test_both(journey, open_page):
    with journey.step("open"):
        open_page("<p>Error 503</p>")
    with journey.step("pay"):
        assert "order" == "no order"

@pytest.mark.journey("own fault")
def test_own_fault(journey, open_page):
    open_page("<p>Error 503</p>")
    {}["price"]

@pytest.mark.journey("two steps")
def test_two_steps(journey, open_page, page):
    with journey.step("one"):
        open_page("<p>Error 501</p>")
    with journey.step("two"):
        page.locator("main").evaluate("e => e.textContent = 'Error 502'")

@pytest.mark.journey("busy")
def test_busy(journey, open_page, page):
    with journey.step("open"):
        open_page("", never="never")
        page.evaluate("setTimeout(() => { x = new XMLHttpRequest(); x.open('GET', '/never', false); x.send() }, 0)")
    with journey.step("on"):
        pass

@pytest.mark.journey("skipped")
def test_skipped(open_page):
    open_page("<p>Error 503</p>")
    pytest.skip("not today")
"""

FLOOD = """
import pytest, resource

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

@pytest.fixture
def shop(page):
    page.route("**/*", lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Kettle</h1>"))
    page.goto("http://shop.test/")
    return page

@pytest.mark.journey("flood")
def test_flood(journey, shop):
    before = memory()
    with journey.step("errors"):
        shop.evaluate("for (let i = 0; i < 100000; i++) console.error('price ' + i)")
    with journey.step("nothing"):
        shop.locator("h1").click()
    with journey.step("lines, then an error"):
        shop.evaluate("for (let i = 0; i < 3000; i++) console.log('line ' + i); console.error('no basket')")
    with journey.step("an error again"):
        shop.evaluate("console.error('no delivery')")
    assert memory() - before < 60, memory() - before

@pytest.mark.journey("hidden")
def test_hidden(journey, shop):
    with journey.step("open"):
        shop.evaluate("for (let i = 0; i < 3000; i++) console[i == 1500 ? 'error' : 'log']('line ' + i)")

@pytest.mark.journey("some more")
def test_some_more(journey, shop):
    with journey.step("browse"):
        shop.evaluate("for (let i = 0; i < 600; i++) console.log('line ' + i)")
"""

NOTHING = """
import pytest

@pytest.mark.journey("off")
def test_off(page):
    page.route("**/*", lambda route: route.fulfill(status=200, content_type="text/html", body="Something went wrong"))
    page.goto("http://shop.test/")
"""


@pytest.fixture(scope="module")
def session(run_pytest: RunPytest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One session for all: a browser takes seconds to start."""
    folder = tmp_path_factory.mktemp("claims")
    (folder / "test_shop.py").write_text(SUITE, encoding="utf-8")
    (folder / "synthetic.toml").write_text(SETTINGS, encoding="utf-8")
    return run_pytest(folder)


@pytest.mark.parametrize("name", ["good", "hidden text", "ignored", "no network here", "third party"])
def test_what_is_no_sign_passes(session: Session, name: str) -> None:
    run = session.named(name)
    assert run.verdict == "passed", run.failure
    assert run.notes == ()


@pytest.mark.parametrize(
    ("name", "step", "claim"),
    [
        (
            "text",
            "open > look",
            'the page shows "SOMETHING WENT WRONG": Kettle SORRY! SOMETHING WENT WRONG. (http://shop.test/cart)',
        ),
        ("regex", None, 'the page shows "Error 503": Kettle Error 503 (http://shop.test/cart)'),
        ("thrown", "open", "a script threw ReferenceError: cart is not defined (http://shop.test/cart)"),
        ("console", None, "the console has an error: no price (http://shop.test/cart)"),
        ("5xx", "open", "GET was answered with 503 Service Unavailable (http://shop.test/price)"),
        ("reset", None, "GET got no answer: net::ERR_CONNECTION_RESET (http://shop.test/price)"),
    ],
)
def test_a_sign_fails_the_run(session: Session, name: str, step: str | None, claim: str) -> None:
    run = session.named(name)

    assert (run.verdict, run.fault) == ("failed", "product")
    assert run.failure
    assert (run.failure.type, run.failure.step, run.failure.claim) == ("PageFault", step, claim)
    assert run.failure.reason == "the page says of itself that something is wrong"
    assert failed_steps(run) == ([step] if step else [])
    assert [shot.media_type for shot in run.artifacts if shot.name == "screenshot"] == ["image/png"]
    assert "s3cret" not in session.out


def failed_steps(run: RunResult) -> list[str]:
    return [path for path, step in walk(run.steps) if step.failure]


def test_pytest_says_it_too(session: Session) -> None:
    assert session.code == 1
    assert "FAILED test_shop.py::test_text[chromium] - PageFault: the page shows" in session.out
    assert "PASSED" in session.out
    assert "page_claims.py" not in session.out  # no traceback into our code


def test_the_tests_own_failure_comes_first(session: Session) -> None:
    run = session.named("both")

    assert run.failure
    assert (run.failure.type, run.failure.step) == ("AssertionError", "pay")
    assert run.notes == (
        'the page says of itself in step "open": the page shows "Error 503": Kettle Error 503 (http://shop.test/cart)',
    )
    assert failed_steps(run) == ["open", "pay"]
    assert run.notes[0] in session.out


def test_a_page_that_hurts_customers_outranks_a_mistake_of_the_test(session: Session) -> None:
    run = session.named("own fault")

    assert run.verdict == "failed"
    assert run.failure
    assert run.failure.type == "PageFault"
    assert run.notes == ("the test itself ended with KeyError: 'price'",)


def test_every_step_keeps_its_own_sign(session: Session) -> None:
    run = session.named("two steps")

    assert run.failure
    assert (run.failure.step, failed_steps(run)) == ("one", ["one", "two"])
    assert [note.partition(":")[0] for note in run.notes] == ['the page says of itself in step "two"']


def test_a_page_that_never_answers_is_told_and_waited_for_once(session: Session) -> None:
    run = session.named("busy")

    assert run.verdict == "passed", run.failure
    told = "note: http://shop.test/cart did not answer within 1 s: what it says of itself is not known"
    assert session.out.count(told) == 1
    assert run.steps[1].duration < 1  # it is not asked again, and waiting for it is no part of a step


def test_a_skipped_run_stays_skipped(session: Session) -> None:
    assert session.named("skipped").verdict == "skipped"


def test_a_flood_on_the_console_costs_neither_memory_nor_the_verdict(run_pytest: RunPytest, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(FLOOD, encoding="utf-8")
    settings = 'base_url = "http://shop.test"\n[browser]\nfail_on = ["console-error"]\n[evidence]\nwhen = "never"\n'
    (tmp_path / "synthetic.toml").write_text(settings, encoding="utf-8")
    session = run_pytest(tmp_path)

    flood, hidden, some_more = map(session.named, ("flood", "hidden", "some more"))
    assert flood.verdict == "failed"
    assert flood.failure
    assert (flood.failure.type, flood.failure.step) == ("PageFault", "errors"), session.out
    assert "price 0 (http://shop.test/), and at least 6" in flood.failure.message
    assert flood.failure.message.count("\n") == SIGNS_KEPT - 1
    assert failed_steps(flood) == ["errors", "lines, then an error", "an error again"]
    assert [note.partition(": ")[2].partition(" (")[0] for note in flood.notes] == [
        "the console has an error: no basket",
        "the console has an error: no delivery",
    ]

    assert (hidden.verdict, some_more.verdict) == ("passed", "passed")
    (told,) = [line for line in session.out.splitlines() if line.startswith("note: ")]  # nothing is lost of 600 lines
    assert told == (
        'note: something was written to the console more than 500 times in step "open": not all of it was heard'
    )


def test_without_settings_nothing_is_asked_of_the_pages(run_pytest: RunPytest, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(NOTHING, encoding="utf-8")
    assert run_pytest(tmp_path).named("off").verdict == "passed"
