"""What a printer's half-truths amount to: troubles, states and levels put together, whatever the protocol. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hallwatch_agent.probes.printers.printer import (
    DRUM,
    MARKING,
    TONER,
    WASTE,
    Stock,
    Supply,
    Symptom,
    Trouble,
    holds,
    is_doubtful,
    key_of,
    ran_out,
)

OF_THE_PRINTER: Final = (
    Symptom.JAM, Symptom.COVER_OPEN, Symptom.OUTPUT_FULL, Symptom.OFFLINE, Symptom.SERVICE_NEEDED,
    Symptom.MARKER_MISSING,
)  # fmt: skip
OF_SUPPLIES: Final = (Symptom.SUPPLY_LOW, Symptom.SUPPLY_EMPTY)
NEAR_THE_END: Final = 0.1
"""Up to this ratio it proves nothing that a printer does not call a supply low: many never do."""
OF_WORN_PARTS: Final = frozenset({Symptom.SERVICE_NEEDED, Symptom.DRUM_LOW, Symptom.WASTE_FULL, Symptom.WASTE_LOW_ROOM})


class Said(Struct, frozen=True):
    """Everything that a printer said, in no protocol's words."""

    troubles: frozenset[Trouble]
    stock: Stock
    stopped: bool | None
    """Whether it calls itself stopped; None when it does not tell."""
    tells: frozenset[Symptom]
    """What it would tell if it were so: of these, silence means no. Of any other symptom it means nothing."""
    complains: bool
    """Whether it tells of any trouble at all."""

    @property
    def may_be_worn(self) -> bool:
        """Whether it complains of a worn part or a full waste box, or of nothing that it names.

        Levels of 0 are believed of such parts only then: some that are not measured stand at 0 for ever, and of a waste
        box some makers tell what is in it.
        """
        return self.complains and all(told.symptom in OF_WORN_PARTS for told in self.troubles)

    def of_whole(self, symptom: Symptom, kind: str = "") -> bool | None:
        """Judge a symptom of the printer as a whole; None when it is not known."""
        if Trouble(symptom, "", kind) in self.troubles:
            return True
        return False if symptom in self.tells else None

    def parts(self, symptom: Symptom, kind: str = "") -> set[str]:
        """Return the parts of which a symptom is told."""
        return {told.part for told in self.troubles if told.symptom == symptom and told.kind == kind and told.part}


def judge(said: Said) -> dict[str, bool]:
    """Return the conditions that are known."""
    said = _with_kinds(said)
    known: dict[str, bool | None] = {str(symptom): said.of_whole(symptom) for symptom in OF_THE_PRINTER}
    known["stopped"] = True if said.of_whole(Symptom.STOPPED) else said.stopped
    known |= _paper(said) | _waste(said) | _drums(said)
    for kind in _kinds(said):
        known |= _supplies(said, kind)
    return {key: value for key, value in known.items() if value is not None}


def _kinds(said: Said) -> list[str]:
    told = {trouble.kind for trouble in said.troubles if trouble.symptom in OF_SUPPLIES}
    return [kind for kind in MARKING if kind in told or kind in said.stock.kinds] or [TONER]


def _with_kinds(said: Said) -> Said:
    """Return *said* with the kind of supply put to each trouble that lacks it or has the wrong one.

    An error bit knows toner only, and printers alert by the wrong code; what the supplies themselves say is right.
    """
    kinds = said.stock.kinds
    usual = kinds[0] if kinds else TONER

    def kind_of(trouble: Trouble) -> str:
        return trouble.kind if trouble.kind in kinds or (trouble.kind and len(kinds) != 1) else usual

    troubles = frozenset(
        trouble._replace(kind=kind_of(trouble)) if trouble.symptom in OF_SUPPLIES else trouble
        for trouble in said.troubles
    )
    return replace(said, troubles=troubles)


def _paper(said: Said) -> dict[str, bool | None]:
    """Judge the paper. ``input-empty`` means that the printer has none to print on, and of a tray that it is why.

    An empty tray beside others that hold paper is ``input-low``: the printer prints on, but should be refilled.
    """
    trays = said.stock.fed_trays
    out = ran_out(trays, said.parts(Symptom.INPUT_EMPTY))
    some_left = any(holds(tray) and tray.part not in out for tray in trays)
    one_empty = bool(said.of_whole(Symptom.TRAY_EMPTY))
    empty = said.of_whole(Symptom.INPUT_EMPTY)
    if (trays and len(out) == len(trays)) or (one_empty and not some_left):
        empty = True
    elif empty is None and some_left:
        empty = False
    known = {str(symptom): said.of_whole(symptom) for symptom in (Symptom.INPUT_LOW, Symptom.INPUT_MISSING)}
    known["input-empty"] = empty
    if one_empty:
        known["input-low"] = True
    for tray in trays:
        known[key_of("input-missing", tray.part)] = _of_part(said, Symptom.INPUT_MISSING, tray.part)
        is_out = tray.part in out
        low = _of_part(said, Symptom.INPUT_LOW, tray.part)
        known[key_of("input-low", tray.part)] = True if is_out and not empty else low
        if is_out or not (empty or is_doubtful(tray)):
            known[key_of("input-empty", tray.part)] = empty
        elif holds(tray):
            known[key_of("input-empty", tray.part)] = False
    return known


def _of_part(said: Said, symptom: Symptom, part: str, kind: str = "") -> bool | None:
    """Judge a symptom of a part; not known while the printer tells it without saying of which part."""
    if part in said.parts(symptom, kind):
        return True
    return False if said.of_whole(symptom, kind) is False else None


def _supplies(said: Said, kind: str) -> dict[str, bool | None]:
    """Judge toner, ink or ribbon: by part wherever it is told, of the printer as a whole only where it is not."""
    supplies = said.stock.of_kind(kind)
    ends = {
        Symptom.SUPPLY_LOW: {supply.part for supply in supplies if supply.low},
        Symptom.SUPPLY_EMPTY: {supply.part for supply in supplies if supply.ratio == 0},
    }
    known: dict[str, bool | None] = {}
    for symptom, at_end in ends.items():
        whole = said.of_whole(symptom, kind)
        named = said.parts(symptom, kind) | at_end
        name = f"{kind}-{symptom}"
        if whole is False and not all(_silence_counts(symptom, supply) for supply in supplies):
            known[name] = None
        else:
            known[name] = False if whole and named else whole
        for supply in supplies:
            known[key_of(name, supply.part)] = _of_supply(symptom, supply, named, whole)
    return known


def _of_supply(symptom: Symptom, supply: Supply, named: set[str], whole: bool | None) -> bool | None:
    if supply.part in named or (whole and not supply.part):
        return True
    if whole is None:
        return False if (symptom is Symptom.SUPPLY_EMPTY and holds(supply)) or supply.low is False else None
    return None if (whole and not named) or not _silence_counts(symptom, supply) else False


def _silence_counts(symptom: Symptom, supply: Supply) -> bool:
    """Tell whether a printer is believed that does not call a supply low, or empty, in view of its level."""
    if symptom is Symptom.SUPPLY_EMPTY or is_doubtful(supply):
        return not is_doubtful(supply)
    return supply.low is False or supply.ratio is None or supply.ratio > NEAR_THE_END


def _waste(said: Said) -> dict[str, bool | None]:
    full = said.of_whole(Symptom.WASTE_FULL)
    if not full and any(waste.ratio == 0 for waste in said.stock.of_kind(WASTE)):
        full = True if said.may_be_worn else None
    return {"waste-full": full, "waste-low-room": said.of_whole(Symptom.WASTE_LOW_ROOM)}


def _drums(said: Said) -> dict[str, bool | None]:
    known = {
        key_of("drum-low", drum.part): _of_part(said, Symptom.DRUM_LOW, drum.part) for drum in said.stock.of_kind(DRUM)
    }
    return known | {"drum-low": said.of_whole(Symptom.DRUM_LOW)} if said.of_whole(Symptom.DRUM_LOW) or known else {}
