"""The values of an answer of the model: which can be true, which can be repaired, and which not.

A schema holds the form of an answer, not its sense: the 31st of February is a string. A value that
cannot be true is repaired where its meaning is plain, else dropped, so that a wrong one reaches no
record, ticket or index.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from docflow.models.corrections import Corrections
from docflow.models.outputs import (
    ActionAnswer,
    BulletAnswer,
    EntityAnswer,
    SummaryAnswer,
    UrgencyAnswer,
)
from docflow.policy.evidence import stands_on_page

NO_PAGE = 0
"""Stands for a page that the document does not have; answers must have some number."""
UNKNOWN_LANGUAGE = "und"
"""Undetermined (ISO 639-2)."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""A due date outside of these years is a reading error."""

FEWEST_WORDS = 3
"""Words that a page is recognized by."""

LONGEST_TITLE = 200
LONGEST_TEXT = 1_000
LONGEST_VALUE = 500
LONGEST_REPLY = 10_000
"""Most characters; several times what the prompts ask for."""

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr "
    "ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw "
    "ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv "
    "ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr "
    "ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo za zh zu"
)
ISO_639_1 = frozenset(_CODES.split())
"""Two-letter codes of languages (https://www.loc.gov/standards/iso639-2/php/code_list.php)."""
LANGUAGE_NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "spanish": "es",
    "español": "es",
    "espanol": "es",
    "italian": "it",
    "italiano": "it",
    "dutch": "nl",
    "nederlands": "nl",
    "portuguese": "pt",
    "português": "pt",
    "portugues": "pt",
}
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<extended>(-[a-z]{3}){0,3})(?P<script>-[a-z]{4})?"
    r"(?P<region>-(?:[a-z]{2}|\d{3}))?(?P<variants>(-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*)"
    r"(?P<extensions>(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*)(?P<private>-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
"""A language tag (RFC 5646, section 2.1) whose language has an ISO 639 code."""
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_NOTHING = frozenset({"", "null", "none", "n/a", "-", "unknown"})

ItemT = TypeVar("ItemT", BulletAnswer, EntityAnswer, ActionAnswer)


def correct_summary(
    answer: SummaryAnswer, pages: Mapping[int, str]
) -> tuple[SummaryAnswer, Corrections]:
    """Return a summary without values that cannot be true, and what was done to them.

    To correct a corrected summary changes nothing.

    Args:
        answer: of the model.
        pages: the pages that it rests on, with their texts, or the quotes of earlier summaries.
    """
    notes = _Notes()
    bullets = [
        _cut(each.model_copy(update={"page": _page_of(each.page, each.quote, pages, notes)}), notes)
        for each in notes.with_text(answer.bullets, "text", "bullet")
    ]
    actions = [
        each.model_copy(
            update={
                "text": notes.within("action", each.text, LONGEST_TEXT),
                "due_date": _due_date(each.due_date, notes),
                "page": _page_of(each.page, each.text, pages, notes),
            }
        )
        for each in notes.with_text(answer.actions, "text", "action")
    ]
    corrected = answer.model_copy(
        update={
            "title": _title(answer.title, bullets, notes),
            "language": _language(answer.language, notes),
            "bullets": bullets,
            "entities": _entities(answer.entities, pages, notes),
            "actions": actions,
            "draft_reply": _reply(answer.draft_reply, notes),
        }
    )
    return corrected, notes.corrections


def correct_urgency(answer: UrgencyAnswer) -> tuple[UrgencyAnswer, Corrections]:
    """Return a judgement whose score is from 0 to 1 and whose reasons say something."""
    notes = _Notes()
    score = min(1.0, max(0.0, answer.score))
    if score != answer.score:
        notes.repaired["score"] += 1
    reasons = [
        notes.within("reason", reason.strip(), LONGEST_VALUE)
        for reason in answer.reasons
        if reason.strip() or notes.drop("reason")
    ]
    corrected = answer.model_copy(update={"score": score, "reasons": reasons})
    return corrected, notes.corrections


class _Notes:
    """Counts what was repaired and dropped, by the kind of value; it holds no values."""

    def __init__(self) -> None:
        self.repaired: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    @property
    def corrections(self) -> Corrections:
        return Corrections(repaired=dict(self.repaired), dropped=dict(self.dropped))

    def drop(self, kind: str) -> bool:
        """Note that a value was dropped; return False, for use in conditions."""
        self.dropped[kind] += 1
        return False

    def with_text(self, items: list[ItemT], field: str, kind: str) -> list[ItemT]:
        """Return the items that say something."""
        return [item for item in items if getattr(item, field).strip() or self.drop(kind)]

    def within(self, kind: str, text: str, longest: int) -> str:
        """Return a text that is cut where it is too long, at the end of a word."""
        if len(text) <= longest:
            return text
        self.repaired[kind] += 1
        kept = text[: longest - 1]
        return (kept.rpartition(" ")[0] or kept).rstrip() + "…"

    def replaced(self, kind: str, old: str, new: str) -> str:
        """Return the new value, and note a repair where it differs."""
        if new != old:
            self.repaired[kind] += 1
        return new


def _cut(bullet: BulletAnswer, notes: _Notes) -> BulletAnswer:
    # A quote is evidence, found letter by letter: it is cut without a mark.
    quote = bullet.quote[:LONGEST_TEXT]
    if quote != bullet.quote:
        notes.repaired["quote"] += 1
    text = notes.within("bullet", bullet.text, LONGEST_TEXT)
    return bullet.model_copy(update={"text": text, "quote": quote})


def _entities(
    entities: list[EntityAnswer], pages: Mapping[int, str], notes: _Notes
) -> list[EntityAnswer]:
    """Return the entities; one that stands on no page of the document is not of the document."""
    placed = []
    for each in notes.with_text(entities, "value", "entity"):
        page = each.page if each.page in pages else _found_on(each.value, pages)
        if page == NO_PAGE:
            notes.drop("entity")
            continue
        if page != each.page:
            notes.repaired["page"] += 1
        value = notes.within("entity", each.value, LONGEST_VALUE)
        placed.append(each.model_copy(update={"page": page, "value": value}))
    return placed


def _page_of(page: int, evidence: str, pages: Mapping[int, str], notes: _Notes) -> int:
    """Return the page that a statement names, or the one with its evidence, or none."""
    if page in pages or page == NO_PAGE:
        return page
    # A word or two may stand anywhere.
    telling = len(evidence.split()) >= FEWEST_WORDS
    found = _found_on(evidence, pages) if telling else NO_PAGE
    if found == NO_PAGE:
        notes.drop("page")
    else:
        notes.repaired["page"] += 1
    return found


def _found_on(text: str, pages: Mapping[int, str]) -> int:
    """Return the only page that holds a text."""
    found = [number for number, content in pages.items() if stands_on_page(text, content)]
    return found[0] if len(found) == 1 else NO_PAGE


def _title(title: str, bullets: list[BulletAnswer], notes: _Notes) -> str:
    """Return the title in one line; the first statement stands in for a blank one."""
    line = " ".join(title.split())
    if line:
        return notes.within("title", line, LONGEST_TITLE)
    first = " ".join(bullets[0].text.split()) if bullets else ""
    if first:
        notes.repaired["title"] += 1
        return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1].rstrip()}…"
    notes.drop("title")
    return ""


def _language(language: str, notes: _Notes) -> str:
    """Return a language tag in its usual case (RFC 5646, section 2.1.1)."""
    plain = language.strip()
    named = LANGUAGE_NAMES.get(plain.casefold(), plain.replace("_", "-"))
    match = _TAG.fullmatch(named)
    code = match["language"].lower() if match else ""
    if match is None or (len(code) == 2 and code not in ISO_639_1):
        notes.drop("language")
        return UNKNOWN_LANGUAGE
    tag = code + (match["extended"] or "").lower()
    tag += (match["script"] or "").title() + (match["region"] or "").upper()
    tag += named[match.end("region") if match["region"] else len(tag) :].lower()
    return notes.replaced("language", language, tag)


def _due_date(due: str | None, notes: _Notes) -> str | None:
    """Return a date that exists, as YYYY-MM-DD; a month before the day is not guessed."""
    text = (due or "").strip()
    if due is None or text.casefold() in _NOTHING:
        return None
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    parts = year_first.groups() if year_first else ()
    parts = tuple(reversed(day_first.groups())) if day_first else parts
    try:
        moment = date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        notes.drop("dueDate")
        return None
    return notes.replaced("dueDate", due, moment.isoformat())


def _reply(reply: str | None, notes: _Notes) -> str | None:
    if reply is None or reply.strip().casefold() in _NOTHING:
        return None
    return notes.within("draftReply", reply, LONGEST_REPLY)
