from __future__ import annotations

import pytest

from activities.check_summary import check_summary
from activities.confirm_source import confirm_source
from docflow.contracts import Container, document_id_for
from docflow.models.checks import ChecksRequest
from docflow.models.documents import Source
from docflow.models.files import ConfirmationRequest, Refused
from docflow.work.uploads import keep_upload
from testkit.app import InMemoryApp
from testkit.examples import DOCUMENT_ID, SOURCE, understood_document

NAME = "letter.pdf"
READ = b"what was read"


@pytest.fixture
def app() -> InMemoryApp:
    """The app on fakes, with an upload that was read as it came to rest."""
    app = InMemoryApp()
    app.store.append(Container.INCOMING, NAME, READ, content_type="text/plain")
    app.clock.advance(minutes=1)
    assert keep_upload(source_of(app), DOCUMENT_ID, app.store)
    return app


def source_of(app: InMemoryApp) -> Source:
    now = app.store.properties(Container.INCOMING, NAME)
    assert now is not None
    known = {"name": NAME, "etag": now.etag, "bytes": now.bytes, "created_at": now.created_at}
    return SOURCE.model_copy(update=known)


def grow(app: InMemoryApp) -> None:
    app.store.append(Container.INCOMING, NAME, b", and more", content_type="text/plain")


def confirm(app: InMemoryApp, source: Source) -> Refused | None:
    request = ConfirmationRequest(document_id=DOCUMENT_ID, source=source)
    return confirm_source(request, app.clients).refused


def test_an_upload_that_stayed_as_it_was_is_confirmed(app: InMemoryApp) -> None:
    assert confirm(app, source_of(app)) is None


def test_an_upload_that_grows_is_not_delivered_as_the_whole(app: InMemoryApp) -> None:
    source = source_of(app)
    grow(app)

    growing = confirm(app, source)
    app.clock.advance(minutes=1)
    grown = confirm(app, source)

    assert growing is not None
    assert (growing.code, growing.successor) == ("SOURCE_CHANGED", None)
    assert grown is not None
    successor = document_id_for(Container.INCOMING, NAME, source_of(app).etag)
    assert (grown.code, grown.successor) == ("SOURCE_CHANGED", successor)
    assert successor in grown.message


def test_growth_is_found_before_a_review_too(app: InMemoryApp) -> None:
    understood_document(app.clients)
    source = source_of(app)
    grow(app)

    refused = check_summary(
        ChecksRequest(document_id=DOCUMENT_ID, source=source), app.clients
    ).refused

    assert refused is not None
    assert refused.code == "SOURCE_CHANGED"


def test_another_file_of_the_same_name_changes_nothing(app: InMemoryApp) -> None:
    source = source_of(app)
    app.holds(Container.INCOMING, NAME, b"another file, which is longer")

    assert confirm(app, source) is None


@pytest.mark.parametrize("change", ["metadata", "deleted", "shorter"])
def test_what_lost_nothing_to_the_document_changes_nothing(app: InMemoryApp, change: str) -> None:
    source = source_of(app)
    if change == "metadata":
        app.store.change(Container.INCOMING, NAME, metadata={"key": "value"})
    elif change == "shorter":
        app.store.change(Container.INCOMING, NAME, content=READ[:4])
    else:
        app.store.delete(Container.INCOMING, NAME)

    assert confirm(app, source) is None
