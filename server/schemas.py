"""JSON schemas as clients need them: no noise, no unions with null, no unknown arguments."""

from collections.abc import Mapping, Sequence
from typing import cast

from mcp.server.mcpserver.tools import Tool

from ..tools.call import Offered

Schema = dict[str, object]
NOISE = frozenset(("title", "$defs", "default"))


def tool_of(offered: Offered) -> Tool:
    """Return a tool for registration, its schemas made small and strict."""
    tool = Tool.from_function(offered.run, title=offered.title, annotations=offered.annotations)
    tool.parameters = slim(tool.parameters) | {"additionalProperties": False}
    if tool.fn_metadata.output_schema is not None:
        # Which fields an answer always has is for nobody to check; it would be a tenth of the list.
        tool.fn_metadata.output_schema = _optional(slim(tool.fn_metadata.output_schema))
    return tool


def slim(schema: Schema) -> Schema:
    """Return a schema with references put in place and titles dropped; `X or null` becomes an optional X."""
    definitions = cast(Mapping[str, Schema], schema.get("$defs", {}))
    return cast(Schema, _slim(schema, definitions, naming=False))


def _optional(schema: object) -> Schema:
    """Return an object's schema, and those inside it, without what is required."""
    node = cast(Schema, schema)
    return {
        key: {name: _optional(value) for name, value in cast(Schema, value).items()}
        if key == "properties"
        else _optional(value)
        if key == "items"
        else value
        for key, value in node.items()
        if key != "required"
    }


def _slim(node: object, definitions: Mapping[str, Schema], *, naming: bool) -> object:
    """`naming` is true where keys are names of properties, not words of JSON Schema."""
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_slim(item, definitions, naming=False) for item in cast(Sequence[object], node)]
    if not isinstance(node, dict):
        return node
    node = cast(Schema, node)
    if naming:
        return {name: _slim(value, definitions, naming=False) for name, value in node.items()}
    if "$ref" in node:
        return _slim(definitions[str(node["$ref"]).rpartition("/")[2]], definitions, naming=False)
    if "anyOf" in node:
        return _slim(_without_null(node), definitions, naming=False)
    kept = {key: value for key, value in node.items() if not _is_noise(key, node)}
    if "required" in kept:
        kept["required"] = [name for name in cast(list[str], kept["required"]) if not _nullable(node, name)]
    return {key: _slim(value, definitions, naming=key == "properties") for key, value in kept.items()}


def _without_null(node: Schema) -> Schema:
    kinds = [kind for kind in cast(Sequence[Schema], node["anyOf"]) if kind.get("type") != "null"]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**kinds[0], **rest} if len(kinds) == 1 else {**rest, "oneOf": kinds}


def _nullable(node: Schema, name: str) -> bool:
    properties = cast(Mapping[str, Schema], node["properties"])
    return {"type": "null"} in cast(Sequence[Schema], properties[name].get("anyOf", ()))


def _is_noise(key: str, node: Schema) -> bool:
    docstring = key == "description" and "properties" in node
    return key in NOISE or docstring or (key == "additionalProperties" and node[key] is True)
