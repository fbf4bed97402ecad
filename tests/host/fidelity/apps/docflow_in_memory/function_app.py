"""docflow as it is registered, with its services in memory."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

from devstack.environment.root import ROOT
from docflow import clients
from docflow.contracts import Container
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from docflow.work.artefacts import PAGES_FOR_OCR, RECORD
from docflow.work.artefacts import SOURCE as SOURCE_FILE
from docflow.work.page_file import write_page_file
from testkit.examples import DOCUMENT_ID, SOURCE
from testkit.fakes import START, fake_clients


def _world() -> clients.Clients:
    """Return services that know one document, which was quarantined."""
    world = fake_clients()
    entry = IndexEntry(
        document_id=DOCUMENT_ID,
        name=SOURCE.name,
        status=Status.QUARANTINED,
        stage=Stage.DONE,
        received_at=START,
        updated_at=START,
        sequence=3,
        error_code="DAMAGED",
    )
    world.index.put(entry)
    record = json.dumps({"documentId": DOCUMENT_ID, "title": "Zählerstand"}).encode()
    kept = {
        (Container.INCOMING, SOURCE.name): b"a letter",
        (Container.WORK, f"{DOCUMENT_ID}/{SOURCE_FILE}"): b"a letter",
        (Container.WORK, f"{DOCUMENT_ID}/{PAGES_FOR_OCR}"): _bundle_of(b"a page"),
        (Container.RESULTS, RECORD.format(document_id=DOCUMENT_ID)): record,
    }
    for (container, name), content in kept.items():
        world.store.write(container, name, content, content_type="application/json")
    return world


def _bundle_of(page: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file, bundle = Path(folder, "page"), Path(folder, "bundle")
        file.write_bytes(page)
        write_page_file({1: file}, bundle)
        return bundle.read_bytes()


_known = _world()
# Before anything is registered: the triggers import the function by its name.
clients.current_clients = lambda: _known


def _registered() -> Any:
    spec = importlib.util.spec_from_file_location("docflow_app", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


app = _registered()
