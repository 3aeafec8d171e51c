"""The words of an alert in French."""

from __future__ import annotations

from pytest_synthetic.alerts.words import Label, Tense, Words
from pytest_synthetic.analysis.incident_causes import Family
from pytest_synthetic.model.alerting import Kind, Severity, Turn
from pytest_synthetic.model.reasons import Because
from pytest_synthetic.model.verdict import Verdict

HEADLINES = {
    (Family.CUSTOMER, Tense.ALL): (
        "les clients ne peuvent pas terminer le parcours {name}",
        "les clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.MANY): (
        "de nombreux clients ne peuvent pas terminer le parcours {name}",
        "de nombreux clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.SOME): (
        "certains clients ne peuvent pas terminer le parcours {name}",
        "certains clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.AT_TIMES): (
        "par moments, les clients ne peuvent pas terminer le parcours {name}",
        "par moments, les clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.WAS): (
        "les clients n'ont pas pu terminer le parcours {name}",
        "les clients n'ont pas pu terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.AGAIN): (
        "les clients peuvent de nouveau terminer le parcours {name}",
        "les clients peuvent de nouveau terminer {count} parcours\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.ALL): (
        "le parcours {name} est plus lent que promis",
        "{count} parcours sont plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.AT_TIMES): (
        "par moments, le parcours {name} est plus lent que promis",
        "par moments, {count} parcours sont plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.WAS): (
        "le parcours {name} a été plus lent que promis",
        "{count} parcours ont été plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.AGAIN): (
        "le parcours {name} est de nouveau aussi rapide que promis",
        "{count} parcours sont de nouveau aussi rapides que promis\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.ALL): (
        "la surveillance ne peut pas dire si le parcours {name} fonctionne",
        "la surveillance ne peut pas dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.AT_TIMES): (
        "par moments, la surveillance ne peut pas dire si le parcours {name} fonctionne",
        "par moments, la surveillance ne peut pas dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.WAS): (
        "la surveillance n'a pas pu dire si le parcours {name} fonctionne",
        "la surveillance n'a pas pu dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.AGAIN): (
        "la surveillance peut de nouveau dire si le parcours {name} fonctionne",
        "la surveillance peut de nouveau dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.ALL): (
        "les alertes ne parviennent pas à {name}",
        "les alertes ne parviennent pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.AT_TIMES): (
        "par moments, les alertes ne parviennent pas à {name}",
        "par moments, les alertes ne parviennent pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.WAS): (
        "les alertes ne parvenaient pas à {name}",
        "les alertes ne parvenaient pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.AGAIN): (
        "les alertes parviennent de nouveau à {name}",
        "les alertes parviennent de nouveau à {count} adresses\u00a0: {names}",
    ),
}

GONE = (
    "plus d'alertes sur le parcours {name}, sans preuve d'un retour à la normale",
    "plus d'alertes sur {count} parcours, sans preuve d'un retour à la normale\u00a0: {names}",
)
HEADLINES |= {(family, Tense.GONE): GONE for family in (Family.CUSTOMER, Family.PROMISE, Family.MONITOR)}
HEADLINES[Family.DELIVERY, Tense.GONE] = (
    "plus aucune alerte n'est envoyée à {name}",
    "plus aucune alerte n'est envoyée à {count} adresses\u00a0: {names}",
)

REASONS = {
    Because.NEWEST: ("la dernière exécution {verdict}",) * 2,
    Because.IN_A_ROW: ("{of} exécutions de suite {verdict}",) * 2,
    Because.OF_THE_LAST: ("{bad} exécution sur {of} {verdict}", "{bad} exécutions sur {of} {verdict}"),
    Because.CHANCE: ("plus d'échecs que le hasard n'en explique (en temps normal, {share} des exécutions échouent)",)
    * 2,
    Because.SILENT: ("aucune nouvelle depuis {since}",) * 2,
    Because.PIPELINE_SILENT: ("aucune nouvelle du pipeline qui l'exécute depuis {since}",) * 2,
    Because.GROWN: ("problème vu aussi depuis {regions}",) * 2,
    Because.MORE_VARIANTS: ("problème vu aussi avec {variants}",) * 2,
    Because.NOT_ALONE: ("ne concerne plus seulement {variants}",) * 2,
    Because.OUTLIVED: ("{variants} n'est plus exécuté depuis {regions}",) * 2,
    Because.WELL_THERE: ("plus rien d'anormal vu depuis {regions}",) * 2,
    Because.RECOVERED: ("retour à la normale vu depuis {regions}",) * 2,
    Because.ALONE_NOW: ("n'échoue plus que depuis {regions}",) * 2,
    Because.AS_OUTAGE: ("traité désormais comme une panne",) * 2,
    Because.AS_REGION: ("traité désormais comme un problème de région",) * 2,
    Because.CARRIED: ("la politique a changé pendant le problème\u00a0: il est suivi selon la nouvelle",) * 2,
    Because.DROPPED: ("la politique a changé\u00a0: la nouvelle ne compte plus les exécutions «\u00a0{which}\u00a0»",)
    * 2,
    Because.LEFT: ("le parcours n'est plus exécuté depuis {regions}",) * 2,
    Because.GOOD_AGAIN: ("la dernière exécution a réussi", "les {of} dernières exécutions ont réussi"),
    Because.STEADY: ("la situation est stable depuis un moment",) * 2,
    Because.REFUSED: ("une alerte n'a pas été acceptée",) * 2,
    Because.TAKES_AGAIN: ("les alertes sont de nouveau acceptées",) * 2,
    Because.UNSET: ("plus aucune route n'a cette adresse",) * 2,
}
ENDED = {
    Verdict.FAILED: ("a échoué", "ont échoué"),
    Verdict.DEGRADED: ("n'a pas tenu une promesse", "n'ont pas tenu une promesse"),
    Verdict.BROKEN: ("n'a rien pu dire", "n'ont rien pu dire"),
    Verdict.MISSED: ("n'a pas eu lieu", "n'ont pas eu lieu"),
}

WORDS = Words(
    colon="\u00a0: ",
    semicolon="\u00a0; ",
    thousands="\u00a0",
    decimal=",",
    units=("\u00a0j", "\u00a0h", "\u00a0min"),
    headlines=HEADLINES,
    from_region="{headline} (depuis {regions} seulement)",
    last_of="{names} et {last}",
    one_more="1 autre",
    more="{count} autres",
    after="{headline} (cela a duré {duration})",
    after_again="{headline} (cela a duré {duration} cette fois)",
    after_breaks="{headline} (problème intermittent pendant {duration})",
    over_since="{headline} (terminé depuis {time})",
    severities={
        Severity.PAGE: "urgent, quelqu'un doit s'en occuper maintenant",
        Severity.TICKET: "ticket, à traiter aux heures de travail",
    },
    severities_over={Severity.PAGE: "c'était urgent", Severity.TICKET: "c'était un ticket"},
    kinds={
        Kind.REGION: "le parcours échoue, vu depuis une seule région",
        Kind.LEAK: "échecs rares, mais plus fréquents qu'avant",
        Kind.DEGRADED: "le parcours fonctionne, mais une promesse n'est pas tenue",
        Kind.BROKEN: "c'est la surveillance elle-même qui échoue",
        Kind.MISSED: "la surveillance ne tourne pas, ou ne donne plus de nouvelles",
    },
    severity_tags={Severity.PAGE: "URGENT", Severity.TICKET: "TICKET"},
    tags={
        Turn.OPENED: "{severity}",
        Turn.UPDATED: "{severity}, mise à jour",
        Turn.REMINDED: "{severity}, rappel",
        Turn.FLAPPING: "{severity}, intermittent",
        Turn.RESOLVED: "TERMINÉ",
        Turn.REOPENED: "{severity}, de retour",
    },
    over_tag="TERMINÉ",
    gone_tag="CLOS",
    test_tag="TEST {tag}",
    this_is_a_test="Ceci est un test. Tout va bien.",
    nothing_known="Il s'agit de la surveillance, pas du produit\u00a0: depuis ces régions, on ne sait rien du produit.",
    comes_and_goes="Le problème va et vient. Plus rien n'en sera dit avant que la situation reste stable un moment.",
    labels={
        Label.SEVERITY: "Gravité",
        Label.SINCE: "Depuis",
        Label.LASTED: "Durée",
        Label.FIRST_TIME: "Première fois",
        Label.LAST_GOOD: "Dernière exécution réussie",
        Label.JOURNEY: "Parcours",
        Label.REGIONS: "Régions",
        Label.VARIANTS: "Seulement avec",
        Label.CARRIERS: "Opérateurs",
        Label.RUNS: "Exécutions",
        Label.STEP: "Étape",
        Label.CLAIM: "Constat",
        Label.GOOD_SINCE: "Rétabli depuis",
        Label.KIND: "Problème",
        Label.WHY: "Pourquoi cette alerte",
        Label.WHY_GONE: "Motif de la clôture",
        Label.UNSEEN: "Plus d'alertes, sans preuve d'un retour à la normale",
        Label.OWNER: "Responsable",
        Label.RUNBOOK: "Procédure",
        Label.BEFORE: "Déjà vu",
        Label.RISK: "En jeu jusqu'ici",
        Label.WAS_AT_RISK: "Était en jeu",
        Label.HOURLY: "Par heure supplémentaire",
        Label.ASSUMED: "Hypothèse",
        Label.BLOCKED: "Parcours bloqués de ce fait",
        Label.REPORT: "Rapport",
        Label.RUN: "Exécution",
        Label.LAST_BAD: "Dernière exécution concernée",
        Label.LAST_HEARD: "Dernières nouvelles",
        Label.EVIDENCE: "Preuves",
        Label.INCIDENT: "Incident",
    },
    lasted="{duration}, de {start} à {end}",
    with_breaks="{told}, terminé entre-temps",
    on_and_off="{told}, par intermittence",
    under_a_minute="moins d'une minute",
    local="{utc} UTC ({local} {zone})",
    no_good_run="aucune connue",
    bad="problème vu depuis {bad}",
    bad_and_well="problème vu depuis {bad}\u00a0; rien à signaler depuis {well}",
    was_bad="un problème a été vu depuis {bad}",
    failed="{failed} sur {said} en échec depuis ces régions",
    seen_before="{time}, synthetic incidents show {incident}",
    not_seen_before="non, pas dans l'historique",
    reasons=REASONS,
    ended=ENDED,
    percent="{number}\u00a0%",
    others="et {more}",
    example=("Checkout (un exemple)", "payer", "numéro de commande attendu, rien obtenu"),
    nobody="non indiqué",
    amount="{likely}\u00a0{currency} (entre {low} et {high})",
    assumption=(
        "tout le trafic est réparti également sur {regions} et sur les heures, et aucun client ne revient plus tard. "
        "C'est donc un maximum\u00a0: en jeu, pas forcément perdu"
    ),
    their_regions="les régions de chaque parcours",
    over_regions="{count}\u00a0régions",
    over_one_region="une région",
    other_journeys="Et aussi",
    incident="{id}, synthetic incidents show {id}",
)
