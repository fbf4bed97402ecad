"""Find people, organizations, amounts, dates and the like with patterns: no understanding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devstack.services.text.dates import find_dates
from devstack.services.text.sentences import PageText, collapse

MAX_ENTITIES = 20
MAX_OF_A_KIND = 6
MAX_VALUE_CHARS = 120

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
CURRENCY = r"(?:€|£|\$|¥|EUR|GBP|USD|CHF|Euro|euros?|dollars?|pounds?)"
NUMBER = r"\d{1,3}(?:[.,'\u00a0 ]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
AMOUNT = re.compile(rf"(?:{CURRENCY}\s?(?:{NUMBER})|\b(?:{NUMBER})\s?{CURRENCY})(?!\w)")
PHONE = re.compile(
    r"""(?<![\w/.-])(?:\+\d{1,3}[\s./-]?)?(?:\(0?\d{1,5}\)|0\d{1,5})
    [\s./-]?\d{2,4}(?:[\s./-]?\d{2,5}){1,3}(?![\w/])
    |(?<!\w)\+\d{1,3}(?:[\s./-]?\d{2,5}){2,5}(?![\w/])""",
    re.VERBOSE,
)
MIN_PHONE_DIGITS = 9
REFERENCE = re.compile(
    r"""\b(?:ref(?:erence)?|invoice|account|case|claim|policy|contract|order|customer|file|docket|ticket
    |rechnung|aktenzeichen|kundennummer|vertrag|vertragskonto|mahnung|police|az|facture|dossier
    |r[ée]f[ée]rence|contrat|client|compte)(?:s?nummer|skonto)?
    \s*(?:no\.?|nr\.?|number|n[°º]|id|\#)?\s*[:.\#]?\s+
    (?P<value>(?=[A-Z0-9/._-]*\d)[A-Z0-9][A-Z0-9/._-]{2,24}[A-Z0-9])""",
    re.IGNORECASE | re.VERBOSE,
)
ORGANIZATION = re.compile(
    r"""\b(?:[A-ZÀ-ÖØ-Þ][\w&'\u2019.-]*\s+){1,5}?(?:Ltd|Limited|LLC|LLP|Inc|Incorporated|Corp|Corporation
    |GmbH(?:\s+&\s+Co\.?\s+KG)?|AG|KG|OHG|e\.\s?V\.|SARL|SAS|S\.A\.|SA|S\.p\.A\.|BV|N\.V\.|plc|PLC
    |Company|Council|University|Hospital|Bank|Association|Authority|Institute|Agency|Department
    |Foundation|Court|Ministry|Laboratories)\b\.?""",
    re.VERBOSE,
)
COMPOUND_ORGANIZATION = re.compile(
    r"\b(?:Stadtwerke|Amtsgericht|Landgericht|Finanzamt|Universität|Krankenkasse|Sparkasse|Banque"
    r"|Mairie|Tribunal|Préfecture|Université)\s+(?:de\s+|d['\u2019])?[A-ZÀ-ÖØ-Þ][\w-]+"
)
PERSON = re.compile(
    r"""\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|M|Sr|Sra|Judge)\.?\s+
    (?P<name>(?:(?:Dr|Prof)\.\s+)?[A-ZÀ-ÖØ-Þ][\w'\u2019-]+(?:\s+(?:von|van|de|[A-ZÀ-ÖØ-Þ][\w'\u2019.-]*)){0,2})""",
    re.VERBOSE,
)
SIGNED = re.compile(
    r"""(?i:sincerely|faithfully|regards|gr[uü][sß]{1,2}en?|distingu[ée]es|cordialement|hochachtungsvoll)
    [,.]?\s*\n+\s*(?P<name>[A-ZÀ-ÖØ-Þ][\w'\u2019.-]+(?:[ ]+[A-ZÀ-ÖØ-Þ][\w'\u2019.-]+){1,2})""",
    re.VERBOSE,
)
STREETS = (
    re.compile(
        r"""\b\d{1,4}[a-z]?,?\s+(?:[A-Z][\w'\u2019.-]+\s+){1,3}
        (?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Way|Court|Close|Place|Row)\b\.?
        (?:,\s+[A-Z][\w']+(?:[ -][\w']+){0,4}){0,2}""",
        re.VERBOSE,
    ),
    re.compile(
        r"""\b[A-ZÄÖÜ][\wäöüß.-]*(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse)\s+\d{1,4}[a-z]?
        (?:,\s*\d{5}\s+[A-ZÄÖÜ][\wäöüß-]+)?""",
        re.VERBOSE,
    ),
    re.compile(
        r"""\b\d{1,4},?\s+(?:rue|avenue|boulevard|place|chemin)\s+[^\n,]{3,40}
        (?:,\s*\d{5}\s+[A-Z][\w-]+)?""",
        re.VERBOSE,
    ),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """Something named in the document."""

    kind: str
    value: str
    page: int

    def as_json(self) -> dict[str, object]:
        """Return the entity as the answer carries it."""
        return {"kind": self.kind, "value": self.value, "page": self.page}


def find_entities(pages: Sequence[PageText]) -> list[Entity]:
    """Return what was found, each value once, at most `MAX_ENTITIES` with no kind crowding out."""
    found: dict[tuple[str, str], Entity] = {}
    counts: dict[str, int] = {}
    for page in pages:
        for kind, value in _on_page(page.text):
            key = (kind, value.casefold())
            known = any(kind == other and key[1] in name for other, name in found)
            if known or counts.get(kind, 0) >= MAX_OF_A_KIND:
                continue
            counts[kind] = counts.get(kind, 0) + 1
            found[key] = Entity(kind, value, page.number)
    return list(found.values())[:MAX_ENTITIES]


def find_amounts(text: str) -> list[str]:
    """Return the sums of money in the text."""
    return [match.group().strip() for match in AMOUNT.finditer(text)]


def _on_page(text: str) -> Iterator[tuple[str, str]]:
    for kind, value in _candidates(text):
        tidy = collapse(value).strip(" ,;:")
        if 2 <= len(tidy) <= MAX_VALUE_CHARS:
            yield kind, tidy


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    for match in SIGNED.finditer(text):
        if not _names_an_organization(match["name"]):
            yield "person", match["name"]
    for line in text.splitlines():
        for match in PERSON.finditer(line):
            yield "person", match["name"]
        yield from (("organization", name) for name in _organizations(line))
        for street in STREETS:
            yield from (("address", match.group()) for match in street.finditer(line))
        for match in REFERENCE.finditer(line):
            yield "reference", match["value"]
        yield from (("amount", amount) for amount in find_amounts(line))
        yield from (("date", found.text) for found in find_dates(line))
        yield from (("email", match.group()) for match in EMAIL.finditer(line))
        yield from (("phone", number) for number in _phones(line))


def _organizations(line: str) -> Iterator[str]:
    for pattern in (ORGANIZATION, COMPOUND_ORGANIZATION):
        yield from (match.group() for match in pattern.finditer(line))


def _names_an_organization(text: str) -> bool:
    return next(_organizations(text), None) is not None


def _phones(line: str) -> Iterator[str]:
    """Yield numbers with enough digits: account numbers and sort codes look much the same."""
    for match in PHONE.finditer(line):
        if sum(char.isdigit() for char in match.group()) >= MIN_PHONE_DIGITS:
            yield match.group()
