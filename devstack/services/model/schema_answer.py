"""Put facts into any JSON Schema: what the schema names is filled in, the rest gets a valid value.

Also checks the two rules that structured outputs refuse a strict schema for: every object closed,
every property required.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_DEPTH = 32
TEXT_FIELDS = ("text", "value", "quote", "title", "name")
"""Where a list of strings is asked for and the facts are objects, this field is taken."""

ALIASES = {
    "doctype": "documenttype",
    "kind": "documenttype",
    "type": "documenttype",
    "category": "documenttype",
    "lang": "language",
    "keypoints": "bullets",
    "highlights": "bullets",
    "points": "bullets",
    "tasks": "actions",
    "actionitems": "actions",
    "reply": "draftreply",
    "due": "duedate",
    "deadline": "duedate",
    "pagenumber": "page",
    "urgency": "level",
    "urgencylevel": "level",
    "urgencyscore": "score",
    "confidence": "score",
    "isurgent": "urgent",
    "rationale": "reasons",
    "reason": "reasons",
    "explanation": "reasons",
}

NEUTRAL_CHOICES = ("other", "unknown", "none", "normal", "low")
STRING_FORMATS = {
    "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P0D",
    "email": "nobody@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-0000-0000-000000000000",
}

Schema = Mapping[str, Any]


class SchemaError(ValueError):
    """The schema cannot be answered; the message is what Azure OpenAI would say of it."""


def answer(schema: Schema, facts: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return a value of the schema, filled from `facts` where property names are known."""
    return _Answerer(schema, facts).fill(schema, facts, 0)


def check_strict(schema: Schema) -> None:
    """Raise `SchemaError` where strict structured outputs would refuse the schema."""
    if resolve(schema, schema).get("type") != "object":
        raise SchemaError("schema must be a JSON Schema of 'type: \"object\"', got another type.")
    for path, node in _objects(schema, ()):
        where = f"In context={path!r}"
        if node.get("additionalProperties") is not False:
            raise SchemaError(
                f"{where}, 'additionalProperties' is required to be supplied and to be false."
            )
        missing = [
            name for name in node.get("properties", {}) if name not in node.get("required", [])
        ]
        if missing:
            raise SchemaError(
                f"{where}, 'required' is required to be supplied and to be an array including "
                f"every key in properties. Missing {missing[0]!r}."
            )


def resolve(root: Schema, schema: Schema) -> Schema:
    """Follow `$ref` within the document."""
    for _ in range(MAX_DEPTH):
        reference = schema.get("$ref")
        if reference is None:
            return schema
        schema = _lookup(root, str(reference))
    raise SchemaError("a $ref leads back to itself.")


def _lookup(root: Schema, reference: str) -> Schema:
    if not reference.startswith("#"):
        raise SchemaError(f"reference {reference!r} is not within the schema.")
    node: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            raise SchemaError(f"reference {reference!r} cannot be found.")
        node = node[key]
    if not isinstance(node, Mapping):
        raise SchemaError(f"reference {reference!r} is not a schema.")
    return node


def _objects(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:  # noqa: ANN401
    """Yield every object schema, with where it stands."""
    if not isinstance(node, Mapping):
        return
    if node.get("type") == "object" or "properties" in node:
        yield path, node
    for step, inner in _inner_schemas(node):
        yield from _objects(inner, (*path, *step))


def _inner_schemas(node: Schema) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key in ("properties", "$defs", "definitions"):
        for name, inner in node.get(key, {}).items():
            yield (key, name), inner
    for key in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(node.get(key, ())):
            yield (key, str(index)), inner
    yield ("items",), node.get("items")


class _Answerer:
    """The answer to one schema; objects without facts of their own take theirs from `facts`."""

    def __init__(self, root: Schema, facts: Mapping[str, Any]) -> None:
        self._root = root
        self._facts = facts

    def fill(self, schema: Schema, hint: Any, depth: int) -> Any:  # noqa: ANN401
        """Return a value for `schema`; `hint` is the fact for it, or None."""
        if depth > MAX_DEPTH:
            raise SchemaError("the schema nests too deeply to be answered.")
        schema = self._flat(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return _choose(schema["enum"], hint)
        branches = self._branches(schema)
        if branches:
            return self.fill(_best_branch(branches, hint), hint, depth + 1)
        return self._fill_type(schema, hint, depth)

    def _flat(self, schema: Schema) -> Schema:
        """Resolve references and merges `allOf`."""
        schema = resolve(self._root, schema)
        merged = dict(schema)
        for part in schema.get("allOf", ()):
            for key, value in self._flat(part).items():
                both_maps = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
                merged[key] = {**merged[key], **value} if both_maps else value
        return merged

    def _branches(self, schema: Schema) -> list[Schema]:
        listed = schema.get("anyOf") or schema.get("oneOf")
        if listed:
            return [self._flat(branch) for branch in listed]
        types = schema.get("type")
        if isinstance(types, list):
            return [{**schema, "type": kind} for kind in types]
        return []

    def _fill_type(self, schema: Schema, hint: Any, depth: int) -> Any:  # noqa: ANN401
        kind = schema.get("type") or ("object" if "properties" in schema else None)
        if kind == "object":
            return self._object(schema, hint, depth)
        if kind == "array":
            return self._array(schema, hint, depth)
        if kind in ("integer", "number"):
            return _number(schema, hint, whole=kind == "integer")
        if kind == "boolean":
            return hint if isinstance(hint, bool) else bool(schema.get("default", False))
        if kind == "null":
            return None
        return _string(schema, hint)

    def _object(self, schema: Schema, hint: Any, depth: int) -> dict[str, Any]:  # noqa: ANN401
        known = hint if isinstance(hint, Mapping) else self._facts
        by_name = {_normal(name): value for name, value in known.items()}
        return {
            name: self.fill(inner, _fact(by_name, name), depth + 1)
            for name, inner in schema.get("properties", {}).items()
        }

    def _array(self, schema: Schema, hint: Any, depth: int) -> list[Any]:  # noqa: ANN401
        hints = list(hint) if isinstance(hint, list | tuple) else ([] if hint is None else [hint])
        fewest = int(schema.get("minItems", 0))
        hints = hints[: int(schema.get("maxItems", len(hints)))]
        hints += [{}] * (fewest - len(hints))
        items = schema.get("items")
        inner = items if isinstance(items, Mapping) else {}
        return [self.fill(inner, item, depth + 1) for item in hints]


def _best_branch(branches: list[Schema], hint: Any) -> Schema:  # noqa: ANN401
    """Take null where there is no fact, else the first branch of the fact's own type."""
    if hint is None:
        nulls = [branch for branch in branches if branch.get("type") == "null"]
        return nulls[0] if nulls else branches[0]
    others = [branch for branch in branches if branch.get("type") != "null"] or branches
    return next((branch for branch in others if _suits(branch, hint)), others[0])


def _normal(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _fact(by_name: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    plain = _normal(name)
    if plain in by_name:
        return by_name[plain]
    return by_name.get(ALIASES.get(plain, ""))


def _suits(schema: Schema, hint: Any) -> bool:  # noqa: ANN401
    if "enum" in schema:
        return hint in schema["enum"]
    kind = schema.get("type") or ("object" if "properties" in schema else "")
    types: dict[str, tuple[type, ...]] = {
        "object": (Mapping,),
        "array": (list, tuple),
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    if isinstance(hint, bool):
        return kind == "boolean"
    return isinstance(hint, types.get(str(kind), ()))


def _choose(choices: Sequence[Any], hint: Any) -> Any:  # noqa: ANN401
    """Return the choice that the fact names, else a neutral one, else the first."""
    if hint in choices:
        return hint
    by_name = {_normal(choice): choice for choice in choices if isinstance(choice, str)}
    if isinstance(hint, str) and _normal(hint) in by_name:
        return by_name[_normal(hint)]
    if None in choices:
        return None
    neutral = next((by_name[name] for name in NEUTRAL_CHOICES if name in by_name), None)
    return choices[0] if neutral is None else neutral


def _string(schema: Schema, hint: Any) -> str:  # noqa: ANN401
    text = _text_of(hint)
    if text is None:
        text = str(schema.get("default") or STRING_FORMATS.get(str(schema.get("format")), ""))
    text = text[: int(schema.get("maxLength", len(text)))]
    return text.ljust(int(schema.get("minLength", 0)), "-")


def _text_of(hint: Any) -> str | None:  # noqa: ANN401
    if isinstance(hint, str):
        return hint
    if isinstance(hint, Mapping):
        return next((str(hint[name]) for name in TEXT_FIELDS if hint.get(name)), None)
    if isinstance(hint, list | tuple):
        return " ".join(filter(None, (_text_of(item) for item in hint))) or None
    if isinstance(hint, int | float) and not isinstance(hint, bool):
        return f"{hint:g}"
    return None


def _number(schema: Schema, hint: Any, *, whole: bool) -> float:  # noqa: ANN401
    value = hint if isinstance(hint, int | float) and not isinstance(hint, bool) else None
    number = float(schema.get("default") or 0) if value is None else value
    step = 1 if whole else 1e-6
    lowest = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + step)
    highest = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - step)
    number = min(max(number, lowest), highest)
    multiple = schema.get("multipleOf")
    if multiple:
        number = math.ceil(number / multiple) * multiple
    return int(number) if whole else number
