"""Writes each instance's history as the app received it, for replay tests."""

from __future__ import annotations

import json
import re
from pathlib import Path

from devstack.functions_host.engine.instance import Episode, Instance


class Recording:
    """One JSON file per instance: the orchestrator's name and its inputs, episode by episode."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def write(self, instance: Instance, episode: Episode) -> None:
        """Replace the file of an instance by the input of its latest episode."""
        if not episode.calls:
            return
        received = json.loads(episode.calls[-1])
        content = {
            "orchestrator": instance.name,
            "instanceId": instance.instance_id,
            "runtimeStatus": instance.status,
            "output": None if instance.output is None else json.loads(instance.output),
            "context": received,
        }
        name = re.sub(r"[^\w.-]", "_", instance.instance_id)
        path = self._folder / f"{name}.json"
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        draft.replace(path)
