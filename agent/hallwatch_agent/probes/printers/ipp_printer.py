"""A printer over IPP: driverless printers of the last ten years, and what a print server shows as one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_agent.probes.printers.ipp import PRINTER, Attributes, number
from hallwatch_agent.probes.printers.ipp_probe import IppProbe
from hallwatch_agent.probes.printers.ipp_words import PARTS, STATE, accepts_jobs, parse_stock, said_over_ipp, state_text
from hallwatch_agent.probes.printers.printer import Symptom, metrics_of
from hallwatch_agent.probes.printers.printer_verdict import judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Told
from hallwatch_agent.wire import ReadError


class IppPrinterProbe(IppProbe, tag="ipp-printer", frozen=True, kw_only=True):
    """Asks the printer itself."""

    path: Annotated[str, Meta(pattern=r"^/\S*$(?!\n)", description="a path from / on", examples=["/ipp/print"])] = (
        "/ipp/print"
    )
    """Other printers have ``/ipp``, ``/ipp/printer`` or ``/``."""

    @property
    def resource(self) -> str:
        """The path at which it is asked."""
        return self.path

    async def read(self, context: Context) -> Told:
        """Tell conditions, levels, jobs, pages, model and serial; raise :class:`CouldNotRead` when it is silent."""
        from pyipp.enums import IppOperation

        from hallwatch_agent.probes.printers.ipp_events import wanted

        async with self.link(context) as link:
            answer = await link.demand(IppOperation.GET_PRINTER_ATTRIBUTES, [wanted((*STATE, *PARTS))])
        return parse_printer(answer.group(PRINTER))


def parse_printer(printer: Attributes) -> Told:
    """Put a printer's attributes into a reading; raise :class:`CouldNotRead` (``garbage``) when none is of use."""
    if not any(name in printer for name in STATE):
        raise CouldNotRead(ReadError.GARBAGE, "it answers, but with none of a printer's attributes")
    stock = parse_stock(printer)
    said = said_over_ipp(printer, stock)
    conditions = {"reachable": True} | judge(said)
    paused, accepts = said.of_whole(Symptom.PAUSED), accepts_jobs(printer)
    if paused is not None:
        conditions["paused"] = paused
    if accepts is not None:
        conditions["queue-refusing"] = not accepts
    metrics = metrics_of(stock, may_be_worn=said.may_be_worn)
    queued = number(printer, "queued-job-count")
    if queued is not None and queued >= 0:
        metrics["jobs_queued"] = float(queued)
    text = state_text(printer)
    return Told(metrics, conditions, stock.facts | ({"state-text": text} if text else {}))
