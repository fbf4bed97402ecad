"""The deployments that the stand-in has, and the generation of each one's model."""

from __future__ import annotations

import dataclasses
from typing import Any

from devstack.services.model.generations import Generation, generation_of


@dataclasses.dataclass(frozen=True, slots=True)
class Deployments:
    """Which deployments there are, and of which generation their models are."""

    generation: Generation | None = None
    """Of all deployments; None takes it from their names."""
    names: frozenset[str] | None = None
    """None takes any name."""

    @classmethod
    def from_json(cls, body: object) -> Deployments:
        """Return what a request to the controls asks for.

        Raises:
            ValueError: the message says what is wrong.
        """
        if not isinstance(body, dict) or not body.keys() <= {"generation", "deployments"}:
            raise ValueError("must be an object with generation, deployments or both")
        names = body.get("deployments")
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise ValueError("deployments: must be a list of names, or null for any")
        generation = body.get("generation")
        return cls(
            generation=Generation(generation) if generation is not None else None,
            names=frozenset(names) if names is not None else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that `from_json` reads."""
        names = sorted(self.names) if self.names is not None else None
        return {"generation": self.generation, "deployments": names}

    def of(self, name: str) -> Generation:
        """Return the generation of a deployment."""
        return self.generation or generation_of(name)

    def have(self, name: str) -> bool:
        """Return whether there is a deployment of this name."""
        return self.names is None or name in self.names


ANY_DEPLOYMENT = Deployments()
