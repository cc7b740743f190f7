"""A service that notices when nobody calls it any more (https://healthchecks.io/docs/http_api/)."""

from __future__ import annotations

from parts.vendors.web import Asked, Imitation, Told

PATH = "/ping/5f1c9a0e-22d3-4b71-9c55-000000000000"


class HeartbeatService(Imitation):
    """Knows one address; ``taken`` has what came behind it: nothing, or ``/fail``."""

    def answer(self, asked: Asked) -> Told:
        """Take a call."""
        if asked.path not in (PATH, f"{PATH}/fail"):
            return Told(404, b"not found")
        self.taken.append(asked.path.removeprefix(PATH))
        return Told(200, b"OK")
