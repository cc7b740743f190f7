"""A service that refuses everything, and says everything it was told in its error text."""

from __future__ import annotations

import base64
import json
from typing import Any

from parts.vendors.web import Asked, Imitation, Told, in_json


class Echo(Imitation):
    """Answers in the form of every vendor at once; *knows* are secrets that it has itself, and says too."""

    def __init__(self, code: int, *knows: str, status: int = 200) -> None:
        super().__init__()
        self.code, self.knows, self.status = code, knows, status

    def answer(self, asked: Asked) -> Told:
        """Refuse, with all that could be repeated in front, as reasons are shortened at their end."""
        held = [*self.knows, *asked.query.values(), asked.path.rsplit("/", 1)[-1]]
        held += [asked.headers.get("authorization", "").removeprefix("Bearer ")]
        held += [str(value) for value in _texts(asked.json()) if len(str(value)) < 60]
        said = " ".join(f"{each} {base64.b64encode(b'u:' + each.encode()).decode()}" for each in held if each)
        words = f"echo: {said}"
        if self.status != 200:
            return Told(self.status, json.dumps(words).encode(), {"Location": f"{self.url}{asked.path}?x={held[0]}"})
        told = {"errcode": self.code, "errmsg": words, "code": self.code, "msg": words, "result": words}
        return in_json(told)


def _texts(told: Any) -> list[Any]:
    return list(told.values()) if isinstance(told, dict) else []
