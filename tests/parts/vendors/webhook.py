"""A program that takes signed webhooks as the Standard Webhooks specification says, each id once."""

from __future__ import annotations

import base64
import hashlib
import hmac

from parts.vendors.web import Asked, Imitation, Told

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOLERANCE_S = 300


class Receiver(Imitation):
    """Checks id, time and signature."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.gone = False
        self.seen: set[str] = set()

    def answer(self, asked: Asked) -> Told:
        """Take a message once; answer 2xx to what was taken before."""
        if self.gone:
            return Told(410)
        name, moment = asked.headers.get("webhook-id", ""), asked.headers.get("webhook-timestamp", "")
        if not name or not moment.isdigit() or abs(int(moment) - self.now()) > TOLERANCE_S:
            return Told(400, b"message timestamp too old, or missing headers")
        seal = hmac.new(self.key, f"{name}.{moment}.".encode() + asked.body, hashlib.sha256).digest()
        offered = [each.partition(",") for each in asked.headers.get("webhook-signature", "").split(" ")]
        wanted = base64.b64encode(seal).decode()
        if not any(version == "v1" and hmac.compare_digest(given, wanted) for version, _, given in offered):
            return Told(401, b"no matching signature found")
        if name not in self.seen:
            self.seen.add(name)
            self.taken.append(asked.json())
        return Told(204)
