"""What an alert says, in both languages: first what customers can no longer do; and nothing that does something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from pytest_synthetic.alerts import words_en, words_fr
from pytest_synthetic.alerts.inert import in_sms
from pytest_synthetic.alerts.message import letter
from pytest_synthetic.alerts.saying import BY_LANGUAGE, duration, moment, several
from pytest_synthetic.alerts.words import Label
from pytest_synthetic.analysis.alerting import words
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.model.alerting import LANGUAGES, Ending, Kind, Letter, Notice, Severity, Turn, What
from pytest_synthetic.model.reasons import Reason
from pytest_synthetic.model.verdict import Verdict
from tests.nights import Night, at, found, problem
from tests.unit.alerts.test_inert import ACTIVE, HOSTILE

GSM = re.compile('[ -_a-zàäåæèéìñòöøùüÄÅÆÉÇÑÖØÜß£¥§¿¡"]*')


def plain(text: str) -> str:
    return text


def written(
    notice: Notice,
    language: str = "en",
    minutes: float = 9,
    redact: Callable[[str], str] = plain,
    links: dict[str, str] | None = None,
    **more: Any,
) -> Letter:
    given = {"product": "Kettle Shop", "key": "fr6c7xxv-1-oncall", **more}
    return letter(notice, language=language, links=links or {}, now=at(minutes), redact=redact, **given)


def one(turn: Turn = Turn.OPENED, minutes: float = 5, told: dict[str, Any] | None = None, **more: Any) -> Notice:
    """A turn of an incident of one journey."""
    night = Night()
    that = problem(**(told or {}))
    night.opens(that, **more)
    if turn is Turn.RESOLVED:
        night.ends(that, minutes, **more)
    return Notice(turn, night.one, at(minutes))


def many(count: int, **told: Any) -> Notice:
    night = Night()
    names = ["Checkout", "Sign-up", *(f"Journey {number}" for number in range(3, count + 1))]
    night.takes(0, *[found(What.OPENED, problem(name.lower(), **told), 0, name=name) for name in names[:count]])
    return night.notices[0]


FULL: dict[str, Any] = {
    "owner": "payments",
    "runbook": "https://wiki.example.com/pay",
    "revenue_per_hour": 10_000,
    "carriers": ("Orange F", "SFR"),
    "blocked": ("Refund", "Invoice"),
    "evidence": "evidence/8f3a",
}
STEP = {"step": "pay", "claim": "[status] (503) == 200", "well": ("ap-south",), "fingerprint": "ab12"}


# -- first of all ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "told", "first"),
    [
        ("en", {}, "Customers cannot complete Checkout."),
        ("en", {"failed": 3, "said": 5}, "Many customers cannot complete Checkout."),
        ("en", {"kind": Kind.LEAK, "failed": 3, "said": 90}, "Some customers cannot complete Checkout."),
        (
            "en",
            {"kind": Kind.REGION, "regions": ("eu-west",)},
            "Customers cannot complete Checkout (from eu-west alone).",
        ),
        ("en", {"kind": Kind.DEGRADED}, "Checkout is slower than promised."),
        ("en", {"kind": Kind.BROKEN}, "The monitor cannot say whether Checkout works."),
        ("en", {"kind": Kind.MISSED}, "The monitor cannot say whether Checkout works."),
        (
            "en",
            {"kind": Kind.MISSED, "regions": ("eu-west",), "well": ("us-east",)},
            "The monitor cannot say whether Checkout works (from eu-west alone).",
        ),
        ("fr", {}, "Les clients ne peuvent pas terminer le parcours Checkout."),
        ("fr", {"failed": 3, "said": 5}, "De nombreux clients ne peuvent pas terminer le parcours Checkout."),
        (
            "fr",
            {"kind": Kind.LEAK, "failed": 3, "said": 90},
            "Certains clients ne peuvent pas terminer le parcours Checkout.",
        ),
        ("fr", {"kind": Kind.DEGRADED}, "Le parcours Checkout est plus lent que promis."),
        ("fr", {"kind": Kind.MISSED}, "La surveillance ne peut pas dire si le parcours Checkout fonctionne."),
    ],
)
def test_it_says_first_what_customers_can_no_longer_do(language: str, told: dict[str, Any], first: str) -> None:
    sent = written(one(told=told), language)

    assert sent.body.splitlines()[0] == first
    assert first[1:-1] in sent.title


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("en", "Customers cannot complete 1,000 journeys: Checkout, Sign-up and 998 more."),
        ("fr", "Les clients ne peuvent pas terminer 1\u00a0000 parcours\u00a0: Checkout, Sign-up et 998 autres."),
    ],
)
def test_a_thousand_journeys_are_one_letter_with_the_count(language: str, first: str) -> None:
    sent = written(many(1_000), language)

    assert sent.body.splitlines()[0] == first
    assert len(sent.title) <= 120
    assert len(sent.body) < 3_000


def test_there_are_words_for_each_language_of_the_settings() -> None:
    assert tuple(BY_LANGUAGE) == LANGUAGES


@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("kind", [Kind.BROKEN, Kind.MISSED])
@pytest.mark.parametrize("turn", Turn)
def test_nobody_reads_a_broken_monitor_as_an_outage(language: str, kind: Kind, turn: Turn) -> None:
    sent = written(one(turn, told={"kind": kind}), language)

    for text in (sent.title, sent.short, sent.body.splitlines()[0]):
        assert not re.search(r"customers|clients", text, re.IGNORECASE)
    known = BY_LANGUAGE[language].nothing_known in sent.body
    assert known is (turn is not Turn.RESOLVED)


@pytest.mark.parametrize(
    ("turn", "english", "french"),
    [
        (Turn.OPENED, "[PAGE]", "[URGENT]"),
        (Turn.UPDATED, "[PAGE, update]", "[URGENT, mise à jour]"),
        (Turn.REMINDED, "[PAGE, still]", "[URGENT, rappel]"),
        (Turn.FLAPPING, "[PAGE, comes and goes]", "[URGENT, intermittent]"),
        (Turn.RESOLVED, "[OVER]", "[TERMINÉ]"),
        (Turn.REOPENED, "[PAGE, back again]", "[URGENT, de retour]"),
    ],
)
def test_the_title_says_the_turn(turn: Turn, english: str, french: str) -> None:
    assert written(one(turn)).title.startswith(f"{english} Kettle Shop: ")
    assert written(one(turn), "fr").title.startswith(f"{french} Kettle Shop : ")
    assert written(one(turn), test=True).title.startswith("[TEST ")


# -- the facts ---------------------------------------------------------------------------------------------------------


def test_all_that_is_asked_is_answered_a_fact_a_line() -> None:
    notice = one(Turn.OPENED, 0, told=STEP, **FULL)
    links = {"status": "https://status.example.com", "report": "https://reports.example.com/8f3a"}

    sent = written(notice, zone="Europe/Paris", links=links)

    assert sent.body == (
        "Customers cannot complete Checkout.\n"
        "\n"
        "Severity: page, somebody must look now\n"
        "Since: 2026-03-01 02:55 UTC (03:55 Europe/Paris), 14 min\n"
        "Last good run: 2026-03-01 02:50 UTC (03:50 Europe/Paris)\n"
        "Regions: bad from eu-west and us-east; well from ap-south\n"
        "Carriers: Orange F and SFR\n"
        "Runs: 4 of 4 failed from there\n"
        "Step: pay\n"
        "Claim: ［status］ (503) == 200\n"
        "Owner: payments\n"
        "Runbook: https://wiki.example.com/pay\n"
        "Seen before: no, not in the history\n"
        "At risk so far: EUR 1,400 (between 860 and 1,600)\n"
        "Each further hour: EUR 6,000 (between 3,700 and 6,700)\n"
        "Assumed: all traffic is spread evenly over 3 regions and over the hours, and nobody comes back later. "
        "So this is an upper bound: at risk, not lost.\n"
        "Not tried because of it: Refund and Invoice\n"
        "\n"
        "Report: https://reports.example.com/8f3a\n"
        "status: https://status.example.com\n"
        f"Run: synthetic runs show {'8f3a' * 8}\n"
        "Evidence: evidence/8f3a\n"
        "Why this alert: Checkout: eu-west and us-east: 2 of 3 runs failed\n"
        "Incident: fr6c7xxv, synthetic incidents show fr6c7xxv"
    )
    assert sent.short == ("PAGE Kettle Shop: customers cannot complete Checkout. Since 02:55 UTC (14 min). fr6c7xxv")


@pytest.mark.parametrize(
    ("language", "first", "fact"),
    [
        ("en", "Some customers cannot complete Checkout [amex].", "Only with: amex\n"),
        ("fr", "Certains clients ne peuvent pas terminer le parcours Checkout [amex].", "Seulement avec : amex\n"),
    ],
)
def test_where_it_is_one_of_its_parameters_alone_that_is_said_first(language: str, first: str, fact: str) -> None:
    sent = written(one(told={"variants": ("amex",), "failed": 2, "said": 8}), language)

    assert sent.body.splitlines()[0] == first
    assert "Checkout [amex]" in sent.title
    assert "Checkout (amex)." in sent.short
    assert fact in sent.body.replace("\u00a0", " ")
    assert sent.facts["cases"][0]["variants"] == ["amex"]
    assert written(one(told={"variants": tuple("abcde")})).title.endswith("Checkout [a, b and 3 more]")


def test_what_is_not_known_is_said_or_left_out() -> None:
    body = written(one(told={"last_good": None})).body

    assert "Last good run: none is known\n" in body
    assert "Owner: none is set\n" in body
    for absent in ("Runbook", "At risk", "Assumed", "Seen before", "Carriers", "Step", "Claim", "Evidence", "None"):
        assert absent not in body


def test_the_outbox_keeps_moments_less_exactly_than_the_time_line() -> None:
    notice = one(told=STEP)
    (entry,) = notice.incident.entries
    finer = replace(entry, at=notice.at + timedelta(microseconds=296))
    notice = notice._replace(at=notice.at, incident=replace(notice.incident, entries=(finer,)))

    assert "Why this alert: Checkout: eu-west and us-east: 2 of 3 runs failed\n" in written(notice).body


def test_what_is_about_an_address_tells_nothing_of_runs() -> None:
    night = Night()
    that = problem("alerts/oncall/f00d", kind=Kind.UNDELIVERED, regions=(), run_id="", last_good=None)
    night.opens(that, name="mailto://… of [alerts.oncall]")

    body = written(night.notices[0]).body
    for absent in ("Last good", "Owner", "Run:", "Runs:", "Regions"):
        assert absent not in body


def test_a_test_names_no_run_and_no_incident_that_could_be_looked_up() -> None:
    body = written(one(told={"run_id": ""}), test=True).body

    assert "synthetic " not in body


def test_a_product_without_a_name_is_not_named() -> None:
    sent = written(one(), product=Settings().product)

    assert sent.title == "[PAGE] customers cannot complete Checkout"
    assert sent.facts["thread"].startswith("Checkout (")


def test_the_same_fault_before_is_told_with_its_incident() -> None:
    notice = one(told=STEP)
    seen = notice._replace(incident=replace(notice.incident, before=at(-60 * 24), before_id="k3x9q2aa"))

    assert "Seen before: 2026-02-28 03:00 UTC, synthetic incidents show k3x9q2aa\n" in written(seen).body


def test_the_end_says_how_long_it_was_and_what_it_may_have_cost() -> None:
    body = written(one(Turn.RESOLVED, 20, told=STEP, **FULL), minutes=21).body

    assert body.startswith("Customers can complete Checkout again (it lasted 25 min).\n")
    assert "Lasted: 25 min, from 2026-03-01 02:55 UTC to 2026-03-01 03:20 UTC\n" in body
    assert "Regions: was bad from eu-west and us-east\n" in body
    assert "Was at risk: EUR 2,500 (between 1,500 and 2,800)\n" in body
    assert "Each further hour" not in body
    assert "look now" not in body
    assert "Last good run" not in body


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (words.left(["eu-west"]), "the journey does not run in eu-west any more"),
        (words.dropped(Verdict.FAILED), "the policy was changed: failed runs do not count under the new one"),
        (words.given_up("eu-west", "amex"), "[amex] is run no more in eu-west"),
    ],
    ids=["left", "dropped", "given up"],
)
@pytest.mark.parametrize("kind", [Kind.OUTAGE, Kind.MISSED])
def test_of_what_was_not_seen_to_work_again_it_is_not_said(kind: Kind, reason: Reason, why: str) -> None:
    sent = written(ended(reason, kind), minutes=21)

    assert sent.title == "[CLOSED] Kettle Shop: no more alerts on Checkout, which was not seen to be well again"
    assert sent.body.startswith("No more alerts on Checkout, which was not seen to be well again.\n")
    assert f"Why no more: Checkout: {why}\n" in sent.body
    assert not re.search(r"\bagain since\b|Lasted|can complete", f"{sent.body}{sent.short}")


def test_it_is_not_said_in_french_either() -> None:
    body = written(ended(words.left(["eu-west"])), "fr", minutes=21).body.replace("\u00a0", " ")

    assert body.startswith("Plus d'alertes sur le parcours Checkout, sans preuve d'un retour à la normale.\n")
    assert "Checkout : le parcours n'est plus exécuté depuis eu-west\n" in body


def ended(reason: Reason, kind: Kind = Kind.OUTAGE) -> Notice:
    night, that = Night(), problem(kind=kind)
    night.opens(that)
    action, told = found(What.RESOLVED, that, 20)
    night.takes(20, (action._replace(why=words.said([reason]), reasons=(reason,)), told))
    return night.notices[0]


@pytest.mark.parametrize("turn", [Turn.OPENED, Turn.REOPENED])
def test_what_is_over_before_its_message_leaves_is_not_told_as_if_it_stood(turn: Turn) -> None:
    late = one(Turn.RESOLVED, 20)._replace(turn=turn)

    sent = written(late, minutes=50)

    assert sent.title == "[OVER] Kettle Shop: customers could not complete Checkout (over since 03:20 UTC)"
    assert "look now" not in sent.body
    assert "could not complete" in sent.short


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            ["Well again since: 2026-03-01 03:11 UTC", "Runs: 6 of 10 failed from there", "Last bad run: synthetic"],
        ),
        (
            "fr",
            [
                "Rétabli depuis : 2026-03-01 03:11 UTC",
                "Exécutions : 6 sur 10 en échec depuis ces régions",
                "Dernière exécution concernée : synthetic",
            ],
        ),
    ],
)
@pytest.mark.parametrize("turn", [Turn.OPENED, Turn.RESOLVED])
def test_the_end_says_since_when_it_works_and_how_many_runs_failed(turn: Turn, language: str, lines: list[str]) -> None:
    over = one(Turn.RESOLVED, 20, ending=Ending(failed=6, said=10, good_since=at(11)))

    body = written(over._replace(turn=turn), language, minutes=21).body.replace("\u00a0", " ")

    assert all(f"\n{line}" in body for line in lines)
    assert "réussie" not in body


def test_an_end_of_which_no_run_is_known_says_when_it_was_over_and_counts_nothing() -> None:
    body = written(one(Turn.RESOLVED, 20), minutes=21).body

    assert "\nWell again since: 2026-03-01 03:20 UTC\n" in body
    assert "Runs:" not in body


@pytest.mark.parametrize(
    ("language", "since", "lasted", "first"),
    [
        (
            "en",
            "Since: 2026-03-01 03:25 UTC, 10 min",
            "Lasted: 15 min, from 2026-03-01 03:25 UTC to 2026-03-01 03:40 UTC",
            "First time: 2026-03-01 02:55 UTC, over in between",
        ),
        (
            "fr",
            "Depuis : 2026-03-01 03:25 UTC, 10 min",
            "Durée : 15 min, de 2026-03-01 03:25 UTC à 2026-03-01 03:40 UTC",
            "Première fois : 2026-03-01 02:55 UTC, terminé entre-temps",
        ),
    ],
)
@pytest.mark.parametrize("turn", [Turn.OPENED, Turn.REOPENED, Turn.REMINDED, Turn.UPDATED])
def test_what_came_back_is_not_said_to_have_stood_all_the_time(
    turn: Turn, language: str, since: str, lasted: str, first: str
) -> None:
    night = Night()
    night.opens(problem())
    night.ends(problem(), 20)
    night.opens(problem(minutes=30))

    sent = written(night.notices[0]._replace(turn=turn), language, minutes=35)
    night.ends(problem(minutes=30), 40)
    over = written(night.notices[0], language, minutes=40)

    assert f"\n{since}\n{first}\n" in sent.body.replace("\u00a0", " ")
    assert "03:25 UTC (10 min)" in sent.short
    assert f"\n{lasted}\n{first}\n" in over.body.replace("\u00a0", " ")
    assert ("15 min this time)" if language == "en" else "15 min cette fois)") in over.short


@pytest.mark.parametrize(
    ("language", "headline", "line"),
    [
        ("en", "(it came and went for 1 h 5 min)", "from 2026-03-01 02:55 UTC to 2026-03-01 04:00 UTC, on and off\n"),
        ("fr", "(problème intermittent pendant 1 h 5 min)", "à 2026-03-01 04:00 UTC, par intermittence\n"),
    ],
)
def test_what_came_and_went_is_not_said_to_have_lasted(language: str, headline: str, line: str) -> None:
    over = came_and_went(Night())

    sent = written(over, language, minutes=181)

    assert headline in sent.short
    assert line in sent.body


def came_and_went(night: Night) -> Notice:
    """It opens each ten minutes for five, the last time at 55; then it is still."""
    for start in range(0, 60, 10):
        night.opens(problem(minutes=start))
        night.ends(problem(minutes=start), start + 5 if start < 50 else 60)
    night.waits(180)
    (over,) = [notice for notice in night.notices if notice.turn is Turn.RESOLVED]
    return over


def test_what_is_seen_no_more_is_named_where_others_are_well_again() -> None:
    night = Night()
    night.takes(0, found(What.OPENED, problem(), 0), found(What.OPENED, problem("sign-up"), 0))
    action, told = found(What.RESOLVED, problem("sign-up"), 10)
    night.takes(10, (action._replace(reasons=(words.left(["eu-west"]),)), told))
    night.ends(problem(), 20)

    sent = written(night.notices[0], minutes=21)

    assert "customers can complete Checkout again" in sent.title
    assert "\nNo more alerts, and not seen to be well again: Sign-Up\n" in sent.body


@pytest.mark.parametrize(("claim", "label"), [(None, "Last heard of"), ("the watcher was down", "Run")])
def test_the_run_before_silence_is_not_called_bad(claim: str | None, label: str) -> None:
    assert f"\n{label}: synthetic runs show" in written(one(told={"kind": Kind.MISSED, "claim": claim})).body


@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("turn", [Turn.FLAPPING, Turn.OPENED])
def test_what_comes_and_goes_is_not_told_as_over_while_it_happens_to_be_well(language: str, turn: Turn) -> None:
    over = one(Turn.RESOLVED, 20)
    notice = over._replace(turn=turn, incident=replace(over.incident, flapping=True))

    sent, words = written(notice, language, minutes=21), BY_LANGUAGE[language]

    assert words.comes_and_goes in sent.body
    assert words.labels[Label.SINCE] in sent.body
    assert words.labels[Label.LASTED] not in sent.body


def test_of_many_journeys_the_gravest_and_dearest_are_told_and_the_others_named() -> None:
    night = Night()
    night.takes(
        0,
        *[found(What.OPENED, problem(f"j{number}", kind=Kind.LEAK), 0) for number in range(4)],
        found(What.OPENED, problem("dear", kind=Kind.LEAK), 0, revenue_per_hour=5_000),
        found(What.OPENED, problem("grave"), 0),
    )

    body = written(night.notices[0]).body

    assert re.findall(r"^Journey: (.*)", body, re.MULTILINE) == ["Grave", "Dear", "J0"]
    assert "\nAnd also: J1, J2 and J3\n" in body
    assert "\n  Problem: it fails seldom, and more often than it used to\n" in body


def test_a_test_says_that_it_is_one() -> None:
    for language, said in (("en", "This is a test. Nothing is wrong."), ("fr", "Ceci est un test. Tout va bien.")):
        sent = written(one(), language, test=True)
        assert sent.test
        assert sent.body.startswith(said)
        assert sent.short.startswith("TEST ")


# -- nothing that does something ---------------------------------------------------------------------------------------


def hostile(text: str) -> Notice:
    """Every text of an incident, hostile."""
    told = problem(
        step=text, claim=text, fingerprint=text, regions=(text,), well=(text + "!",), variants=(text,), run_id=text
    )
    night = Night()
    night.takes(
        0,
        *[
            found(
                What.OPENED,
                replace(told, journey=f"{number}{text}"),
                0,
                why=text,
                name=text,
                owner=text,
                runbook=text,
                stage=text,
                carriers=(text,),
                evidence=text,
                blocked=(text,),
                depends_on=(text,),
                revenue_per_hour=1.0,
                currency=text,
            )
            for number in range(2)
        ],
    )
    return night.notices[0]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("journeys", [1, 2])
def test_hostile_text_neither_formats_nor_pings_nor_adds_lines(text: str, language: str, journeys: int) -> None:
    notice = hostile(text)
    notice = notice._replace(incident=replace(notice.incident, cases=notice.incident.cases[:journeys]))
    calm = hostile("calm")
    calm = calm._replace(incident=replace(calm.incident, cases=calm.incident.cases[:journeys]))

    sent = written(notice, language, product=text, links={text: text, "report": f"https://example.com/{text}"})
    quiet = written(calm, language, product="calm", links={"calm": "calm", "report": "https://example.com/calm"})

    assert sent.body.count("\n") == quiet.body.count("\n")
    ours = re.compile(r"^\[[^\]]*\]|https://example\.com/\S*")
    around = re.compile(r"(?<= )\[([^\[\]]*)(\]|…?$)")  # what stands in our own brackets must be harmless too
    for told in (sent.title, sent.short, *sent.body.splitlines()):
        assert not ACTIVE.search(around.sub(r"\1", ours.sub("", told))), told
    for line in sent.body.splitlines():
        assert not re.match(r"\s*([-+=>#]|\d+[.)])", line), line


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_a_megabyte_of_claim_is_cut(language: str) -> None:
    sent = written(hostile("x" * 1_000_000), language)

    assert len(sent.title) <= 120
    assert len(sent.short) <= 160
    assert len(sent.body) < 10_000
    assert all(len(told["claim"]) <= 1_000 for told in sent.facts["cases"])


def test_the_real_door_keeps_a_secret_that_look_alikes_would_hide() -> None:
    door = Redactor()
    door.declare("PSP_KEY", "sk_live_*abc_123")

    sent = written(one(told={"claim": "key sk_live_*abc_123 refused"}), redact=door.text)

    assert "Claim: key ［redacted:PSP_KEY］ refused\n" in sent.body
    assert sent.facts["cases"][0]["claim"] == "key [redacted:PSP_KEY] refused"


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_every_text_passes_the_door(language: str) -> None:
    secret = "s3cr*t_@1"
    sent = written(
        hostile(f"a {secret} b"),
        language,
        redact=lambda text: text.replace(secret, "gone"),
        product=secret,
        links={secret: secret, "report": f"https://example.com/{secret}", "run": "https://example.com/?a%20s=1"},
    )
    everything = repr((sent.title, sent.short, sent.body, sent.facts))

    assert secret not in everything
    assert "s3cr" not in everything
    assert "gone" in sent.title


# -- short forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", BY_LANGUAGE)
@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_and_turn_fits_an_sms_and_a_title(language: str, turn: Turn, kind: Kind) -> None:
    sent = written(one(turn, told={"kind": kind, "regions": ("eu-west",)}, name="Réserver «à l'été» " * 9), language)

    assert 20 < len(sent.title) <= 120
    assert 20 < len(sent.short) <= 160
    assert GSM.fullmatch(sent.short), sent.short
    assert sent.short.endswith(sent.incident)
    assert sent.short == in_sms(sent.short)
    assert "...." not in sent.short
    assert sent.turn is turn
    assert "{" not in sent.title + sent.short + sent.body


# -- words -------------------------------------------------------------------------------------------------------------


def holes(text: Any) -> list[str]:
    return sorted(set(re.findall(r"\{\w+\}", repr(text))))


def test_both_languages_say_the_same_things() -> None:
    for field in fields(words_en.WORDS):
        english, french = getattr(words_en.WORDS, field.name), getattr(words_fr.WORDS, field.name)
        if isinstance(english, dict):
            assert english.keys() == french.keys(), field.name
            for key in english:
                assert holes(english[key]) == holes(french[key]), (field.name, key)
        assert holes(english) == holes(french), field.name


def test_an_unknown_zone_leaves_utc_and_an_unknown_language_english() -> None:
    words = BY_LANGUAGE["en"]

    assert moment(at(0), words, "Mars/Olympus") == moment(at(0), words, None) == "2026-03-01 03:00 UTC"
    assert moment(at(0), words, "../etc") == "2026-03-01 03:00 UTC"
    assert moment(at(0), words, "America/New_York") == "2026-03-01 03:00 UTC (2026-02-28 22:00 America/New_York)"
    assert written(one(), "tlh").title == written(one()).title


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (-5, "less than a minute"),
        (0.9, "less than a minute"),
        (14.9, "14 min"),
        (64, "1 h 4 min"),
        (120, "2 h"),
        (60 * 24 * 3 + 65, "3 d 1 h"),
        (60 * 24 + 5, "1 d"),
    ],
)
def test_durations_are_as_long_as_one_reads(minutes: float, told: str) -> None:
    assert duration(timedelta(minutes=minutes), BY_LANGUAGE["en"]) == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D"], "A, B and 2 more"),
    ],
)
def test_lists_are_cut_with_the_count(names: list[str], told: str) -> None:
    assert several(names, BY_LANGUAGE["en"]) == told


def test_a_letter_says_whose_it_is() -> None:
    notice = one()
    sent = written(notice)

    assert (sent.incident, sent.severity, sent.key, sent.at) == (
        notice.incident.id,
        Severity.PAGE,
        "fr6c7xxv-1-oncall",
        at(9),
    )
