"""As much of JSON Schema as our documents use."""

from __future__ import annotations

import re
from typing import Any


def wrong(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> list[str]:  # noqa: PLR0912 - its words that are used
    """What is wrong with a value; `whole` is the document, whose $defs are meant."""
    found: list[str] = []
    if "$ref" in schema:
        return wrong(value, whole["$defs"][schema["$ref"].rsplit("/", 1)[1]], whole)
    if "anyOf" in schema and all(wrong(value, each, whole) for each in schema["anyOf"]):
        found.append("anyOf")
    for each in schema.get("allOf", []):
        if "if" in each and not wrong(value, each["if"], whole):
            found += wrong(value, each["then"], whole)
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{value} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append("const")
    if "not" in schema and not wrong(value, schema["not"], whole):
        found.append("not")
    kinds = {"object": dict, "array": list, "integer": int, "number": float, "string": str, "boolean": bool}
    kinds["null"] = type(None)
    if schema.get("type") == "number" and type(value) is int:
        value = float(value)
    if "type" in schema and (type(value) is not kinds[schema["type"]]):
        return [*found, f"{value!r} is no {schema['type']}"]
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{value!r} does not match")
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{value} is out of range")
    if isinstance(value, list):
        found += [] if len(value) >= schema.get("minItems", 0) else ["too few"]
        found += [told for item in value for told in wrong(item, schema.get("items", {}), whole)]
    if isinstance(value, dict):
        found += [f"{key} is missing" for key in schema.get("required", []) if key not in value]
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                found += wrong(item, known[key], whole)
            elif schema.get("additionalProperties") is False:
                found.append(f"{key} is not known")
    return found
