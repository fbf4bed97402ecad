"""The committed samples are what the manifest, the README and the builders say they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageSequence, ImageStat

from samples.builders.beyond_text import OUTLINED_FOOTER
from samples.builders.refused import USER_PASSWORD
from samples.builders.urgent_notices import INJECTION
from samples.catalogue import SAMPLES, manifest
from samples.make_samples import FOLDER, make, write_manifest

FILES = FOLDER / "files"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
DOCUMENTS: list[dict[str, Any]] = MANIFEST["documents"]
READABLE = [entry for entry in DOCUMENTS if entry["expect"]["status"] != "quarantined"]
PDFS = [entry for entry in READABLE if entry["file"].endswith(".pdf")]
PICTURES = [entry for entry in READABLE if Path(entry["file"]).suffix in {".jpg", ".png", ".tiff"}]
WITH_PICTURES = {entry["file"] for entry in PDFS + PICTURES if entry["pagesByMethod"]["ocr"]}
ALARMING = re.compile(
    r"immediate|overdue|final notice|legal action|within (24|48) hours|deadline|disconnect|evict"
    r"|terminat|suspend|recall|danger|emergency|penalty|warning|last chance|as soon as possible",
    re.IGNORECASE,
)
PAGE_TEXT_MINIMUM = 150


def by_name(entry: dict[str, Any]) -> str:
    return str(entry["file"])


def page_texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def typed_values(path: Path) -> Iterator[str]:
    if path.suffix == ".pdf":
        with pikepdf.open(path) as document:
            form = document.Root.get("/AcroForm", pikepdf.Dictionary())
            yield from (str(field.V) for field in form.get("/Fields", []))


def pictures_of(path: Path) -> Iterator[Image.Image]:
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            for page in document:
                yield page.render(grayscale=True).to_pil()
    else:
        with Image.open(path) as picture:
            for frame in ImageSequence.Iterator(picture):
                yield frame.convert("L")


def test_manifest_is_the_one_that_the_catalogue_gives(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.json")

    assert manifest() == MANIFEST
    assert (tmp_path / "manifest.json").read_bytes() == (FOLDER / "manifest.json").read_bytes()


def test_folder_holds_exactly_the_files_of_the_manifest() -> None:
    assert {path.name for path in FILES.iterdir()} == {entry["file"] for entry in DOCUMENTS}
    assert len(DOCUMENTS) == len(SAMPLES) >= 12


def test_readme_has_one_row_for_each_file() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE)

    assert listed == [entry["file"] for entry in DOCUMENTS]


def test_readme_rows_name_the_pages_and_the_end_of_the_manifest() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| ([^|]+) \|.*\| ([^|]+) \|$",
        (FOLDER / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = {file: (pages, end) for file, pages, end in rows}

    for entry in DOCUMENTS:
        assert told[entry["file"]] == (pages_in_words(entry), end_in_words(entry))


def pages_in_words(entry: dict[str, Any]) -> str:
    methods = {"T": entry["pagesByMethod"]["text-layer"], "S": entry["pagesByMethod"]["ocr"]}
    return " + ".join(f"{count} {letter}" for letter, count in methods.items() if count) or "-"


def end_in_words(entry: dict[str, Any]) -> str:
    expected = entry["expect"]
    if expected["status"] == "quarantined":
        return f"quarantined, `{expected['code']}`"
    if entry["demoDecision"] == "approve":
        return "review, approved, published"
    return "review, rejected" if expected["status"] == "rejected" else "published"


def test_files_are_small_enough_for_a_repository() -> None:
    sizes = [path.stat().st_size for path in FILES.iterdir()]

    assert max(sizes) < 2_000_000
    assert sum(sizes) < 6_000_000


def test_urgent_documents_and_only_those_are_reviewed() -> None:
    for entry in DOCUMENTS:
        urgent = entry["expect"]["urgency"] == "urgent"
        assert entry["expect"]["review"] is urgent
        assert (entry["demoDecision"] is not None) is urgent


def test_the_demo_rejects_one_document_and_approves_the_others() -> None:
    decisions = [entry["demoDecision"] for entry in DOCUMENTS if entry["demoDecision"]]

    assert decisions.count("reject") == 1
    assert decisions.count("approve") >= 1


@pytest.mark.parametrize("entry", PDFS, ids=by_name)
def test_pdf_has_a_text_layer_on_as_many_pages_as_it_says(entry: dict[str, Any]) -> None:
    texts = page_texts(FILES / entry["file"])
    filled = [text for text in texts if len(text) >= PAGE_TEXT_MINIMUM]

    assert len(texts) == entry["pages"]
    assert len(filled) == entry["pagesByMethod"]["text-layer"]
    assert len(texts) - len(filled) == entry["pagesByMethod"]["ocr"]
    footers = {"storage-notice-outlines.pdf": [OUTLINED_FOOTER]}.get(entry["file"])
    assert [text for text in texts if text not in filled] == (
        footers or [""] * entry["pagesByMethod"]["ocr"]
    )


@pytest.mark.parametrize("entry", PICTURES, ids=by_name)
def test_picture_has_as_many_pages_as_it_says(entry: dict[str, Any]) -> None:
    with Image.open(FILES / entry["file"]) as picture:
        assert getattr(picture, "n_frames", 1) == entry["pagesByMethod"]["ocr"] == entry["pages"]


def test_the_mail_brings_the_attachment_of_the_manifest() -> None:
    mail = message_from_bytes((FILES / "map-room-visit.eml").read_bytes())
    (entry,) = [entry for entry in DOCUMENTS if entry["file"] == "map-room-visit.eml"]
    (listed,) = entry["attachments"]

    (attached,) = [part for part in mail.walk() if part.get_filename()]

    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    with pypdfium2.PdfDocument(content) as document:
        assert "Wherry Lane" in document[0].get_textpage().get_text_range()
        assert len(document) == listed["pages"] == listed["pagesByMethod"]["text-layer"]
    assert attached.get_filename() == listed["name"]


def test_the_forwarded_mail_brings_the_attachments_of_the_manifest() -> None:
    mail = message_from_bytes((FILES / "forwarded-quotation.eml").read_bytes())
    (entry,) = [entry for entry in DOCUMENTS if entry["file"] == "forwarded-quotation.eml"]

    names = [part.get_filename() for part in mail.walk() if part.get_filename()]

    assert names == [attached["name"] for attached in entry["attachments"]]


def test_no_phrase_of_the_wrapped_notice_stands_on_one_line() -> None:
    (text,) = page_texts(FILES / "wrapped-final-notice.pdf")
    phrases = r"final notice|48 hours|disconnect|legal action"

    assert re.search(phrases, text, re.IGNORECASE) is None
    assert len(re.findall(phrases, re.sub(r"-?\r\n", " ", text))) >= 3


def test_the_plain_text_of_the_notice_in_html_says_nothing_of_it() -> None:
    mail = message_from_bytes((FILES / "notice-in-html.eml").read_bytes())

    plain, page = [
        str(part.get_payload(decode=True))
        for part in mail.walk()
        if "text/" in part["Content-Type"]
    ]

    assert "final notice" in page
    assert ALARMING.search(plain) is None


def test_mixed_document_has_its_scans_on_pages_three_and_five() -> None:
    texts = page_texts(FILES / "service-agreement-mixed.pdf")

    assert [number for number, text in enumerate(texts, 1) if not text] == [3, 5]


def test_report_pages_differ_from_each_other() -> None:
    texts = page_texts(FILES / "annual-report.pdf")

    assert len(texts) >= 40
    assert len(set(texts)) == len(texts)


def test_injected_instruction_stands_on_the_page_twice() -> None:
    (text,) = page_texts(FILES / "eviction-notice-injected.pdf")

    assert text.replace("\r\n", " ").count(INJECTION) == 2


@pytest.mark.parametrize(
    "entry", [entry for entry in READABLE if entry["pagesByMethod"]["text-layer"]], ids=by_name
)
def test_alarming_words_stand_in_urgent_documents_alone(entry: dict[str, Any]) -> None:
    path = FILES / entry["file"]
    text = (
        path.read_text("utf-8") if path.suffix in {".txt", ".eml"} else "\n".join(page_texts(path))
    )
    text += "\n".join(typed_values(path))
    alarming = ALARMING.search(text) is not None or "Letzte Mahnung" in text

    assert alarming is (entry["expect"]["urgency"] == "urgent")


def test_encrypted_file_opens_with_its_password_alone() -> None:
    path = FILES / "payslip-encrypted.pdf"

    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(path)
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pypdfium2.PdfDocument(path)
    with pikepdf.open(path, password=USER_PASSWORD) as opened:
        assert len(opened.pages) == 1


def test_truncated_file_is_a_pdf_that_no_reader_can_open() -> None:
    path = FILES / "report-truncated.pdf"

    assert path.read_bytes().startswith(b"%PDF-")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(path)
    with pytest.raises(pikepdf.PdfError):
        pikepdf.open(path)


def test_empty_file_is_empty() -> None:
    assert (FILES / "empty.pdf").read_bytes() == b""


def test_program_has_the_signature_of_a_program_and_no_code() -> None:
    program = (FILES / "setup-program.pdf").read_bytes()

    assert program.startswith(b"MZ")
    assert b"%PDF" not in program
    assert not any(program[-1984:])


def test_making_the_samples_again_gives_the_same_files(tmp_path: Path) -> None:
    again = make(tmp_path)

    assert [path.name for path in again] == [entry["file"] for entry in DOCUMENTS]
    for path in again:
        committed = FILES / path.name
        if path.name in WITH_PICTURES:
            assert_same_pictures(path, committed)
        else:
            assert path.read_bytes() == committed.read_bytes(), path.name


def assert_same_pictures(made: Path, committed: Path) -> None:
    """Allows a shade of grey: pictures are drawn in floating point, and processors differ."""
    for one, other in zip(pictures_of(made), pictures_of(committed), strict=True):
        assert one.size == other.size
        difference = ImageStat.Stat(ImageChops.difference(one, other))
        assert difference.mean[0] < 1, made.name


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    names = ["final-notice-scan.pdf", "domain-renewal-fax.tiff", "delivery-note-photo.jpg"]

    first = make(tmp_path / "first", names)
    second = make(tmp_path / "second", names)

    assert [path.name for path in first] == names
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
