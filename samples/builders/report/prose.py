"""The sentences of the report: frames that take a topic's figures and names.

Each frame has its turn in a fixed order, so that two pages with the same frame lie far apart.
"""

from __future__ import annotations

from samples.builders.report.topic import Topic

OPENINGS = (
    "This page looks at {subject} and at what changed at {place}.",
    "In a year of steady work, {subject} tell a good part of the story.",
    "Few figures are watched with as much interest as {subject}.",
    "Readers meet this part of our work most often at {place}.",
    "The board asked for a closer look at {subject}, and here it is.",
    "When the year began, the {lead} had one aim above all: {project}.",
    "Much of what follows goes back to {project}, which was planned the winter before.",
    "When people in the county hear of {title}, they think first of {place} and the team there.",
    "What began as an experiment at {place} has found its place in everyday work.",
    "A look at three years shows where {subject} are heading.",
    "Under the heading of {title} the report of last year made two promises, and both were kept.",
)
FIGURES = (
    "We counted {now} {measure} in 2025/26, after {before} in the year before: {change}.",
    "Within a year, {measure} went from {before} to {now}, which is {change}.",
    "At {now}, the figure for {measure} shows {change} against 2024/25.",
    "With {now} {measure} the year closed differently from the last one, with {change}.",
    "The year brought {now} {measure}; a year earlier there had been {before}, so we see {change}.",
    "Three years ago we recorded {first} {measure}, last year {before}, and this year {now}.",
    "The count stood at {now} {measure} on 31 March 2026, {change} in twelve months.",
)
SECONDS = (
    "The second row of the table, {other}, stands at {other_now}, compared with {other_before}.",
    "For {other} the table shows {other_now} this year and {other_before} last year.",
    "It is worth reading this beside {other}: {other_before} became {other_now}.",
    "Over the same twelve months, {other} went from {other_before} to {other_now}.",
    "The {lead} draws attention to {other}, now at {other_now} after {other_before}.",
)
WORK = (
    "The largest piece of work was {project}. It was prepared over the summer, tried out at "
    "{place} for six weeks and then carried over into everyday practice.",
    "At {place} the team spent much of the spring on {project}. Colleagues from two other branches "
    "came to watch, and took home a list of things to copy.",
    "Credit for {project} belongs to the people at {place}, who wrote the first sketch on one page "
    "and kept to it.",
    "With {project} we tried a way of working that was new to us: a small start, an honest look "
    "after a month, and a second step only where the first one had helped.",
    "Visitors to {place} will have noticed {project}. Less visible is the careful planning behind "
    "it, which took the {lead} and a group of five most of the autumn.",
    "The idea of {project} came from a reader's letter. The {lead} answered it, asked the reader "
    "in for a cup of tea, and the plan was made that afternoon.",
    "Money for {project} came half from the budget and half from savings made at {place} during "
    "the two years before.",
    "It took three attempts to get {project} right. The first was too large, the second too timid, "
    "and the third has run at {place} since October.",
)
VOICES = (
    'The {lead} writes: "We learned that people see small things, a clear sign or a name '
    'remembered, before they see large ones."',
    'The {lead} sums up: "Half of this was planned and half was listening. Next year we shall '
    'plan a little less."',
    'In the words of the {lead}: "The figures are pleasant, and the conversations behind them are '
    'better."',
    'The {lead} adds: "Nothing here was done by one person. Ask at {place} and you will be given '
    'eight names."',
    'Asked for the best day of the year, the {lead} answered: "A wet Tuesday in February, when '
    'everything simply worked."',
    'The {lead} remarks: "We now write down what did not help, too, so that nobody has to find it '
    'out again."',
)
DETAILS = (
    "Costs for {project} stayed within the budget, and the time that colleagues at {place} gave "
    "was counted for the first time.",
    "A short survey by the {lead} brought 140 answers, most of them friendly and many of them "
    "useful.",
    "All of this went on alongside the ordinary service; opening hours were not changed for "
    "{project}.",
    "Two neighbouring counties have asked how {project} was done, and the {lead} gladly shared the "
    "plans.",
    "An interim look at {project} in November led to two small corrections, both of which proved "
    "right.",
    "Volunteers helped with {project} on eleven days and were thanked with a supper at {place}.",
    "Drawings, minutes and photographs of {project} can be seen on the website under the heading "
    "{title}.",
)
TRENDS = (
    "Seen over two years, {measure} changed from {first} to {now}, {long_change}.",
    "Against 2023/24, when the figure was {first}, this is {long_change}.",
    "Two years earlier the same count had given {first}; since then there has been {long_change}.",
    "The longer view is steadier than the short one: from {first} in 2023/24 to {now} now means "
    "{long_change} in two years.",
    "Our plan of 2023 started from {first}, so that we can now report {long_change} in two years.",
)
OUTLOOK = (
    "In 2026/27 the work goes on at a calm pace. We expect {measure} to stay near the level of "
    "this year, and we shall report on {project} again in twelve months.",
    "For the coming year the {lead} plans a second step, again beginning at {place}. The budget "
    "for it was agreed in March.",
    "Next year we shall look at the same figures and add one that readers asked for. The rest "
    "stays as it is, because it works well.",
    "The coming year brings fewer new things and more time for what exists. At {place} this means "
    "an extra afternoon each month for questions and ideas.",
    "What remains to be done is known and planned: two more branches follow in spring, and a "
    "summary will be published in the autumn.",
    "We shall keep the approach, change its name to one that readers understand, and move the "
    "material from {place} to a shelf where everybody can find it.",
)


def paragraphs(topic: Topic, turn: int) -> list[str]:
    """Writes the five paragraphs of a page.

    Args:
        topic: What the page is about.
        turn: The number of the topic in the report, from 0; chooses the frames.
    """
    words = _words(topic)

    def say(frames: tuple[str, ...], step: int = 0) -> str:
        said = frames[(turn + step) % len(frames)].format(**words)
        return said[0].upper() + said[1:]

    return [
        f"{say(OPENINGS)} {topic.facts[0]}",
        f"{say(FIGURES)} {say(TRENDS)} {say(SECONDS)}",
        f"{say(WORK)} {say(DETAILS)}",
        f"{topic.facts[1]} {say(VOICES)}",
        say(OUTLOOK),
    ]


def _words(topic: Topic) -> dict[str, str]:
    measure, first, before, now = topic.measures[0]
    other, _, other_before, other_now = topic.measures[1]
    return {
        "title": topic.title.lower(),
        # Sums of money read badly as a thing that one watches; their heading stands in.
        "subject": f"the figures for {topic.title.lower()}" if "pounds" in measure else measure,
        "measure": measure,
        "first": f"{first:,}",
        "before": f"{before:,}",
        "now": f"{now:,}",
        "change": change(before, now),
        "long_change": change(first, now),
        "other": other,
        "other_before": f"{other_before:,}",
        "other_now": f"{other_now:,}",
        "lead": topic.lead,
        "place": topic.place,
        "project": topic.project,
    }


def change(before: int, now: int) -> str:
    """The change between two years as a phrase, such as `a rise of 4.1 per cent`."""
    share = 100 * (now - before) / before
    if round(abs(share), 1) == 0:
        return "no change"
    return f"a {'rise' if share > 0 else 'fall'} of {abs(share):.1f} per cent"
