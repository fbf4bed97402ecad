"""Page sets in compact form: `1-3,7` stands for pages 1, 2, 3 and 7.

They keep histories small: a set of two thousand pages is a few characters, not a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

MOST_BRANCHES = 20
"""Parts that one orchestration waits for at once: each that ends replays its history."""


def format_pages(numbers: Iterable[int]) -> str:
    """Write page numbers as a compact set; order and repetition do not matter."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def parse_pages(text: str) -> list[int]:
    """Read a compact set back into ascending page numbers.

    Raises:
        ValueError: the text is not of the form `1-3,7`.
    """
    return sorted(set(_numbers(text)))


def _numbers(text: str) -> Iterator[int]:
    for run in filter(None, text.split(",")):
        first, dash, last = run.partition("-")
        start, end = int(first), int(last if dash else first)
        if not 1 <= start <= end:
            raise ValueError(f"not a page set: {text!r}")
        yield from range(start, end + 1)


def split_pages(text: str, size: int) -> list[str]:
    """Cut a page set into sets of at most `size` pages, in page order."""
    numbers = parse_pages(text)
    return [format_pages(numbers[i : i + size]) for i in range(0, len(numbers), size)]


def branch_pages(text: str, size: int) -> list[str]:
    """Cut a page set into at most `MOST_BRANCHES` sets that can be cut the same way again.

    Each has `size` pages, or `size` times a power of `MOST_BRANCHES`: so a tree of any depth has
    bounded nodes and leaves of at most `size` pages.
    """
    count, branch = len(parse_pages(text)), size
    while branch * MOST_BRANCHES < count:
        branch *= MOST_BRANCHES
    return split_pages(text, branch)


def group_by_size(sizes: Sequence[tuple[int, int]], limit: int) -> list[str]:
    """Join consecutive pages into sets whose sizes add up to at most `limit`.

    `sizes` are (page number, size) pairs. A page larger than the limit stands alone; pages of size
    zero are left out.
    """
    groups: list[list[int]] = []
    used = 0
    for number, size in sizes:
        if size == 0:
            continue
        if not groups or used + size > limit:
            groups.append([])
            used = 0
        groups[-1].append(number)
        used += size
    return [format_pages(group) for group in groups]


def combine_groups(count: int, size: int) -> list[tuple[int, int]]:
    """Cut `count` numbered summaries (from 1) into runs of at most `size`: (first, last) pairs."""
    return [(start, min(start + size - 1, count)) for start in range(1, count + 1, size)]
