"""Station 7, third step: the measures that the plan asks for now, each with its clause.

The list is found anew at every change from the incidents and windows as they are, and compared with the measures in
force: what is newly owed is raised, what is owed no longer is undone. So a measure cannot outlive its cause, and a
restart raises nothing twice.
"""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.arrangement import Move
from hallwatch_collector.core.carrying import reopen_ready, return_ready, still_stands
from hallwatch_collector.core.closures import close_window
from hallwatch_collector.core.events import MeasureDecided, MeasureRaised, MeasureUndone
from hallwatch_collector.core.filing import CLAUSE_OF, propose_for
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.occasions.registers import OF_REGISTERS, TO_ENTER
from hallwatch_collector.core.occasions.windows import AFTER_LOSS, ON_LOSS
from hallwatch_collector.core.owed import Owed, count_on, find_owed
from hallwatch_collector.core.plan import FAULT_ROLE, Template
from hallwatch_collector.core.registers import open_entries
from hallwatch_collector.core.repairs import lasts_s
from hallwatch_collector.core.state import Incident, Measure, Mode, UndoneBecause
from hallwatch_collector.core.things import HALL, REGISTER
from hallwatch_collector.core.values import AUTOMATIC
from hallwatch_collector.core.wording import About, fill_in, word_measure, worst_first

REMEMBERED_S = 86_400.0
"""So long is remembered what the hall owed of no incident."""
REWORDED_EVERY_S = 600.0
"""How often systems fail is said anew at most so often: something that flaps must not fill the record."""
SHORTEST_PAUSE_S = 600.0
"""What the end of an incident, or of a window's closure, hangs on is asked again so long after it was declined, at the
earliest."""


def keep_measures(turn: Turn) -> None:
    """Make the measures in force equal to what the plan asks for, then the windows to what follows from them."""
    model = turn.model
    with model.still():
        _compare(turn)
    _forget_old(turn)
    _close_by_itself(turn)
    reopen_ready(turn)
    return_ready(turn)


def _compare(turn: Turn) -> None:
    """Raise what is newly owed, undo what is owed no longer, and say anew what changed."""
    model = turn.model
    wanted, settled = find_owed(turn)
    back: list[tuple[Measure, Owed]] = []
    for measure in model.measures.values():
        if measure.incident in settled:
            continue
        owed = wanted.pop((measure.incident, measure.template, measure.subject), None)
        if owed is not None and measure.status in ("over", "undone"):
            back.append((measure, owed))  # not before what it takes the place of has gone
        elif owed is not None:
            _bring_up_to_date(turn, measure, owed)
        elif measure.status == "open":
            _end(turn, measure)
        elif measure.status != "undone" and not still_stands(model, measure):
            measure.status = "over"
    for measure, owed in back:
        _bring_up_to_date(turn, measure, owed)
    for owed in wanted.values():
        _raise(turn, owed)


def _forget_old(turn: Turn) -> None:
    """Drop what the hall owed of no incident and is done with, a day after it was asked: rounds come every day."""
    model = turn.model
    in_use = {release.measure for release in model.releases.values()}
    for measure in list(model.measures.values()):
        is_past = measure.status in ("over", "undone") and measure.raised_at < turn.at - REMEMBERED_S
        if is_past and not measure.incident and measure.id not in in_use:
            del model.measures[measure.id]


def _raise(turn: Turn, owed: Owed) -> None:
    model, template = turn.model, owed.template
    measure = Measure(
        id=f"m-{model.next_number()}", template=template.id, incident=owed.incident.id if owed.incident else "",
        clause=template.clause, mode=_mode(model, template, owed.case.subject), subject=owed.case.subject,
        owner=_owner(model, owed), group=template.group or "", edition=owed.case.edition,
    )  # fmt: skip
    model.measures[measure.id] = measure
    _open(turn, measure, owed)


def _open(turn: Turn, measure: Measure, owed: Owed) -> None:
    """Bring a measure into force, for the first time or again."""
    at, template = turn.at, owed.template
    measure.status, measure.undone_because, measure.edition = "open", "", owed.case.edition
    measure.raised_at, measure.again_at, measure.mode = at, None, _mode(turn.model, template, measure.subject)
    measure.times += bool(measure.text)
    measure.said_at = at
    measure.due_at = None if template.due_s is None else count_on(turn.model, template, at, template.due_s)
    _word(turn, measure, owed)
    turn.events.append(_raised(measure, at))


def _bring_up_to_date(turn: Turn, measure: Measure, owed: Owed) -> None:
    """Say a text that changed again; bring into force again what was undone, or was decided about something else."""
    if measure.status == "open" and measure.edition != owed.case.edition and _says_the_same(turn, measure, owed):
        measure.edition = owed.case.edition  # nobody has answered it
    if measure.status in ("over", "undone") or measure.edition != owed.case.edition or _asks_again(turn, measure, owed):
        measure.owner = _owner(turn.model, owed) or measure.owner
        _open(turn, measure, owed)
    elif measure.status == "open":
        _reword(turn, measure, owed)
    elif measure.status == "confirmed":
        _draft(turn, measure, owed)


def _reword(turn: Turn, measure: Measure, owed: Owed) -> None:
    """Say what changed in a text; how often systems fail (A1), which changes with each failure, only so often."""
    text, text_en, owner = measure.text, measure.text_en, measure.owner
    _word(turn, measure, owed)
    measure.owner = _owner(turn.model, owed) or measure.owner
    if (measure.text, measure.owner) == (text, owner):
        return
    counts = owed.template.on == "warned" and measure.subject == HALL and measure.owner == owner
    if counts and 0 <= turn.at - measure.said_at < REWORDED_EVERY_S:
        measure.text, measure.text_en = text, text_en
        turn.model.set_step(measure.said_at + REWORDED_EVERY_S)
        return
    measure.said_at = turn.at
    turn.events.append(_raised(measure, turn.at, updated=True))


def _asks_again(turn: Turn, measure: Measure, owed: Owed) -> bool:
    """Tell whether a declined proposal, on which the end of its incident hangs, is to be asked again."""
    if measure.status != "declined" or not (owed.template.holds_close or owed.template.on == "window-ready"):
        return False
    if measure.again_at is None:
        measure.again_at = turn.at + max(owed.template.after_s, SHORTEST_PAUSE_S)
    turn.model.set_step(measure.again_at)
    return turn.at >= measure.again_at


def _owner(model: Model, owed: Owed) -> str:
    """Return the role that owes a measure; empty while no fault says which."""
    if owed.template.owner != FAULT_ROLE:
        return owed.template.owner
    for watch in model.watches(owed.incident) if owed.incident else ():
        if worst := worst_first(watch):
            return worst[0].role
    return "technician"


def _mode(model: Model, template: Template, subject: str) -> Mode:
    """Return how a measure is carried out; what a person opened by hand does not close by itself."""
    closes = template.on_confirm == "close-window" and template.on == "window-useless"
    by_itself = closes and model.hall.closure == "auto" and subject not in model.hand_moves
    return "auto" if by_itself else template.mode


def _about(turn: Turn, measure: Measure, owed: Owed) -> About:
    return About(turn.model, owed.incident, measure.subject, owed.losses, turn.at, owed.case, owed.template)


def _says_the_same(turn: Turn, measure: Measure, owed: Owed) -> bool:
    return word_measure(_about(turn, measure, owed), owed.template)[0] == measure.text


def _word(turn: Turn, measure: Measure, owed: Owed) -> None:
    measure.text, measure.text_en = word_measure(_about(turn, measure, owed), owed.template)
    measure.moves = [Move(move.do, move.window, move.business) for move in owed.case.moves]
    _draft(turn, measure, owed)


def _draft(turn: Turn, measure: Measure, owed: Owed) -> None:
    """Word the public text that confirming the measure lets go out (R6)."""
    model, template = turn.model, owed.template
    if template.notice is not None:
        notice = model.notices[template.notice]
        about = _about(turn, measure, owed)
        measure.draft, measure.draft_en = fill_in(notice.text, notice.text_en, about)
        measure.basis, _ = fill_in(notice.text, "", about, lasting=True)
    elif template.on == "notice-outdated":
        proposal = model.measures[model.releases[measure.subject].measure]
        measure.draft, measure.draft_en = proposal.draft, proposal.draft_en


def _raised(measure: Measure, at: float, *, updated: bool = False) -> MeasureRaised:
    return MeasureRaised(
        at=at, measure=measure.id, incident=measure.incident, template=measure.template, clause=measure.clause,
        mode=measure.mode, subject=measure.subject, owner=measure.owner, group=measure.group, text=measure.text,
        text_en=measure.text_en, due_at=measure.due_at, updated=updated,
    )  # fmt: skip


def _end(turn: Turn, measure: Measure) -> None:
    """Let go of a measure that is owed no longer: a register that is done with is done, all else is undone."""
    if _is_done_with(turn.model, measure):
        decide_measure(turn, measure, "done", AUTOMATIC)
    else:
        undo_measure(turn, measure, why_undone(turn, measure))


def _is_done_with(model: Model, measure: Measure) -> bool:
    """Tell whether a measure was about a register of its incident with which nothing is left to do."""
    incident, register = model.incidents.get(measure.incident), measure.subject.removeprefix(REGISTER)
    if model.templates[measure.template].on not in OF_REGISTERS:
        return measure.mode == "register"
    return incident is not None and register in incident.registers and not open_entries(incident, register)


def _close_by_itself(turn: Turn) -> None:
    """Close the windows that may close by themselves (W2)."""
    model = turn.model
    for measure in model.measures.values():
        template = model.templates[measure.template]
        if measure.status == "open" and measure.mode == "auto" and template.on_confirm == "close-window":
            decide_measure(turn, measure, "confirmed", AUTOMATIC)
            close_window(turn, measure.subject, measure.incident, AUTOMATIC)


def undo_measure(turn: Turn, measure: Measure, because: UndoneBecause) -> None:
    """Take back a measure that nobody has decided yet."""
    measure.status, measure.undone_because = "undone", because
    undone = MeasureUndone(
        at=turn.at, measure=measure.id, incident=measure.incident, clause=measure.clause, subject=measure.subject,
        text=measure.text, because=because,
    )  # fmt: skip
    turn.events.append(undone)


def why_undone(turn: Turn, measure: Measure) -> UndoneBecause:
    """Tell why a measure is asked for no longer."""
    model, template = turn.model, turn.model.templates[measure.template]
    incident = model.incidents.get(measure.incident)
    if incident is None:
        return "replaced" if template.sign and _has_sign_like(model, measure) else "cause-gone"
    if template.on in AFTER_LOSS or template.on == TO_ENTER:
        return "fault-back"
    if template.levels and all(model.plan.is_higher(level, incident.level) for level in template.levels):
        return "level-lowered"
    if not incident.stands:  # one that closes without having recovered turned out to follow another
        return "cause-gone" if incident.recovered_at is not None else "replaced"
    return _why_of_length(template, lasts_s(incident, turn.at)) or (
        "replaced" if _has_successor(model, template, measure.subject, incident, turn.at) else "cause-gone"
    )


def _why_of_length(template: Template, lasts: float) -> UndoneBecause | None:
    """Tell whether a measure goes because the repair takes longer, or less long, than it is for."""
    if template.repair_up_to_s is not None and lasts >= template.repair_up_to_s:
        return "time-over"
    if template.repair_longer_than_s is not None and lasts < template.repair_longer_than_s:
        return "soon-back"
    return None


def _has_sign_like(model: Model, measure: Measure) -> bool:
    """Tell whether another measure shows the same sign at the same place: of a fault that outlasts planned work."""
    sign = model.templates[measure.template].sign
    others = [each for each in model.measures.values() if each is not measure and each.status == "open"]
    return any(each.subject == measure.subject and model.templates[each.template].sign == sign for each in others)


def _has_successor(model: Model, template: Template, subject: str, incident: Incident, now: float) -> bool:
    """Tell whether what a measure was about still stands, though in another way or under another incident."""
    if template.on in ON_LOSS:
        return subject in model.lost or (subject == incident.device and bool(model.losses(incident)))
    if template.on in CLAUSE_OF:
        return any(propose_for(model, incident, clause, now) for clause in CLAUSE_OF.values())
    if template.levels and incident.level not in template.levels:
        return True
    effects = {fault.effect for watch in model.watches(incident) for _, fault in watch.raised()}
    return template.on == "device-unusable" and "hazard" in effects


def decide_measure(
    turn: Turn, measure: Measure, decision: Literal["confirmed", "declined", "done"], by: str, reason: str = ""
) -> None:
    """Note who decided a measure, and how."""
    measure.status, measure.decided_by, measure.decided_at, measure.reason = decision, by, turn.now, reason
    turn.events.append(MeasureDecided(at=turn.at, measure=measure.id, by=by, decision=decision, reason=reason))
