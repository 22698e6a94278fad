"""Overrides: some fields of a Struct given as plain data, each by its name and of its type, or refused by name.

Pure.  A misspelt name or value is never ignored: it would be another policy than the one that was meant.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

S = TypeVar("S", bound=Struct)


class OverrideError(ValueError):
    """An override names no field, or gives it what it cannot be."""


def overridden(default: S, overrides: Mapping[str, Any]) -> S:
    """`default` with the fields that `overrides` names.  Raises `OverrideError`."""
    types = {field.name: field.type for field in msgspec.structs.fields(default)}
    changed: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in types:
            known = ", ".join(sorted(types))
            raise OverrideError(f"{type(default).__name__} has no {name!r}; it has {known}")
        try:
            changed[name] = msgspec.convert(value, types[name])
        except msgspec.ValidationError as error:
            raise OverrideError(f"{name}: {error}") from None
    return msgspec.structs.replace(default, **changed)
