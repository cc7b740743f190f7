"""What people do with maintenance, rounds, the store and spares."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from hallwatch_agent.wire import Id
from hallwatch_collector.core.commands.command import PLAIN, WORDED, Command, Words
from hallwatch_collector.core.commands.incidents import Minutes
from hallwatch_collector.core.values import DayAndTime

Devices = Annotated[
    list[Id],
    Meta(min_length=1, max_length=200, description="Devices of the hall file, by their ids.", examples=[["prn-3"]]),
]
Device = Annotated[str, Meta(description="A device of the hall file that has a spare.", examples=["prn-3"])]
Spare = Annotated[str, Meta(description="A spare that is lent.", examples=["prn-9"])]
MaintenanceId = Annotated[str, Meta(description="Of planned maintenance, as the page shows it.", examples=["mnt-4"])]
RoundId = Annotated[str, Meta(description="Of a round, as the page shows it.", examples=["round-20260310-0815"])]
SupplyId = Annotated[str, Meta(description="Of a supply in the hall file.", examples=["paper"])]
Item = Annotated[str, Meta(description="Of an item of the round, as the plan has it.", examples=["network"])]
Amount = Annotated[float, Meta(ge=0, le=1e9, description="How many, in the supply's unit.", examples=[5])]
Note = Annotated[
    str, Meta(max_length=400, pattern=PLAIN, description="What else there is to say.", examples=["已报修"])
]  # fmt: skip
Before = Annotated[
    float, Meta(ge=0, le=31_536_000, description="How many seconds before to announce it, at most a year.")
]  # fmt: skip
What = Annotated[
    str, Meta(min_length=1, max_length=80, pattern=WORDED, description="What is done.", examples=["更换定影器"])
]  # fmt: skip


class PlanMaintenance(Command, tag="plan-maintenance", frozen=True, kw_only=True):
    """Plan work on some devices, by the hall's clocks (S9, R8)."""

    devices: Devices
    text: What
    from_: Annotated[DayAndTime, Meta(examples=["2036-03-14 18:00"])] = field(name="from")
    to: Annotated[DayAndTime, Meta(examples=["2036-03-14 22:00"])]
    announce_before_s: Before = 86_400.0


class StartMaintenance(Command, tag="start-maintenance", frozen=True, kw_only=True):
    """Begin work on some devices now, for so long; without ``minutes`` nobody knows yet when it ends."""

    devices: Devices
    text: What
    minutes: Minutes | None = None


class ExtendMaintenance(Command, tag="extend-maintenance", frozen=True, kw_only=True):
    """Say in how many minutes from now it will end."""

    maintenance: MaintenanceId
    minutes: Minutes


class EndMaintenance(Command, tag="end-maintenance", frozen=True, kw_only=True):
    """Say that it is over; a device that is not well has a fault like any other from then on."""

    maintenance: MaintenanceId


class CancelMaintenance(Command, tag="cancel-maintenance", frozen=True, kw_only=True):
    """Say that it will not take place."""

    maintenance: MaintenanceId
    reason: Words


class LookAt(Command, tag="look-at", frozen=True, kw_only=True):
    """Complete one item of a round (A4)."""

    round: RoundId
    item: Item
    result: Annotated[Literal["ok", "not-ok"], Meta(description="Whether it is as it should be.")]
    note: Note = ""


class FinishRound(Command, tag="finish-round", frozen=True, kw_only=True):
    """Say that a round is done, all of its items."""

    round: RoundId


class CountStock(Command, tag="count-stock", frozen=True, kw_only=True):
    """Say how much of a supply is there, counted by hand (B1)."""

    supply: SupplyId
    count: Amount


class TakeStock(Command, tag="take-stock", frozen=True, kw_only=True):
    """Take some of a supply out of the store."""

    supply: SupplyId
    amount: Amount
    note: Note = ""


class AddStock(Command, tag="add-stock", frozen=True, kw_only=True):
    """Put some of a supply into the store."""

    supply: SupplyId
    amount: Amount
    note: Note = ""


class LendSpare(Command, tag="lend-spare", frozen=True, kw_only=True):
    """Let the spare of a device stand in for it (H1)."""

    device: Device


class ReturnSpare(Command, tag="return-spare", frozen=True, kw_only=True):
    """Say that a spare is back in the store."""

    spare: Spare


ReadinessCommand = (
    PlanMaintenance
    | StartMaintenance
    | ExtendMaintenance
    | EndMaintenance
    | CancelMaintenance
    | LookAt
    | FinishRound
    | CountStock
    | TakeStock
    | AddStock
    | LendSpare
    | ReturnSpare
)
