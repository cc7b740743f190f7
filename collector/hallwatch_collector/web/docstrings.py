"""What the sources say of the fields of a struct, for the API's description: Python keeps no docstrings of fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

import msgspec


@cache
def field_docstrings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return what stands under each field of a struct, and of those that it is made from; none without its source."""
    told: dict[str, str] = {}
    for kind in reversed(struct.__mro__):
        if kind is not msgspec.Struct and issubclass(kind, msgspec.Struct):
            told |= _own(kind)
    return told


def _own(struct: type[msgspec.Struct]) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(struct))
    except OSError:
        return {}
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    pairs = ((field, text) for field, text in pairwise(body) if isinstance(field, ast.AnnAssign))
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairs
        if isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
