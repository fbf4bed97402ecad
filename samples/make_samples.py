"""Create the sample documents and their manifest: python samples/make_samples.py."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# A script finds only modules in its own folder, so the folder above is added.
sys.path.insert(0, str(FOLDER.parent))

from samples.catalogue import SAMPLES, manifest  # noqa: E402 - needs the path above


def make(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write sample files.

    Args:
        folder: Where to write; it is created if it does not exist.
        names: The files to write; by default all.

    Returns:
        The written paths, in the order of the catalogue.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for sample in SAMPLES:
        if not names or sample.file in names:
            path = folder / sample.file
            path.write_bytes(sample.build())
            written.append(path)
    return written


def write_manifest(path: Path) -> None:
    """Write the manifest as indented JSON."""
    text = json.dumps(manifest(), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Write the files that the command line names, or all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FILE", help="files to make (default: all)")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for files/ and manifest")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - {sample.file for sample in SAMPLES}
    if unknown:
        parser.error(f"no such sample: {', '.join(sorted(unknown))}")
    for path in make(chosen.out / "files", chosen.names):
        print(f"{path.stat().st_size:>9,}  {path.name}")
    write_manifest(chosen.out / "manifest.json")


if __name__ == "__main__":
    main()
