"""Tells the language of a text by its most common small words, and holds those words.

A word list per language and a count: enough for whole pages, not for single words.
"""

from __future__ import annotations

import re
from collections import Counter

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        ["a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "but", "by", "can", "could", "did", "do", "does", "each", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may", "more", "most", "must", "no", "not", "of", "on", "only", "or", "other", "our", "out", "over", "please", "shall", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "under", "until", "up", "upon", "was", "we", "were", "what", "when", "where", "which", "while", "who", "will", "with", "within", "would", "you", "your"]
    ),
    "de": frozenset(
        ["aber", "alle", "als", "am", "an", "auch", "auf", "aus", "bei", "bis", "bitte", "da", "dann", "das", "dass", "dem", "den", "der", "des", "die", "dies", "diese", "dieser", "dieses", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "für", "haben", "hat", "ich", "ihr", "ihre", "ihrem", "ihren", "ihrer", "im", "in", "ist", "ja", "kann", "kein", "keine", "mit", "muss", "nach", "nicht", "noch", "nur", "ob", "oder", "ohne", "sehr", "sein", "seine", "sich", "sie", "sind", "so", "soll", "über", "um", "und", "uns", "unser", "unsere", "unter", "vom", "von", "vor", "war", "was", "wegen", "wenn", "werden", "wie", "wir", "wird", "wurde", "wurden", "zu", "zum", "zur"]
    ),
    "fr": frozenset(
        ["ainsi", "au", "aucun", "aussi", "autre", "aux", "avant", "avec", "avez", "avons", "bien", "car", "ce", "ces", "cet", "cette", "chez", "comme", "dans", "de", "depuis", "des", "deux", "doit", "du", "elle", "elles", "en", "entre", "est", "et", "été", "être", "fait", "il", "ils", "je", "jusqu", "la", "le", "les", "leur", "leurs", "lors", "lui", "mais", "merci", "même", "ne", "nos", "notre", "nous", "on", "ont", "ou", "où", "par", "pas", "plus", "pour", "pouvez", "que", "qui", "sa", "sans", "sera", "ses", "si", "son", "sont", "sous", "sur", "tous", "tout", "toute", "très", "un", "une", "veuillez", "vos", "votre", "vous"]
    ),
    "es": frozenset(
        ["al", "algo", "ante", "antes", "como", "con", "cual", "cuando", "de", "del", "desde", "donde", "dos", "el", "ella", "ellos", "en", "entre", "era", "es", "esta", "estas", "este", "esto", "estos", "está", "fue", "ha", "han", "hasta", "hay", "la", "las", "le", "les", "lo", "los", "más", "me", "mi", "muy", "ni", "no", "nos", "nuestra", "nuestro", "o", "para", "pero", "por", "porque", "que", "quien", "se", "según", "ser", "si", "sin", "sobre", "son", "su", "sus", "también", "tiene", "todo", "todos", "un", "una", "uno", "usted", "ya", "y"]
    ),
    "it": frozenset(
        ["ai", "al", "alla", "alle", "anche", "che", "chi", "ci", "come", "con", "così", "da", "dal", "dalla", "dei", "del", "della", "delle", "deve", "di", "dopo", "e", "ed", "entro", "essere", "è", "fra", "gli", "ha", "hanno", "i", "il", "in", "la", "le", "lo", "loro", "ma", "nei", "nel", "nella", "non", "nostra", "nostro", "o", "per", "perché", "più", "può", "quando", "questa", "questo", "se", "senza", "si", "sia", "sono", "su", "sua", "sui", "sul", "sulla", "suo", "tra", "tutti", "un", "una", "uno", "vi", "voi", "vostra", "vostro"]
    ),
    "nl": frozenset(
        ["aan", "al", "alle", "als", "bij", "dan", "dat", "de", "deze", "die", "dit", "door", "een", "en", "er", "geen", "had", "heb", "hebben", "heeft", "het", "hij", "hun", "ik", "in", "is", "je", "kan", "kunnen", "maar", "met", "mijn", "moet", "na", "naar", "niet", "nog", "of", "om", "onder", "ons", "onze", "ook", "op", "over", "te", "tot", "u", "uit", "uw", "van", "voor", "waar", "was", "wat", "we", "werd", "wij", "worden", "wordt", "zal", "ze", "zich", "zijn", "zo", "zonder"]
    ),
    "pt": frozenset(
        ["à", "ao", "aos", "as", "até", "com", "como", "da", "das", "de", "do", "dos", "e", "ela", "ele", "em", "entre", "era", "essa", "esse", "esta", "este", "está", "foi", "há", "isso", "já", "mais", "mas", "me", "mesmo", "muito", "na", "nas", "no", "nos", "não", "nossa", "nosso", "o", "os", "ou", "para", "pela", "pelo", "por", "porque", "quando", "que", "quem", "se", "sem", "ser", "seu", "sua", "são", "também", "tem", "um", "uma", "você"]
    ),
}

DEFAULT_LANGUAGE = "en"
ALL_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
ENOUGH_WORDS = 4_000
"""Counting more of a long document changes nothing."""


def detect_language(text: str) -> tuple[str, float]:
    """Returns a two-letter code and a confidence in 0..1, which is 0 where no word was known."""
    words = [match.group().lower() for match in WORD.finditer(text)][:ENOUGH_WORDS]
    hits: Counter[str] = Counter()
    for word, times in Counter(words).items():
        known_in = [code for code, known in STOP_WORDS.items() if word in known]
        for code in known_in:
            # A word that many languages share tells little.
            hits[code] += times * 60 // len(known_in)
    if not hits:
        return DEFAULT_LANGUAGE, 0.0
    (best, best_hits), *others = hits.most_common(2)
    rest = others[0][1] if others else 0
    return best, round(best_hits / (best_hits + rest), 2)
