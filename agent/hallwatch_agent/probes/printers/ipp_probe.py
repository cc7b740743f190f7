"""What the probes share that speak IPP: options, the conversation, and listening to what the other side reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from hallwatch_agent.probes.probe import Context, Host, Port, SecretName, Wake
from hallwatch_agent.probes.systems.web_probe import WebProbe
from hallwatch_agent.sentences import tell

if TYPE_CHECKING:
    from hallwatch_agent.probes.printers.ipp_link import Link

OWN_TIME_RATIO: Final = 0.9
"""The share of the time limit that is spent waiting, so that the probe's own words say what happened."""


class IppProbe(WebProbe, frozen=True, kw_only=True):
    """Options of every probe that speaks IPP."""

    host: Host
    port: Port = 631
    ipps: bool = False
    """Whether to speak IPP over TLS."""
    verify: bool = False
    """Whether the certificate must be good; printers make their own, which nobody has signed."""
    user: Annotated[str, Meta(min_length=1, max_length=127)] = "hallwatch"
    """The name under which it is asked."""
    password_file: SecretName = ""
    """Holds the password of ``user``, where one is wanted; without ``ipps`` anybody on the way can read it."""
    listen: bool = True
    """Whether to ask in between for events, where they are offered (RFC 3995, RFC 3996), so that they count at once."""

    def __post_init__(self) -> None:
        """Refuse what is of TLS where there is none."""
        if self.ca_file and not self.verify:
            raise ValueError(tell("`ca_file` counts with `verify = true` alone: add that, or leave it out"))
        for option in ("verify", "ca_file"):
            if getattr(self, option) and not self.ipps:
                raise ValueError(
                    tell("`{option}` counts with `ipps = true` alone: add that, or leave it out", option=option)
                )

    @property
    def parts(self) -> frozenset[str] | None:
        """What the device calls its trays and supplies."""
        return None

    @property
    def resource(self) -> str:
        """The path at which it is asked."""
        raise NotImplementedError

    def link(self, context: Context) -> Link:
        """Return a conversation, to be entered with ``async with``; loads the IPP library.

        Raises :class:`hallwatch_agent.probes.probe.CouldNotRead` when the password or ``ca_file`` cannot be read.
        """
        from hallwatch_agent.probes.printers.ipp_link import Link, Place

        return Link(
            Place(self.host, self.port, self.resource, self.tls(context) if self.ipps else None),
            user=self.user,
            password=context.secret(self.password_file),
            timeout_s=self.timeout_s * OWN_TIME_RATIO,
            context=context,
        )

    async def watch(self, context: Context, wake: Wake) -> None:
        """Ask for events as long as they are offered; return when they are not, or the other side is away."""
        if self.listen:
            from hallwatch_agent.probes.printers.ipp_events import follow

            await follow(self.link(context), wake)
