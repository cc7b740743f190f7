"""Windows: none closed with nothing wrong, none open or lent for nothing, no class counted as served that is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import BY_HAND
from parts.upright.asking import is_answered, is_pending

NOT_WORKING: Final = ("unusable", "hazard")


def broken_needs(model: Model, window: str, needs: list[str]) -> list[str]:
    """Return what a window needs and nobody gives it now: it has givers, and a fault takes it from each of them."""
    hall = model.hall
    spares = {device.spare for device in hall.devices}
    places = {each.id for each in hall.windows}

    def gives_to(watch_id: str) -> bool:
        device = model.devices[watch_id].device
        loan = model.readiness.loans.get(watch_id)
        if loan is not None and gives_to(loan.device):
            return True
        if device.serves is not None:
            return window in device.serves
        if device.place in places:
            return device.place == window
        return not device.place and device.id not in spares

    broken = []
    for need in needs:
        givers = [name for name, watch in model.devices.items() if need in watch.device.gives and gives_to(name)]
        if givers and all(_takes(model, giver, need) for giver in givers):
            broken.append(need)
    return broken


def _takes(model: Model, device: str, need: str) -> bool:
    watch = model.devices[device]
    return any(need in fault.taken(watch.device.gives) for _, fault in watch.raised())


def takes_now(model: Model, *, without: str = "") -> dict[str, set[str]]:
    """Return the classes that each window takes, or would if one were in reserve again."""
    able: dict[str, set[str]] = {}
    for window in model.hall.windows:
        out = {
            fault.effect
            for thing in (f"window:{window.id}", "hall:")
            for _, fault in model.devices[thing].raised()
            if fault.effect in NOT_WORKING
        }
        rests = window.reserve and (window.id not in model.opened or window.id == without)
        is_shut = rests or window.id in model.closed_windows or bool(out)
        lent = [name for name in model.lent.get(window.id, ()) if name in window.may]
        names = [] if is_shut else [*window.classes, *lent]
        able[window.id] = {
            name for name in names if not broken_needs(model, window.id, model.impact.classes[name].needs)
        }
    return able


def _windows(model: Model, _: float) -> Iterator[str]:
    """A window is closed for an incident that is not over; with nothing wrong, something is asked before it reopens."""
    for window, name in model.closed_windows.items():
        incident = model.incidents.get(name)
        if name == BY_HAND:
            continue
        if incident is None or incident.status == "closed":
            yield f"{window} is closed for {name}, which is over"
        elif _could_take(model, window) and not _is_asked_about(model, window):
            yield f"{window} is closed, could take {_could_take(model, window)}, and nobody is asked anything"


def _could_take(model: Model, window: str) -> list[str]:
    return [name for name in model.impact.windows[window].classes if name not in model.lost.get(window, ())]


def _is_asked_about(model: Model, window: str) -> bool:
    return any(is_pending(model, occasion, window) for occasion in ("window-recovered", "window-ready"))


def _classes(model: Model, _: float) -> Iterator[str]:
    """A class counts as served exactly while an open window takes it."""
    able = takes_now(model)
    served = set().union(*able.values()) if able else set()
    for window, names in able.items():
        if model.able(window) != names:
            yield f"{window} counts as taking {sorted(model.able(window))}, and takes {sorted(names)}"
    for name in {name for window in model.hall.windows if not window.reserve for name in window.classes}:
        watch = model.devices[f"class:{name}"]
        alarms = [alarm for alarm, _ in watch.raised() if alarm.fault == "class-unserved"]
        if bool(alarms) is (name in served):
            yield f"class {name} counts as {'unserved' if alarms else 'served'}, and is not"
        settling = any(alarm.cause and model.live_incident(alarm.cause) is None for alarm in alarms)
        planned = any(alarm.planned for alarm in alarms)
        if alarms and not settling and not planned and not is_answered(model, "class-unserved", watch.id):
            yield f"nobody is told that no window takes {name}"


def _arrangement(model: Model, _: float) -> Iterator[str]:
    """What was opened and lent was so for an incident that is not closed, or by hand, as the hall file allows it."""
    windows = {window.id: window for window in model.hall.windows}
    owners = {f"{window} is open": owner for window, owner in model.opened.items()}
    for window, lent in model.lent.items():
        owners |= {f"{window} has {name}": owner for name, owner in lent.items()}
        yield from (f"{window} may not have {name}" for name in lent if name not in windows[window].may)
    for what, owner in owners.items():
        incident = model.incidents.get(owner)
        if owner != BY_HAND and (incident is None or incident.status == "closed"):
            yield f"{what} for {owner}, which is over"
    yield from (f"{window} is no reserve" for window in model.opened if not windows[window].reserve)
    by_hand = {window for owned in (model.opened, model.closed_windows) for window in owned if owned[window] == BY_HAND}
    by_hand |= {f"{window}/{name}" for window, lent in model.lent.items() for name in lent if lent[name] == BY_HAND}
    overruled = {name for name in model.hand_moves if name in model.lost and name not in model.closed_windows}
    if by_hand | overruled != model.hand_moves.keys():
        yield f"moved by hand are {sorted(by_hand)}, noted {sorted(model.hand_moves)}"


def _given_back(model: Model, _: float) -> Iterator[str]:
    """A reserve window that an incident opened rests again once that is over, nobody needs it and nobody waits."""
    crowded = any(
        watch.rules.faults[alarm.fault].nature == "crowding" and watch.rules.faults[alarm.fault].severity == "fault"
        for watch in model.devices.values()
        for alarm, _ in watch.raised()
    )
    for window, owner in model.opened.items():
        incident = model.incidents.get(owner)
        if crowded or incident is None or incident.stands:
            continue
        served, left = (set().union(*takes_now(model, without=each).values()) for each in ("", window))
        needed = (served - left) & {name for each in model.hall.windows if not each.reserve for name in each.classes}
        asked = is_pending(model, "windows-returnable", incident.device)
        if not needed and not asked and window not in model.closed_windows:
            yield f"{window} is open for {owner}, which is over; nobody needs it, and nobody is asked"


def _moves(model: Model, _: float) -> Iterator[str]:
    """What is proposed can be done."""
    for measure in model.measures.values():
        for move in measure.moves if measure.status == "open" else ():
            window = model.impact.windows[move.window]
            lent = model.lent.get(move.window, {})
            fits = {
                "open": (window.reserve and move.window not in model.opened)
                or model.closed_windows.get(move.window) == BY_HAND,
                "close": move.window in model.opened,
                "lend": move.business in window.may and move.business not in lent,
                "return": move.business in lent,
            }
            if not fits[move.do]:
                yield f"{measure.id} proposes to {move.do} {move.window} {move.business}, which cannot be"


CHECKS: Final = (_windows, _classes, _arrangement, _given_back, _moves)
