"""The extractive summarizer behind the model stand-in: it copies passages and writes none.

Same pages in, same answer out. What it returns is a plain tree of facts under the names docflow
asks for; `schema_answer` puts it into the schema of the request.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

from devstack.services.model.salience import (
    COURTESY,
    SALUTATION,
    VERY_ALIKE,
    is_like_any,
    pick_salient,
)
from devstack.services.text.dates import DATE, find_dates, find_day_without_year, find_period
from devstack.services.text.entities import find_entities
from devstack.services.text.injection import is_prompt_injection
from devstack.services.text.language import detect_language
from devstack.services.text.sentences import PageText, Passage, clip, collapse, passages_of
from devstack.services.text.vocabulary import pattern, read_sections, section_pattern

BULLETS = 4
MAX_ACTIONS = 5
MAX_TITLE_CHARS = 90
MAX_TITLE_WORDS = 14
MAX_TEXT_CHARS = 220
MAX_TEXT_WORDS = 40
EDGES = " -\N{EN DASH}•*;:,"
HEAD_LINES = 25

TYPE_WORDS = {kind: pattern(words) for kind, words in read_sections("document_types").items()}
TITLE_WEIGHT = 4
HEAD_WEIGHT = 2
"""A type word in the title, or at the top of the first page, counts this often more."""
TYPE_PAGES = 3
WRAPPER_WEIGHT = 0.4
"""Most notices and invoices come as letters or mails: what they are about comes first."""

SUBJECT = re.compile(
    r"^\W*(?:re|subject|betreff|betrifft|objet|asunto|oggetto)\s*[:(|;]\s*(?P<subject>\S.{4,})$",
    re.IGNORECASE,
)
NO_TITLE = section_pattern("summary", "no title")
REQUEST = section_pattern("summary", "request")
IMPERATIVE = section_pattern("summary", "imperative")
COURTESY_REQUEST = section_pattern("summary", "courtesy request")
CONNECTIVE = section_pattern("summary", "connective")
ADDRESS_LIKE = re.compile(r",.*\d|\b[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}\b")
RUNNING_HEAD = re.compile(r"\s\d{1,3}$")
OPENING_MARKS = "\"'([{\N{LEFT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}"
BROKEN_WORD = re.compile(r"(?<=[a-zäöüßà-ÿ])- (?=[a-zäöüßà-ÿ])")
REPLY_TYPES = {"letter", "notice", "invoice", "complaint", "legal", "email", "form"}


def summarize(name: str, pages: Sequence[PageText]) -> dict[str, Any]:
    """Return title, language, type, bullets, entities, actions and a reply for the pages."""
    text = "\n".join(page.text for page in pages)
    passages = passages_of(pages)
    language, _ = detect_language(text)
    title = _title(name, pages)
    kind = classify(title, pages)
    document_date = date_of_document(pages)
    actions = find_actions(passages, document_date)
    return {
        "title": title,
        "language": language,
        "documentType": kind,
        "bullets": [_bullet(passage) for passage in pick_salient(passages, BULLETS)],
        "entities": [entity.as_json() for entity in find_entities(pages)],
        "actions": actions,
        "draftReply": _draft_reply(language, kind, title, actions),
    }


def combine(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one summary of several: the best bullets spread over the parts, kept as they are."""
    title = next((part["title"] for part in parts if part.get("title")), "Untitled document")
    language = _most_common(parts, "language", "en")
    kind = _most_common(parts, "documentType", "other")
    actions = _distinct(parts, "actions", ("text",))[:MAX_ACTIONS]
    return {
        "title": title,
        "language": language,
        "documentType": kind,
        "bullets": _spread_bullets(parts),
        "entities": _distinct(parts, "entities", ("kind", "value"))[:24],
        "actions": actions,
        "draftReply": _draft_reply(language, kind, title, actions),
    }


def as_text(facts: dict[str, Any]) -> str:
    """Return a summary as plain text, for requests that name no schema."""
    lines = [str(facts.get("title", ""))]
    lines += [f"- {bullet['text']} (page {bullet['page']})" for bullet in facts.get("bullets", [])]
    return "\n".join(lines)


def classify(title: str, pages: Sequence[PageText]) -> str:
    """Return the type whose words occur most, above all in the title and the head of page one."""
    body = "\n".join(page.text for page in pages[:TYPE_PAGES])
    scores: dict[str, float] = {
        kind: TITLE_WEIGHT * _distinct_words(words, title)
        + HEAD_WEIGHT * _distinct_words(words, _head(pages))
        + _distinct_words(words, body)
        for kind, words in TYPE_WORDS.items()
    }
    for kind in ("letter", "email"):
        scores[kind] *= WRAPPER_WEIGHT
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] >= 1 else "other"


def _distinct_words(words: re.Pattern[str], text: str) -> int:
    return len({match.group().lower() for match in words.finditer(text)})


def date_of_document(pages: Sequence[PageText]) -> date | None:
    """Return the first date at the top of page one, which is when most letters were written."""
    found = next(find_dates(_head(pages)), None)
    return found.day if found else None


def find_actions(passages: Sequence[Passage], document_date: date | None) -> list[dict[str, Any]]:
    """Return what the document asks the reader to do, with the day it is due where one is said."""
    actions: list[dict[str, Any]] = []
    for passage in passages:
        if len(actions) == MAX_ACTIONS:
            break
        if _is_request(passage):
            due = due_date(passage.quote, document_date)
            actions.append(
                {
                    "text": _tidy(passage.quote),
                    "dueDate": due.isoformat() if due else None,
                    "page": passage.page,
                }
            )
    return actions


def due_date(text: str, document_date: date | None) -> date | None:
    """Return the last day the text gives, or the end of a period counted from the document."""
    earliest = document_date or date.min
    days = [found.day for found in find_dates(text) if found.day >= earliest]
    if days:
        return max(days)
    if document_date is None:
        return None
    without_year = find_day_without_year(text, document_date.year)
    if without_year is not None:
        return without_year.day
    period = find_period(text)
    return document_date + timedelta(days=-(-period // timedelta(days=1))) if period else None


def _is_request(passage: Passage) -> bool:
    return (
        passage.is_sentence
        and not passage.instructs
        and bool(REQUEST.search(passage.quote) or IMPERATIVE.match(passage.quote))
        and COURTESY_REQUEST.search(passage.quote) is None
    )


def _bullet(passage: Passage) -> dict[str, Any]:
    return {"text": _tidy(passage.quote), "page": passage.page, "quote": clip(passage.quote)}


def _tidy(quote: str) -> str:
    """Return a short form that reads as a sentence; the words stay the document's own."""
    text = _without_connective(BROKEN_WORD.sub("", quote)).strip(EDGES)
    short = clip(text, MAX_TEXT_CHARS, MAX_TEXT_WORDS)
    ending = "" if short.endswith((".", "!", "?")) else ("." if short == text else " …")
    return short[:1].upper() + short[1:] + ending


def _without_connective(text: str) -> str:
    found = CONNECTIVE.match(text)
    return text[found.end() :].lstrip(" ,:") if found else text


def _head(pages: Sequence[PageText]) -> str:
    return "\n".join(pages[0].text.splitlines()[:HEAD_LINES]) if pages else ""


def _title(name: str, pages: Sequence[PageText]) -> str:
    lines = [collapse(line) for line in _head(pages).splitlines() if line.strip()]
    for line in lines:
        subject = SUBJECT.match(line)
        if subject and not is_prompt_injection(line):
            return clip(subject["subject"], MAX_TITLE_CHARS, MAX_TITLE_WORDS)
    scores = [_title_score(line, index, lines) for index, line in enumerate(lines)]
    best = max(scores, default=0.0)
    if best > 0:
        title = RUNNING_HEAD.sub("", lines[scores.index(best)])
        return clip(title.strip(EDGES), MAX_TITLE_CHARS, MAX_TITLE_WORDS)
    stem = PurePosixPath(name).stem.replace("_", " ").replace("-", " ").strip()
    return clip(stem, MAX_TITLE_CHARS, MAX_TITLE_WORDS) or "Untitled document"


def _title_score(line: str, index: int, lines: Sequence[str]) -> float:
    """Score a line as a title: words of a document type, capitals, near the top, above a greeting.

    Addresses, numbers and sentences are none; a page number at the end tells a running head.
    """
    if _is_no_title(line):
        return -1.0
    words = line.split()
    capitals = sum(word[0].isupper() for word in words) / len(words)
    following = lines[index + 1] if index + 1 < len(lines) else ""
    return (
        1.0
        + 1.2 * any(named.search(line) for named in TYPE_WORDS.values())
        + 0.6 * line.isupper()
        + 0.3 * capitals
        + 1.6 * bool(SALUTATION.match(following))
        - 0.05 * index
        - 1.2 * (line.endswith((".", ",", ";")) or ". " in line or line[0].islower())
        - 0.8 * bool(ADDRESS_LIKE.search(line))
        - 0.7 * bool(RUNNING_HEAD.search(line))
        - 0.5 * (len(words) < 2)
    )


def _is_no_title(line: str) -> bool:
    """Return whether a line belongs to a letterhead, a greeting or a form, and is no title."""
    bare = DATE.sub("", line.strip(EDGES))
    letters = sum(char.isalpha() for char in bare)
    return (
        NO_TITLE.match(bare.lstrip(OPENING_MARKS)) is not None
        or COURTESY.match(line) is not None
        or SALUTATION.match(line) is not None
        or is_prompt_injection(line)
        or "@" in line
        or letters < max(5, len(line) * 0.5)
        or len(line.split()) > 16
    )


def _spread_bullets(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let the parts, spread over the document, give their next new bullet in turn."""
    queues = [list(part.get("bullets") or []) for part in parts]
    order = _spread_order(len(queues))
    picked: list[dict[str, Any]] = []
    while len(picked) < BULLETS and any(queues):
        for part in order:
            bullet = _next_new(queues[part], picked)
            if bullet is not None and len(picked) < BULLETS:
                picked.append(bullet)
    return sorted(picked, key=lambda bullet: int(bullet.get("page") or 0))


def _next_new(
    queue: list[dict[str, Any]], picked: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    """Take bullets off the queue until one says something that none of `picked` says."""
    known = [str(bullet.get("text")) for bullet in picked]
    while queue:
        bullet = queue.pop(0)
        if not is_like_any(str(bullet.get("text")), known, VERY_ALIKE):
            return bullet
    return None


def _spread_order(count: int) -> list[int]:
    """Order the parts so that the first `BULLETS` of them are spread from first to last."""
    if count <= BULLETS:
        return list(range(count))
    spread = [round(step * (count - 1) / (BULLETS - 1)) for step in range(BULLETS)]
    return spread + [index for index in range(count) if index not in spread]


def _most_common(parts: Sequence[dict[str, Any]], field: str, default: str) -> str:
    counts = Counter(str(part[field]) for part in parts if part.get(field))
    counts.pop("other", None)
    return counts.most_common(1)[0][0] if counts else default


def _distinct(
    parts: Sequence[dict[str, Any]], field: str, keys: tuple[str, ...]
) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for part in parts:
        for entry in part.get(field) or []:
            found.setdefault(tuple(str(entry.get(key)).casefold() for key in keys), entry)
    return list(found.values())


REPLIES = {
    "en": (
        'Thank you for your message about "{title}". We have received it and are looking into it.',
        "We have noted that you ask for an answer by {due} and will come back to you before then.",
        "Kind regards",
    ),
    "de": (
        "vielen Dank für Ihre Nachricht „{title}“. Wir haben sie erhalten und prüfen sie.",
        "Die Frist bis {due} haben wir vermerkt und melden uns rechtzeitig.",
        "Mit freundlichen Grüßen",
    ),
    "fr": (
        "Nous avons bien reçu votre courrier « {title} » et nous l'examinons.",
        "Nous avons noté l'échéance du {due} et reviendrons vers vous avant cette date.",
        "Cordialement",
    ),
}


def _draft_reply(
    language: str, kind: str, title: str, actions: Sequence[dict[str, Any]]
) -> str | None:
    """Return a form letter where the document asks for something, else nothing."""
    if kind not in REPLY_TYPES or not actions:
        return None
    opening, dated, closing = REPLIES.get(language, REPLIES["en"])
    due = next((action["dueDate"] for action in actions if action.get("dueDate")), None)
    parts = [opening.format(title=title), dated.format(due=due) if due else "", closing]
    return "\n\n".join(part for part in parts if part)
