"""docs/deployment.md: what it says of Azure has a source, and what it counts is counted right."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/deployment.md").read_text("utf-8")
TEXT, _, SOURCES = GUIDE.partition("\n## Sources\n")
PARAMETERS = (ROOT / "infra/main.parameters.json").read_text("utf-8")
MAIN = (ROOT / "infra/main.bicep").read_text("utf-8")

SET_BY_AZD = {"AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"}

HOURS_A_MONTH = 730


def sources() -> dict[int, str]:
    parts = re.split(r"^(\d+)\. ", SOURCES, flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))


def rows(heading: str) -> list[list[str]]:
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_each_number_leads_to_a_source_and_back() -> None:
    cited = {int(number) for number in re.findall(r"\[(\d+)\](?!\()", TEXT)}

    assert list(sources()) == list(range(1, len(sources()) + 1))
    assert cited == set(sources())


def test_each_source_says_of_when_it_is() -> None:
    for number, source in sources().items():
        assert re.search(r"\b20\d\d-\d\d-\d\d\b|as stored in 20\d\d", source), number


def test_model_region_price_and_ready_instances_are_in_one_table() -> None:
    choices = " ".join(row[0] for row in rows("Choices"))
    prices = [row[0] for row in rows("Choices") if "$" in row[3]]

    for choice in ("region", "model", "SKU", "memory", "always ready"):
        assert choice in choices
    assert "model" in prices
    assert len([choice for choice in prices if choice.startswith("always ready")]) == 3


def test_what_is_set_with_azd_reaches_the_template() -> None:
    for row in rows("Choices"):
        for name in re.findall(r"`([A-Z_]+)`", row[2]):
            assert f"${{{name}" in PARAMETERS, name
    for name in re.findall(r"azd env set (\w+)", GUIDE):
        assert f"${{{name}" in PARAMETERS, name


def test_the_price_at_rest_is_that_of_the_default() -> None:
    scale = json.loads(PARAMETERS)["parameters"]["scale"]["value"]
    (price,) = re.findall(r"always ready: \$([\d.]+) for a GB-second", TEXT)
    gigabytes = scale["instanceMemoryMB"] // 1024
    used = gigabytes * HOURS_A_MONTH * 3600
    ready = used * float(price)
    upkeep = (HOURS_A_MONTH * 60 * gigabytes - 100_000) * 0.000026

    assert f"{gigabytes} GB for {HOURS_A_MONTH} hours are {used:,} GB-seconds, ${ready:.2f}" in TEXT
    assert f"{HOURS_A_MONTH * 60:,} runs" in TEXT
    assert f"$0.000026 each [7]: ${upkeep:.2f}" in TEXT
    for row in rows("Choices"):
        if row[0].startswith("always ready"):
            assert f"${ready:.0f} a month each" in row[3]
    instances = sum(count for name, count in scale.items() if name.startswith("alwaysReady"))
    assert f"a month costs about ${instances * ready + upkeep:.0f}," in TEXT


def test_values_of_azd_that_commands_use_are_outputs() -> None:
    outputs = set(re.findall(r"^output (\w+) ", MAIN, re.MULTILINE))
    handbook = (ROOT / "docs/operations.md").read_text("utf-8")
    asked = set(re.findall(r"azd env get-value (\w+)", handbook))
    asked |= set(re.findall(r"\$(\w+_\w+)", "".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.S))))

    assert asked
    assert asked - SET_BY_AZD <= outputs
