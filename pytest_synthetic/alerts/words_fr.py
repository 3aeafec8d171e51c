"""The words of an alert in French."""

from __future__ import annotations

from pytest_synthetic.alerts.words import Label, Tense, Words
from pytest_synthetic.analysis.incident_causes import Family
from pytest_synthetic.model.alerting import Kind, Severity, Turn

HEADLINES = {
    (Family.CUSTOMER, Tense.ALL): (
        "les clients ne peuvent pas terminer {name}",
        "les clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.MANY): (
        "beaucoup de clients ne peuvent pas terminer {name}",
        "beaucoup de clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.SOME): (
        "certains clients ne peuvent pas terminer {name}",
        "certains clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.AT_TIMES): (
        "par moments, les clients ne peuvent pas terminer {name}",
        "par moments, les clients ne peuvent pas terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.WAS): (
        "les clients n'ont pas pu terminer {name}",
        "les clients n'ont pas pu terminer {count} parcours\u00a0: {names}",
    ),
    (Family.CUSTOMER, Tense.AGAIN): (
        "les clients peuvent de nouveau terminer {name}",
        "les clients peuvent de nouveau terminer {count} parcours\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.ALL): (
        "{name} est plus lent que promis",
        "{count} parcours sont plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.AT_TIMES): (
        "par moments, {name} est plus lent que promis",
        "par moments, {count} parcours sont plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.WAS): (
        "{name} a été plus lent que promis",
        "{count} parcours ont été plus lents que promis\u00a0: {names}",
    ),
    (Family.PROMISE, Tense.AGAIN): (
        "{name} est de nouveau aussi rapide que promis",
        "{count} parcours sont de nouveau aussi rapides que promis\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.ALL): (
        "la surveillance ne peut pas dire si {name} fonctionne",
        "la surveillance ne peut pas dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.AT_TIMES): (
        "par moments, la surveillance ne peut pas dire si {name} fonctionne",
        "par moments, la surveillance ne peut pas dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.WAS): (
        "la surveillance n'a pas pu dire si {name} fonctionne",
        "la surveillance n'a pas pu dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.MONITOR, Tense.AGAIN): (
        "la surveillance peut de nouveau dire si {name} fonctionne",
        "la surveillance peut de nouveau dire si {count} parcours fonctionnent\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.ALL): (
        "les alertes n'arrivent pas à {name}",
        "les alertes n'arrivent pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.AT_TIMES): (
        "par moments, les alertes n'arrivent pas à {name}",
        "par moments, les alertes n'arrivent pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.WAS): (
        "les alertes n'arrivaient pas à {name}",
        "les alertes n'arrivaient pas à {count} adresses\u00a0: {names}",
    ),
    (Family.DELIVERY, Tense.AGAIN): (
        "les alertes arrivent de nouveau à {name}",
        "les alertes arrivent de nouveau à {count} adresses\u00a0: {names}",
    ),
}

GONE = ("plus personne ne surveille {name}", "plus personne ne surveille {count} parcours\u00a0: {names}")
HEADLINES |= {(family, Tense.GONE): GONE for family in (Family.CUSTOMER, Family.PROMISE, Family.MONITOR)}

WORDS = Words(
    colon="\u00a0: ",
    thousands="\u00a0",
    units=("j", "h", "min"),
    headlines=HEADLINES,
    from_region="{headline} (depuis {regions} seulement)",
    last_of="{names} et {last}",
    one_more="1 autre",
    more="{count} autres",
    after="{headline} (durée\u00a0: {duration})",
    over_since="{headline} (terminé depuis {time})",
    severities={
        Severity.PAGE: "urgent, quelqu'un doit regarder maintenant",
        Severity.TICKET: "ticket, quelqu'un doit regarder, aux heures de travail",
    },
    severities_over={Severity.PAGE: "c'était urgent", Severity.TICKET: "c'était un ticket"},
    kinds={
        Kind.REGION: "échec depuis une seule région",
        Kind.LEAK: "échecs rares, mais plus fréquents qu'avant",
        Kind.DEGRADED: "cela marche, sans tenir une promesse",
        Kind.BROKEN: "la surveillance elle-même échoue",
        Kind.MISSED: "la surveillance ne tourne pas, ou n'a plus de nouvelles",
    },
    severity_tags={Severity.PAGE: "URGENT", Severity.TICKET: "TICKET"},
    tags={
        Turn.OPENED: "{severity}",
        Turn.UPDATED: "{severity}, s'étend",
        Turn.REMINDED: "{severity}, toujours",
        Turn.FLAPPING: "{severity}, va et vient",
        Turn.RESOLVED: "TERMINÉ",
        Turn.REOPENED: "{severity}, de retour",
    },
    over_tag="TERMINÉ",
    test_tag="TEST {tag}",
    this_is_a_test="Ceci est un test. Tout va bien.",
    nothing_known="Il s'agit de la surveillance, pas du produit\u00a0: depuis ces régions, on ne sait rien du produit.",
    comes_and_goes="Cela va et vient. On n'en dit plus rien tant que ce n'est pas stable depuis un moment.",
    labels={
        Label.SEVERITY: "Gravité",
        Label.SINCE: "Depuis",
        Label.LASTED: "Durée",
        Label.LAST_GOOD: "Dernier passage réussi",
        Label.JOURNEY: "Parcours",
        Label.REGIONS: "Régions",
        Label.CARRIERS: "Opérateurs",
        Label.RUNS: "Passages",
        Label.STEP: "Étape",
        Label.CLAIM: "Constat",
        Label.KIND: "Problème",
        Label.WHY: "Pourquoi cette alerte",
        Label.OWNER: "Responsable",
        Label.RUNBOOK: "Procédure",
        Label.BEFORE: "Déjà vu",
        Label.RISK: "En jeu jusqu'ici",
        Label.WAS_AT_RISK: "A été en jeu",
        Label.HOURLY: "Par heure de plus",
        Label.ASSUMED: "Hypothèse",
        Label.BLOCKED: "Pas essayés à cause de cela",
        Label.REPORT: "Rapport",
        Label.RUN: "Passage",
        Label.EVIDENCE: "Preuves",
        Label.INCIDENT: "Incident",
    },
    lasted="{duration}, de {start} à {end}",
    under_a_minute="moins d'une minute",
    local="{utc} UTC ({local} {zone})",
    no_good_run="aucun n'est connu",
    bad="mauvais depuis {bad}",
    bad_and_well="mauvais depuis {bad}\u00a0; bon depuis {well}",
    was_bad="a été mauvais depuis {bad}",
    failed="{failed} sur {said} en échec depuis ces régions",
    seen_before="{time}, synthetic incidents show {incident}",
    not_seen_before="non, pas dans l'historique",
    nobody="aucun n'est indiqué",
    amount="{likely} {currency} (entre {low} et {high})",
    assumption=(
        "tout le trafic est réparti également sur {regions} et sur les heures, et personne ne revient plus tard. "
        "C'est donc une borne haute\u00a0: en jeu, pas perdu"
    ),
    their_regions="les régions de chaque parcours",
    over_regions="{count} régions",
    over_one_region="une région",
    other_journeys="Et aussi",
    incident="{id}, synthetic incidents show {id}",
)
