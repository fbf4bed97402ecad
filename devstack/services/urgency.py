"""A lexical urgency judge: it counts words that announce harm or a short deadline.

Each kind of signal has a weight; the strongest of a kind counts once, and the kinds are joined
like independent chances. Negated signals do not count, words that calm lower the score, and
text that talks to the model can do neither: it is data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from devstack.services.dates import find_dates, find_period
from devstack.services.extractive import date_of_document
from devstack.services.injection import talks_to_the_model
from devstack.services.sentences import PageText, Passage, clip, passages_of

URGENT_FROM = 0.5
MAX_REASONS = 5
LATER_PAGES_FACTOR = 0.6
LONG_DOCUMENT_PAGES = 10
LONG_DOCUMENT_FACTOR = 0.35
IMPERSONAL_FACTOR = 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """A kind of signal.

    Attributes:
        weight: Its share of certainty when it stands alone.
        personal: Counts in full only where the sentence speaks to or about the reader.
        claim: It merely says `urgent`; text that talks to the model cannot raise it.
    """

    kind: str
    weight: float
    pattern: re.Pattern[str]
    personal: bool = False
    claim: bool = False


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE | re.VERBOSE)


CUES = (
    Cue(
        "is a last warning",
        0.7,
        _pattern(
            r"""(?:final|last)\s+(?:notice|demand|warning|reminder|request\s+for\s+payment)|letzte(?:r|n)?\s+(?:mahnung|aufforderung|warnung)
            |dernier(?:e)?\s+(?:rappel|avis|relance|avertissement)|mise\s+en\s+demeure|[úu]ltimo\s+aviso|ultimo\s+(?:avviso|sollecito)|laatste\s+aanmaning"""
        ),
    ),
    Cue(
        "warns of a danger",
        0.65,
        _pattern(
            r"""(?:safety|product|urgent)\s+recall|recall\s+notice|risk\s+of\s+(?:injury|fire|death|explosion|electric\s+shock)|life-threatening
            |(?:do\s+not|stop)\s+us(?:e|ing)\s+(?:the|this|it|your)|gas\s+leak|carbon\s+monoxide|evacuat\w+|contaminat\w+|serious\s+injur\w+
            |r[üu]ckruf\w*|verletzungsgefahr|lebensgefahr|brandgefahr|rappel\s+de\s+produit|danger\s+(?:grave|imm[ée]diat)|risque\s+d.(?:incendie|explosion)"""
        ),
    ),
    Cue(
        "announces a cut-off, an eviction or the end of a contract",
        0.55,
        _pattern(
            r"""(?:terminat\w+|cancel\w*|suspen[ds]\w*|disconnect\w*|cut\s+off|repossess\w*|foreclos\w*|evict\w*)(?=.{0,90}(?:unless|if|account|service|suppl|agreement|tenancy|policy|contract|premises|property|immediate|will|you))
            |(?:disconnection|eviction|termination|foreclosure|repossession|suspension)\s+(?:notice|date|of)|notice\s+to\s+quit|vacate
            |fristlos\w*|k[üu]ndig(?:ung|en)|sperr(?:ung|en)|r[äa]umung\w*|unterbrech\w+|abschalt\w+|r[ée]sili\w+|coupure|expulsion|suspension\s+de"""
        ),
        personal=True,
    ),
    Cue(
        "threatens legal steps",
        0.45,
        _pattern(
            r"""legal\s+(?:action|proceedings|steps)|court\s+(?:proceedings|action|order|hearing|summons|claim)|summon(?:s|ed)\b|lawsuit|bailiff|enforcement\s+(?:action|officer)|debt\s+collection|county\s+court\s+judgment|statutory\s+demand
            |zwangsvollstreckung|gerichtliche\w*|mahnbescheid|rechtsanwalt|klage\b|inkasso\w*|pf[äa]ndung|gerichtsvollzieher
            |poursuites|voie\s+judiciaire|huissier|tribunal|recouvrement\s+forc|acciones\s+legales|v[íi]a\s+judicial"""
        ),
        personal=True,
    ),
    Cue(
        "reports a breach of security",
        0.55,
        _pattern(
            r"""data\s+breach|security\s+(?:breach|incident)|unauthori[sz]ed\s+(?:access|transaction|payment)|(?:account|system)s?\s+(?:has|have|was|were)?\s*(?:been\s+)?compromised|ransomware|datenpanne|datenleck|sicherheitsvorfall|violation\s+de\s+donn[ée]es"""
        ),
    ),
    Cue(
        "reports a critical medical matter",
        0.55,
        _pattern(
            r"""critical(?:ly)?\s+(?:result|value|abnormal|high|low|finding)|emergency\s+(?:department|room|admission|treatment)|attend\s+(?:hospital|a\s+hospital)|life[- ]saving|notaufnahme|kritische\w*\s+(?:wert|befund)\w*|urgences\b"""
        ),
    ),
    Cue(
        "asks for something at once",
        0.4,
        _pattern(
            r"""immediate(?:ly)?\s+(?:action|attention|payment|response|stop|contact|cease|return|pay)|(?:act|pay|contact|respond|reply|call|stop|return|leave|attend)\b.{0,40}\b(?:immediately|at\s+once|without\s+delay|right\s+away|today)|with\s+immediate\s+effect
            |immediately\b|without\s+(?:further\s+)?delay|as\s+a\s+matter\s+of\s+urgency|sofort\w*|unverz[üu]glich\w*|umgehend\w*|imm[ée]diate?ment|sans\s+d[ée]lai|dans\s+les\s+plus\s+brefs\s+d[ée]lais|de\s+inmediato|immediatamente"""
        ),
        personal=True,
    ),
    Cue(
        "calls itself urgent",
        0.5,
        _pattern(
            r"""urgent\w*|time[- ]critical|time[- ]sensitive|dringend\w*|eilt\b|eilig\w*|urgente?\w*|asap\b"""
        ),
        claim=True,
    ),
    Cue(
        "speaks of an overdue payment",
        0.3,
        _pattern(
            r"""overdue|past\s+due|in\s+arrears|remains?\s+unpaid|still\s+(?:unpaid|outstanding)|default\s+(?:on|in)\s+payment|[üu]berf[äa]llig\w*|zahlungsverzug|zahlungsr[üu]ckstand|in\s+verzug|mahnung|impay[ée]\w*|retard\s+de\s+paiement|vencid[oa]"""
        ),
    ),
)
SOON = (
    (timedelta(days=3), 0.6, "sets a deadline of three days or less"),
    (timedelta(days=7), 0.35, "sets a deadline within a week"),
    (timedelta(days=14), 0.15, "sets a deadline within two weeks"),
)
TODAY = _pattern(
    r"""by\s+(?:today|tonight|tomorrow|close\s+of\s+business|end\s+of\s+(?:the\s+)?(?:day|business))|before\s+(?:midnight|noon\s+(?:today|tomorrow))|bis\s+(?:heute|morgen)|noch\s+heute|d.ici\s+demain|aujourd.hui\s+m[êe]me"""
)
DEADLINE_WORD = _pattern(
    r"""by\b|before\b|until\b|no\s+later\s+than|latest|deadline|due\b|expires?|bis\b|sp[äa]testens|frist|avant\b|au\s+plus\s+tard|jusqu|antes\s+del?"""
)
PERSONAL = _pattern(
    r"""you\b|your\b|we\s+(?:will|shall|have)|sie\b|ihr\w*|wir\b|vous\b|votre\b|vos\b|nous\b|su\b|usted|customer|tenant|debtor|mieter|kunde"""
)
NEGATED = re.compile(
    r"""(?:\bno|\bnot|n['’]t|\bnever|\bwithout|\bnicht|\bkein\w*|\bohne|\baucun\w*|\bpas|\bsans|\bneither|\bnor|\bno\s+longer|\brather\s+than|\bavoid(?:ed|ing)?)
    \s+(?:[\w'’]+\s+){0,3}$""",
    re.IGNORECASE | re.VERBOSE,
)
CALM = _pattern(
    r"""no\s+(?:further\s+|immediate\s+)?action\s+(?:is\s+)?(?:required|needed|necessary)|(?:is|are)\s+not\s+(?:an?\s+)?urgent|not\s+urgent|no\s+urgency|for\s+(?:your\s+)?information\s+only|for\s+your\s+records
    |(?:has|have)\s+been\s+(?:settled|paid|resolved|withdrawn|cancelled)|thank\s+you\s+for\s+your\s+payment|nothing\s+(?:to|you\s+need\s+to)\s+do|there\s+is\s+no\s+(?:rush|hurry)|whenever\s+convenient|at\s+your\s+convenience
    |kein\w*\s+handlungsbedarf|nicht\s+dringend|keine\s+eile|zur\s+information|bereits\s+(?:bezahlt|beglichen|erledigt)|aucune\s+(?:action|d[ée]marche)|pas\s+urgent|[àa]\s+titre\s+(?:d.information|informatif)"""
)
CALM_FACTOR = 0.45
PROMOTION = _pattern(
    r"""newsletter|unsubscribe|view\s+(?:this|it)\s+(?:email\s+)?in\s+your\s+browser|special\s+offer|discount|sale\s+ends|\d+\s?%\s+off|limited\s+offer|subscribe|abmelden|rabatt|angebot\s+gilt|se\s+d[ée]sabonner|promotion|soldes"""
)
PROMOTION_FACTOR = 0.4
PROMOTION_CUES = 2


@dataclass(frozen=True, slots=True)
class Signal:
    """A cue that was found."""

    kind: str
    weight: float
    passage: Passage

    def as_reason(self) -> str:
        """Returns the sentence shown to a reviewer."""
        quote = clip(self.passage.quote, 120)
        return f'The document {self.kind} (page {self.passage.page}): "{quote}"'


def judge(pages: Sequence[PageText]) -> dict[str, Any]:
    """Returns level, score and reasons for the pages."""
    passages = passages_of(pages)
    signals = _strongest_of_each_kind(passages, date_of_document(pages), len(pages))
    calm = _calming_factor(passages)
    remaining = 1.0
    for signal in signals:
        remaining *= 1 - signal.weight
    score = round((1 - remaining) * calm, 2)
    reasons = [signal.as_reason() for signal in signals[:MAX_REASONS]]
    if calm < 1:
        reasons.append("Wording that asks for no action or advertises lowers the score.")
    return {
        "level": "urgent" if score >= URGENT_FROM else "normal",
        "score": score,
        "reasons": reasons or ["No wording of danger, loss or a short deadline was found."],
    }


def _strongest_of_each_kind(
    passages: Sequence[Passage], document_date: date | None, page_count: int
) -> list[Signal]:
    strongest: dict[str, Signal] = {}
    for passage in passages:
        factor = _place_factor(passage, page_count)
        for kind, weight in _signals_in(passage.quote, document_date):
            signal = Signal(kind, round(weight * factor, 3), passage)
            if kind not in strongest or signal.weight > strongest[kind].weight:
                strongest[kind] = signal
    return sorted(strongest.values(), key=lambda signal: -signal.weight)


def _place_factor(passage: Passage, page_count: int) -> float:
    """What stands deep inside a long document is seldom what it was sent for."""
    if passage.page <= 2:
        return 1.0
    return LONG_DOCUMENT_FACTOR if page_count > LONG_DOCUMENT_PAGES else LATER_PAGES_FACTOR


def _signals_in(quote: str, document_date: date | None) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    instructs = talks_to_the_model(quote)
    speaks_to_reader = PERSONAL.search(quote) is not None
    for cue in CUES:
        match = cue.pattern.search(quote)
        if match is None or NEGATED.search(quote[: match.start()]):
            continue
        if cue.claim and instructs:
            continue
        impersonal = cue.personal and not speaks_to_reader
        found.append((cue.kind, cue.weight * (IMPERSONAL_FACTOR if impersonal else 1)))
    deadline = _deadline(quote, document_date)
    return [*found, deadline] if deadline else found


def _deadline(quote: str, document_date: date | None) -> tuple[str, float] | None:
    period = find_period(quote)
    if TODAY.search(quote):
        period = timedelta(days=1)
    if document_date and DEADLINE_WORD.search(quote):
        ahead = [found.day - document_date for found in find_dates(quote)]
        to_come = [days for days in ahead if days > timedelta(0)]
        period = min([*to_come, *([period] if period else [])], default=None)
    if period is None:
        return None
    return next(((kind, weight) for limit, weight, kind in SOON if period <= limit), None)


def _calming_factor(passages: Sequence[Passage]) -> float:
    """Returns how much calming words lower the score; what talks to the model is not heard."""
    honest = [passage.quote for passage in passages if not talks_to_the_model(passage.quote)]
    factor = 1.0
    if any(CALM.search(quote) for quote in honest):
        factor *= CALM_FACTOR
    promotions = {match.group().lower() for quote in honest for match in PROMOTION.finditer(quote)}
    return factor * PROMOTION_FACTOR if len(promotions) >= PROMOTION_CUES else factor
