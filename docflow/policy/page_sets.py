"""Page sets: sets of page numbers as short texts, for example `1-3,7` for pages 1, 2, 3 and 7.

They keep histories small: two thousand consecutive pages are a few characters, not a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

MOST_BRANCHES = 20
"""Most sub-orchestrations of one orchestration: each completion replays the whole history."""


def format_pages(numbers: Iterable[int]) -> str:
    """Return page numbers as a page set; order and repetition do not matter."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def parse_pages(text: str) -> list[int]:
    """Return the page numbers of a page set in ascending order.

    Raises:
        ValueError: the text is not a page set such as `1-3,7`.
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
    """Split a page set into sets of at most `size` pages, in page order."""
    numbers = parse_pages(text)
    return [format_pages(numbers[i : i + size]) for i in range(0, len(numbers), size)]


def branch_pages(text: str, size: int) -> list[str]:
    """Split a page set into at most `MOST_BRANCHES` sets, which can be split in the same way.

    Each set has `size` pages, or `size` times a power of `MOST_BRANCHES`. So a tree of any depth
    has at most `MOST_BRANCHES` branches in each node and at most `size` pages in each leaf.
    """
    count, branch = len(parse_pages(text)), size
    while branch * MOST_BRANCHES < count:
        branch *= MOST_BRANCHES
    return split_pages(text, branch)


def group_by_size(sizes: Sequence[tuple[int, int]], limit: int) -> list[str]:
    """Return page sets of consecutive pages whose sizes add up to at most `limit`.

    Args:
        sizes: pairs of page number and size; pages of size zero are left out.
        limit: largest sum; a page that is larger is a set of its own.
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


def first_pages(sets: Iterable[str], count: int) -> str:
    """Return the first `count` pages of consecutive page sets as one set."""
    numbers = (number for pages in sets for number in parse_pages(pages))
    return format_pages(islice(numbers, count))
