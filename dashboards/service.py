"""Service levels: availability in business hours, how fast incidents go through the plan's stages, alert quality."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import HALLS, annotate_incidents, area_variable, frame, hall_variable
from dashboards.panels import BAD, FAIR, GOOD, POOR, Column, Query, bars, chart, figure, listing, row
from dashboards.words import AVAILABILITY, SERIES_PAGE, TO_HALL, named_hall, ratio

WINDOW_S = "hallwatch_window_business_seconds_total"
SYSTEM_S = "hallwatch_system_business_seconds_total"
SERVED = 'service=~"full|part"'
JUDGED = 'service=~"full|part|none"'
STAGE = "hallwatch_incident_stage_seconds"
STAGES = {
    "known": "发现",
    "told": "通知送达",
    "acknowledged": "接手",
    "repairing": "开始检修",
    "recovered": "恢复",
    "closed": "结束",
}
DAY_S = 86_400.0


def build(address: str) -> Dashboard:
    """Return the dashboard of service levels."""
    about = "营业时间内窗口与业务系统的可用率,事件各阶段用时,通知质量。Availability, MTTD, MTTA, MTTR, alert quality."
    made = frame("服务水平", "service", about, address, [area_variable(), hall_variable()])
    made.time("now-30d", "now")
    annotate_incidents(made)
    _add_figures(made)
    made.with_row(row("可用率(营业时间内) Availability in business hours"))
    _add_availability(made)
    made.with_row(row("事件各阶段用时 How fast"))
    _add_stages(made)
    made.with_row(row("通知质量(最近七天) Alert quality, last seven days"))
    _add_quality(made)
    return made


def available(by: str, span: str = "$__range") -> str:
    """Return the share of judged business hours in which windows served; closed by decision or unknown is not judged."""
    part = f"sum {by} (increase({WINDOW_S}{{{HALLS},{SERVED}}}[{span}]))"
    return ratio(part, f"sum {by} (increase({WINDOW_S}{{{HALLS},{JUDGED}}}[{span}]))")


def systems_available(by: str, span: str = "$__range") -> str:
    """Return the share of judged business hours in which business systems were usable."""
    part = f'sum {by} (increase({SYSTEM_S}{{{HALLS},service="usable"}}[{span}]))'
    return ratio(part, f'sum {by} (increase({SYSTEM_S}{{{HALLS},service=~"usable|unusable"}}[{span}]))')


def mean(stage: str, by: str = "") -> str:
    """Return how long incidents took to a stage on average."""
    picked = f'{HALLS},stage="{stage}"'
    took = f"sum {by} (increase({STAGE}_sum{{{picked}}}[$__range]))"
    return ratio(took, f"sum {by} (increase({STAGE}_count{{{picked}}}[$__range]))")


def _add_figures(made: Dashboard) -> None:
    for panel in (
        figure("窗口可用率", "营业时间内窗口能办业务的比例。Windows.", Query(available("")), unit="percentunit", steps=AVAILABILITY, decimals=2),
        figure("业务系统可用率", "营业时间内业务系统可用的比例。Systems.", Query(systems_available("")), unit="percentunit", steps=AVAILABILITY, decimals=2),
        figure("平均发现时间 MTTD", "从首个征兆到发现。From the first symptom.", Query(mean("known")), unit="s", steps=[(None, GOOD), (60, FAIR), (300, BAD)]),
        figure("平均接手时间 MTTA", "从事件开始到有人接手。Until somebody took it on.", Query(mean("acknowledged")), unit="s", steps=[(None, GOOD), (600, FAIR), (1800, BAD)]),
        figure("平均恢复时间 MTTR", "从事件开始到恢复。Until it had recovered.", Query(mean("recovered")), unit="s", steps=[(None, GOOD), (3600, FAIR), (4 * 3600, BAD)]),
        figure("事件", "所选时间内开始的事件。Incidents that began.", Query(f"sum(increase(hallwatch_incidents_begun_total{{{HALLS}}}[$__range]))"), decimals=0),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_availability(made: Dashboard) -> None:
    windows = f"max by (area, hall, window, name) (hallwatch_window_info{{{HALLS}}})"
    systems = f'max by (area, hall, device, name) (hallwatch_device_info{{{HALLS},kind="system"}})'
    by_window = f"({available('by (area, hall, window)')}) * on (area, hall, window) group_left (name) {windows}"
    by_system = (
        f"({systems_available('by (area, hall, device)')}) * on (area, hall, device) group_left (name) {systems}"
    )
    for panel in (
        bars(
            "窗口(由低到高)", "人为停办与状态未知的时间不计。Windows; closed by decision, or unknown, does not count.",
            Query(f"sort({by_window})", "{{hall}} {{name}}"), steps=AVAILABILITY, height=10, url=SERIES_PAGE,
        ),
        bars(
            "业务系统(由低到高)", "维护与状态未知的时间不计。Systems; maintenance, or unknown, does not count.",
            Query(f"sort({by_system})", "{{hall}} {{name}}"), steps=AVAILABILITY, height=10, url=SERIES_PAGE,
        ),
        chart(
            "窗口可用率(逐日)", "过去一天的可用率。Windows, over the day before.",
            Query(named_hall(f"({available('by (area, hall)', '1d')})"), "{{name}}"), unit="percentunit", top=1, url=SERIES_PAGE,
        ),
        chart(
            "营业时间的去向", "窗口营业时间(窗口·时)。Where the windows' business hours went.",
            Query(f"sum by (service) (increase({WINDOW_S}{{{HALLS}}}[1d])) / 3600", "{{service}}"), unit="h", stacked=True,
        ),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_stages(made: Dashboard) -> None:
    columns = [(Column(word, "s"), named_hall(f"({mean(stage, 'by (area, hall)')})")) for stage, word in STAGES.items()]
    begun = f"sum by (area, hall) (increase(hallwatch_incidents_begun_total{{{HALLS}}}[$__range]))"
    late = f"histogram_quantile(0.9, sum by (stage, le) (increase({STAGE}_bucket{{{HALLS}}}[$__range])))"
    for panel in (
        listing(
            "各厅平均用时", "从事件开始算起;「发现」从首个征兆算起。Means, from the beginning; known: from the first symptom.",
            {"name": "办税服务厅", "area": "地区", "hall": "代码"},
            [*columns, (Column("事件", decimals=0), named_hall(begun))], span=14, urls={"name": TO_HALL["hall"]}, sort="事件",
        ),
        bars(
            "九成事件的用时", "九成事件不超过这么久。Nine in ten took no longer.", Query(late, "{{stage}}"), unit="s", top=None, span=10, height=10,
            steps=[(None, GOOD), (3600, FAIR), (DAY_S / 2, POOR)],
        ),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_quality(made: Dashboard) -> None:
    def week(name: str) -> str:
        return f"sum(hallwatch_week_{name}_incidents{{{HALLS}}})"

    told = week("alerted")
    for title, about, name, steps in (
        ("有人处理", "有人采取了行动的事件。Acted on.", "acted_on", [(None, BAD), (0.5, FAIR), (0.8, GOOD)]),
        (
            "无人接手",
            "没有人接手的事件。Taken on by nobody.",
            "unacknowledged",
            [(None, GOOD), (0.1, FAIR), (0.3, BAD)],
        ),
        ("重复发生", "一天内再次发生。Came back within a day.", "repeated", [(None, GOOD), (0.2, FAIR), (0.4, BAD)]),
        ("误报", "有人说是误报,或自行消失。False alarms.", "false", [(None, GOOD), (0.1, FAIR), (0.3, BAD)]),
    ):
        made.with_panel(figure(title, about, Query(ratio(week(name), told)), unit="percentunit", steps=steps, span=5))
    made.with_panel(figure("已通知事件", "已通知到人的事件。Incidents that people were told of.", Query(told)))
    rules = {"fault_name": "故障", "kind": "设备类别", "fault": "代码"}
    made.with_panel(
        listing(
            "误报最多的规则", "改进建议见 Hallwatch 的「通知质量」页。For better rules see Hallwatch's page /quality.", rules,
            [
                (Column("误报", steps=[(None, GOOD), (1, FAIR), (5, BAD)]), "max by (kind, fault, fault_name) (hallwatch_week_rule_false_incidents)"),
                (Column("已通知"), "max by (kind, fault, fault_name) (hallwatch_week_rule_alerted_incidents)"),
            ],
            span=12, height=8, urls={"fault_name": [("通知质量 quality", "${hallwatch_url}/quality")]}, sort="误报",
        )
    )  # fmt: skip
    made.with_panel(
        chart(
            "发出的通知", "各通道收下的消息。Messages that channels took.",
            Query("sum by (channel, outcome) (increase(hallwatch_alerts_total[1h]))", "{{channel}} {{outcome}}"),
        )
    )  # fmt: skip
