"""Reports as one HTML page: figures, plots as inline SVG, and the failures side by side.

The page holds no script and loads nothing. All that comes from documents is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from evals.figures import Bin, Detection, Share
from evals.labelled import LabelledDocument
from evals.run import JudgedDocument, Report, Run
from evals.text import as_text, shown

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #1b1f24; background: #fff }
h1, h2, h3 { line-height: 1.2 } pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 }
.figures { background: #f4f5f7; padding: 1rem; overflow-x: auto; white-space: pre }
article { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; border-top: 1px solid #c9ced6;
  padding: 1rem 0 } article h3 { grid-column: 1 / -1; margin: 0 } article pre { font-size: 13px }
.missed { color: #a40e26 } .raised { color: #8a4b00 } .plots { display: flex; flex-wrap: wrap;
  gap: 2rem } svg text { font: 12px system-ui, sans-serif; fill: #1b1f24 }
@media (max-width: 50rem) { article { grid-template-columns: 1fr } }
"""
_WIDTH, _HEIGHT, _EDGE = 340, 220, 34
_BAR = 16
"""Height of a bar, in pixels."""
_LABEL = 90
"""Width of the names beside bars, in pixels."""


def as_html(report: Report, documents: Sequence[LabelledDocument]) -> str:
    """Return the page of a report.

    Args:
        report: with its documents.
        documents: the texts, to be shown beside what became of them.
    """
    texts = {document.id: document for document in documents}
    runs = "".join(_run(name, run, texts) for name, run in report.runs.items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of docflow</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Evaluation of docflow</h1>\n{runs}</body>\n</html>\n"
    )


def _run(name: str, run: Run, texts: Mapping[str, LabelledDocument]) -> str:
    wrong = [each for each in run.documents if not each.right or _needlessly_raised(each)]
    failures = "\n".join(_failure(each, texts[each.id]) for each in wrong)
    return (
        f"<section>\n<h2>{escape(name)}</h2>\n<p>{escape(run.about)}</p>\n"
        f'<div class="plots">\n{_calibration(run.figures.calibration.bins)}\n'
        f"{_languages(run.figures.by['language'])}\n</div>\n"
        f'<pre class="figures">{escape(as_text(name, run))}</pre>\n'
        f"<h2>Failures: {len(wrong)} of {len(run.documents)} documents</h2>\n{failures}\n"
        f"{_changed_twins(run)}</section>\n"
    )


def _needlessly_raised(each: JudgedDocument) -> bool:
    return each.outcome.raised and each.label.value == "normal"


def _failure(each: JudgedDocument, document: LabelledDocument) -> str:
    missed = each.label.value == "urgent"
    level = each.outcome.level.value if each.outcome.level else "no level"
    return (
        f'<article id="{escape(each.id)}">\n<h3 class="{"missed" if missed else "raised"}">'
        f"{escape(each.id)}: is {each.label.value}, was {level} ({each.outcome.score:.2f})</h3>\n"
        f"<div><p>received {document.received}, {escape(each.kind)}, "
        f"{escape(', '.join(each.tags))}{_deadline(document)}</p>\n"
        f"<pre>{escape(document.text.replace(chr(12), _PAGE_BREAK))}</pre></div>\n"
        f"<div>{''.join(_decided(each))}</div>\n</article>"
    )


_PAGE_BREAK = "\n\n[next page]\n\n"


def _deadline(document: LabelledDocument) -> str:
    return f"; deadline {document.deadline}" if document.deadline else ""


def _decided(each: JudgedDocument) -> Iterator[str]:
    outcome = each.outcome
    yield f"<p>{escape(outcome.status or 'judged')}: "
    yield f"{escape('; '.join(outcome.reasons) or 'no reason given')}</p>\n"
    if outcome.due:
        yield f"<p>dates found: {', '.join(map(str, outcome.due))}</p>\n"
    if outcome.summary is None:
        return
    yield f"<p><strong>{escape(outcome.title)}</strong></p>\n<ul>\n"
    for bullet in outcome.summary:
        mark = "" if bullet.grounded else " <em>(not grounded)</em>"
        yield f"<li>{escape(bullet.text)}{mark}</li>\n"
    yield "</ul>\n"
    if each.missing_facts:
        yield f"<p>facts that are missing: {escape('; '.join(each.missing_facts))}</p>\n"


def _changed_twins(run: Run) -> str:
    if run.twins is None:
        return ""
    lines = "".join(
        f"<li>{escape(each.id)} with {escape(each.change)}: {each.before or 'no level'} became "
        f"{each.after or 'no level'}</li>\n"
        for each in run.twins.changed
    )
    kept = shown(run.twins.kept_of_all)
    return f"<h2>Twins that kept their level: {kept}</h2>\n<ul>\n{lines}</ul>\n"


def _calibration(bins: Sequence[Bin]) -> str:
    """Plot the share of urgent documents over the mean score of each bin."""

    def x(value: float) -> float:
        return round(_EDGE + value * (_WIDTH - 2 * _EDGE), 1)

    def y(value: float) -> float:
        return round(_HEIGHT - _EDGE - value * (_HEIGHT - 2 * _EDGE), 1)

    marks = []
    for each in bins:
        if each.mean_score is None:
            continue
        at, (low, value, high) = x(each.mean_score), _ends(each.urgent)
        marks.append(
            f'<line x1="{at}" x2="{at}" y1="{y(low)}" y2="{y(high)}" stroke="#6b7684"/>'
            f'<circle cx="{at}" cy="{y(value)}" r="5" fill="#1f6feb"><title>{each.documents} '
            f"documents, {shown(each.urgent)} urgent</title></circle>"
        )
    return (
        f'<figure><svg width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="Share of urgent documents by score">'
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#c9ced6"/>'
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" fill="none" stroke="#1b1f24"/>{"".join(marks)}'
        f'<text x="{x(0)}" y="{_HEIGHT - 12}">score 0</text>'
        f'<text x="{x(1)}" y="{_HEIGHT - 12}" text-anchor="end">1</text>'
        f'<text x="{x(0)}" y="{y(1) - 8}">share of urgent ones, 0 to 1</text></svg>'
        "<figcaption>Calibration: on the grey line a score is a probability.</figcaption></figure>"
    )


def _languages(groups: Mapping[str, Detection]) -> str:
    """Plot recall and the share of normal documents that were judged urgent, by language."""
    bars = []
    for number, (name, each) in enumerate(groups.items()):
        top = number * 2.5 * _BAR + 4
        bars.append(
            f'<text x="0" y="{top + _BAR:.1f}">{escape(name)}</text>'
            f"{_bar(top, each.recall, '#1f6feb', 'recall')}"
            f"{_bar(top + _BAR, each.normals_urgent, '#d4843e', 'normals judged urgent')}"
        )
    height = len(groups) * 2.5 * _BAR + 4
    return (
        f'<figure><svg width="{_WIDTH}" height="{height:.0f}" role="img" '
        f'aria-label="Recall and normals judged urgent by language">{"".join(bars)}</svg>'
        "<figcaption>By language: recall (blue), normals judged urgent (orange).</figcaption>"
        "</figure>"
    )


def _bar(top: float, share: Share, colour: str, what: str) -> str:
    _low, value, _high = _ends(share)
    width = value * (_WIDTH - 2 * _LABEL)
    return (
        f'<rect x="{_LABEL / 2:.0f}" y="{top:.1f}" width="{max(1, width):.1f}" '
        f'height="{_BAR - 3}" fill="{colour}"><title>{what} {shown(share)}</title></rect>'
        f'<text x="{_LABEL / 2 + width + 6:.1f}" y="{top + _BAR - 5:.1f}">{shown(share)}</text>'
    )


def _ends(share: Share) -> tuple[float, float, float]:
    """Return a share between the ends of its interval; 0 where there are no cases."""
    return share.low or 0.0, share.value or 0.0, share.high or 0.0
