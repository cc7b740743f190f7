"""A week of alerts as it was counted, for the tests of what shows it."""

from __future__ import annotations

from hallwatch_collector.core.quality.counts import PersonCount, RuleCount, Told
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.core.quality.suggestions import Suggestion
from parts.hall_views import NOW

BETTER = Suggestion(
    area="330106", hall="xihu", kind="printer", fault="jam", fault_name="卡纸", fault_name_en="paper jam",
    setting="hold_s", was=10, value=60, false=12, fewer=9, real=3, median_later_s=50, worst_later_s=50,
    toml='[[faults]]\nfault = "jam"\nhold_s = 60', file="halls/xihu.toml",
)  # fmt: skip
WEIGHED = Quality(
    week="", start=NOW - 604_800, end=NOW,
    told=Told(incidents=20, acted_on=6, unacknowledged=11, repeated=4, false=12, said_false=2),
    people=(
        PersonCount(
            person="张伟", new=17, follow_ups=30, reminders=5, digests=2, at_night=7, incidents=19, acted_on=4,
            unacknowledged=11, acknowledged=3, median_to_acknowledge_s=95,
        ),
    ),
    rules=(
        RuleCount(
            kind="printer", fault="jam", fault_name="卡纸", fault_name_en="paper jam",
            told=Told(incidents=20, acted_on=6, unacknowledged=11, repeated=4, false=12, said_false=2),
        ),
    ),
    suggestions=(BETTER,),
)  # fmt: skip
