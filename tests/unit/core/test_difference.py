"""What is told of two runs: the most telling first, nothing of what is equal, nothing that a failure only brings along."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.addresses import route
from pytest_synthetic.core.difference import PAGE_LINES, WIDTH, difference, learnt, masked_line
from pytest_synthetic.model.profile import Asked, Profile, Shown, StepTime

AT = datetime(2026, 11, 22, tzinfo=UTC)


def asked(
    url: str, status: int | None = 200, *, method: str = "GET", step: str | None = None, kind: str = "fetch"
) -> Asked:
    return Asked(method=method, url=url, status=status, step=step, kind=kind)


def steps(**durations: float) -> tuple[StepTime, ...]:
    return tuple(StepTime(path=name, occurrence=1, duration=duration) for name, duration in durations.items())


def profile(*requests: Asked, **more: Any) -> Profile:
    return Profile(run_id="a" * 32, at=AT, requests=requests, **more)


def shown(*lines: str, url: str = "/cart", step: str | None = "pay", volatile: tuple[str, ...] = ()) -> Shown:
    return Shown(step=step, url=url, lines=lines, volatile=volatile)


# -- routes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example", "/"),
        ("https://shop.example/cart?token=s3cret#top", "/cart"),
        ("/products/kettle", "/products/kettle"),
        ("/orders/KS-1A2B-0001", "/orders/#"),
        ("/orders/42/lines/7", "/orders/#/lines/#"),
        ("/api/v2/users/550e8400-e29b-41d4-a716-446655440000", "/api/v2/users/#-#-#-#-#"),
        ("/static/app.3f9a8c1d.js", "/static/app.#.js"),
        ("/assets/index-BxYkQzWs.js", "/assets/index-#.js"),
        ("/assets/shopping-cart.svg", "/assets/shopping-cart.svg"),
        ("/fonts/inter.woff2", "/fonts/inter.woff2"),
        ("/product-2", "/product-#"),
        ("http://[half/cart?x=1", "http://[half/cart"),
    ],
)
def test_a_route_is_the_same_in_every_run(url: str, expected: str) -> None:
    assert route(url) == expected


@given(st.text(max_size=60))
def test_a_route_is_its_own_route(path: str) -> None:
    assert "\n" not in route("/" + path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- paragraph: Order KS-1A2B-0001 of 22:15", "- paragraph: Order # of #"),
        ("- text: €49.90", "- text: €#"),
        ("- button: Pay", "- button: Pay"),
    ],
)
def test_a_line_without_what_varies(line: str, expected: str) -> None:
    assert masked_line(line) == expected


# -- requests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "lines", "heads"),
    [
        (
            [asked("/api/cart", step="pay")],
            [asked("/api/cart", 500, step="pay")],
            ['! GET /api/cart (in "pay"): 200 -> 500'],
            ["GET /api/cart: 200 -> 500"],
        ),
        (
            [asked("/api/cart")],
            [asked("/api/cart", None)],
            ["! GET /api/cart: 200 -> no answer"],
            ["GET /api/cart: 200 -> no answer"],
        ),
        ([asked("/api/cart")], [], ["- GET /api/cart"], ["GET /api/cart is gone"]),
        ([], [asked("/login", 302)], ["+ GET /login: 302"], ["GET /login is new (302)"]),
        ([asked("/a.js", kind="script")], [], ["- GET /a.js"], []),  # of little interest: not in the summary
        ([asked("/a")], [asked("/a", 304)], [], []),
        ([asked("/a")], [asked("/a"), asked("/a", None)], [], []),  # one more is under way
        ([asked("/a", None)], [asked("/a")], [], []),
        ([asked("/a"), asked("/a", 404)], [asked("/a")], [], []),
        ([asked("/a", step="x")], [asked("/a", step="y")], [], []),
        ([asked("/a")], [asked("/a"), asked("/a")], [], []),
    ],
)
def test_requests(before: list[Asked], after: list[Asked], lines: list[str], heads: list[str]) -> None:
    found = difference(profile(*before), profile(*after))
    assert list(found.lines) == (["Requests", *(f"  {line}" for line in lines), ""] if lines else [])
    assert list(found.heads) == heads


def test_what_a_failed_run_never_came_to_is_no_difference() -> None:
    good = profile(asked("/cart", step="open"), asked("/pay", step="pay"), steps=steps(open=1, pay=1))
    bad = profile(asked("/cart", step="open"), steps=steps(open=1), failed=True, failed_step="open")

    assert difference(good, bad).heads == ()
    assert difference(good, bad).lines == ("Steps (then, now)", "  not reached: pay", "")
    assert difference(good, replace(bad, failed=False)).heads == ('step "pay" is gone', "GET /pay is gone")


def test_the_most_telling_request_comes_first() -> None:
    times = steps(open=1, pay=1)
    good = profile(
        asked("/a.png", kind="image", step="open"),
        asked("/after", step="pay"),
        asked("/pay", 201, method="POST", step="pay"),
        asked("/cart", step="pay"),
        asked("/opened", step="open"),
        steps=times,
    )
    bad = profile(asked("/cart", 500, step="pay"), asked("/login", step="pay"), steps=times, failed=True)

    assert difference(good, bad).lines[1:-1] == (
        '  ! GET /cart (in "pay"): 200 -> 500',
        '  - GET /opened (in "open")',
        '  - POST /pay (in "pay")',
        '  - GET /after (in "pay")',
        '  + GET /login (in "pay"): 200',
        '  - GET /a.png (in "open")',
    )


def test_images_that_are_gone_tell_less_than_the_page() -> None:
    good = profile(asked("/a.png", kind="image"), pages=(shown("- text: €9"),))
    bad = profile(pages=(shown(),), failed=True, failed_step="pay")
    assert [line for line in difference(good, bad).lines if not line.startswith("  ")] == [
        'Page /cart at "pay"', "", "Requests", "",
    ]  # fmt: skip


# -- the page ------------------------------------------------------------------------------------------------------


def pages(before: Shown, after: Shown, *others: Shown) -> tuple[list[str], list[str]]:
    found = difference(profile(pages=(*others, before)), profile(pages=(after,), failed=True, failed_step="pay"))
    return [line.strip() for line in found.lines if line][1:], list(found.heads)


def test_a_text_that_became_another() -> None:
    lines, heads = pages(shown("- heading: Kettle", "- text: €49.90"), shown("- heading: Kettle", "- text: €4.99"))
    assert lines == ["- text: €49.90", "+ text: €4.99"]
    assert heads == ["text: €49.90 -> €4.99"]


def test_alerts_and_what_can_be_pressed_come_first() -> None:
    before = shown('- heading "Payment" [level=1]', "- text: Thank you", '- button "Pay"')
    after = shown('- heading "Payment" [level=1]', '- link "Home":', "  - /url: /", '- alert: "Refused"')
    _, heads = pages(before, after)
    assert heads == ['alert: "Refused" is new', 'button "Pay" is gone', 'link "Home" is new', "text: Thank you is gone"]


def test_the_good_run_was_elsewhere_by_then() -> None:
    earlier = shown('- button "Pay"', url="/payment", step="address")
    lines, heads = pages(
        shown("- heading: Thank you", url="/orders/#"), shown('- button "Pay"', url="/payment"), earlier
    )
    assert lines == ["! the good run was at /orders/# then"]
    assert heads == ["the page is /payment, was /orders/#"]


def test_a_page_that_the_good_run_never_saw() -> None:
    lines, heads = pages(shown("- text: a", url="/orders/#"), shown("- text: b", url="/login"))
    assert lines == ["! the good run was at /orders/# then"]
    assert heads == ["the page is /login, was /orders/#"]


def test_what_varies_from_good_run_to_good_run_is_no_difference() -> None:
    one, two = shown("- text: Order KS-0001", "- text: €9"), shown("- text: Order KS-0002", "- text: €9")
    kept = replace(two, volatile=learnt(one, two))
    assert kept.volatile == ("- text: Order #",)

    assert pages(kept, shown("- text: Order KS-0003", "- text: €9")) == ([], [])
    assert pages(kept, shown("- text: Order KS-0003", "- text: €8"))[1] == ["text: €9 -> €8"]
    assert learnt(kept, kept) == kept.volatile


def test_a_long_difference_is_cut() -> None:
    lines, _ = pages(shown(), shown(*(f"- text: {'x' * 200}{number}" for number in range(1000))))
    assert len(lines) == PAGE_LINES + 1
    assert lines[-1] == f"… and {1000 - PAGE_LINES} more"
    assert max(map(len, lines)) <= WIDTH - 2


# -- times and versions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1.0, 1.4, False),  # less than half as long again
        (0.1, 0.29, False),  # less than 200 ms
        (0.1, 0.31, True),
        (1.0, 1.51, True),
        (2.0, 1.0, False),  # quicker: good
        (0.0, 0.5, True),
    ],
)
def test_a_step_that_takes_notably_longer(before: float, after: float, told: bool) -> None:
    found = difference(profile(steps=steps(pay=before)), profile(steps=steps(pay=after)))
    assert bool(found.lines) is told
    assert bool(found.heads) is told


def test_steps_side_by_side() -> None:
    good = profile(steps=steps(open=0.5, pay=1.2, thank=0.1), versions={"chromium": "156.0"})
    bad = profile(steps=steps(open=0.5, log_in=0.2, pay=7.25), versions={"chromium": "157.0", "server": "x"})

    assert difference(good, bad).lines == (
        "Steps (then, now)",
        "  log_in                                              -     200 ms  new",
        "  pay                                             1.2 s     7.25 s",
        "  thank                                          100 ms          -  gone",
        "",
        "Versions",
        "  ! chromium: 156.0 -> 157.0",
        "",
    )
    assert difference(good, bad).heads == (
        'step "log_in" is new',
        'step "pay" took 7.25 s, was 1.2 s',
        'step "thank" is gone',
        "chromium: 156.0 -> 157.0",
    )


def test_the_step_that_failed_says_so() -> None:
    bad = profile(steps=steps(pay=10.0), failed=True, failed_step="pay")
    found = difference(profile(steps=steps(pay=1.0)), bad)
    assert found.lines[1] == "  pay                                               1 s       10 s  failed"
    assert found.heads == ()


# -- any two runs --------------------------------------------------------------------------------------------------

words = st.sampled_from(["a", "b", "cart", "pay", "#"])
requests = st.builds(
    Asked,
    method=st.sampled_from(["GET", "POST"]),
    url=words.map("/{}".format),
    status=st.sampled_from([200, 304, 404, 500, None]),
    step=words | st.none(),
    kind=st.sampled_from(["fetch", "script", "document"]),
)
lines = st.lists(
    words.map("- text: {}".format) | st.text(max_size=100).map(lambda text: text.replace("\n", " ")), max_size=9
)
profiles = st.builds(
    Profile,
    run_id=st.just("a"),
    at=st.just(AT),
    failed=st.booleans(),
    failed_step=words | st.none(),
    steps=st.lists(
        st.builds(StepTime, path=words, occurrence=st.integers(1, 3), duration=st.floats(0, 99)), max_size=5
    ).map(tuple),
    requests=st.lists(requests, max_size=9).map(tuple),
    pages=st.lists(st.builds(Shown, step=words | st.none(), url=words, lines=lines.map(tuple)), max_size=3).map(tuple),
    versions=st.dictionaries(words, words),
)


@given(profiles)
def test_two_equal_runs_do_not_differ(run: Profile) -> None:
    equal = replace(run, pages=run.pages[:1])
    assert difference(equal, equal) == difference(profile(), profile())


@given(profiles, profiles, st.randoms(use_true_random=False))
def test_the_order_of_requests_does_not_matter(then: Profile, now: Profile, chance: Any) -> None:
    shuffled = [tuple(chance.sample(run.requests, len(run.requests))) for run in (then, now)]
    assert difference(then, now) == difference(replace(then, requests=shuffled[0]), replace(now, requests=shuffled[1]))


@given(profiles, profiles)
def test_any_difference_can_be_read(then: Profile, now: Profile) -> None:
    found = difference(then, now)
    assert len(found.lines) <= 80
    assert all(len(line) <= WIDTH and "\n" not in line for line in found.lines)


@given(profiles)
def test_a_profile_survives_json(run: Profile) -> None:
    assert Profile.from_json(run.to_json()) == run
