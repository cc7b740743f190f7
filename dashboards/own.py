"""Hallwatch itself: is it scraped, does it keep up, does it lose anything, are its agents well."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import HALLS, area_variable, frame, hall_variable
from dashboards.panels import ANY_IS_BAD, ANY_IS_POOR, BAD, FAIR, GOOD, Column, Query, chart, figure, listing, row
from dashboards.words import CONNECTED, HALL_PAGE

RATE = "[$__rate_interval]"
BY_AGENT = "max by (area, hall, agent)"


def build(address: str) -> Dashboard:
    """Return the dashboard of Hallwatch itself."""
    about = "采集服务与采集程序自身的健康。The health of the collector and the agents."
    made = frame("Hallwatch 自身", "own", about, address, [area_variable(), hall_variable()])
    _add_figures(made)
    made.with_row(row("接收 Intake"))
    _add_intake(made)
    made.with_row(row("判定与通知 Decisions and alerts"))
    _add_delays(made)
    made.with_row(row("采集程序 Agents"))
    _add_agents(made)
    made.with_row(row("进程与存储 Process and stores"))
    _add_process(made)
    return made


def _add_figures(made: Dashboard) -> None:
    silent = 'time() - max(hallwatch_agent_last_report_timestamp_seconds{area="hallwatch",hall="self"})'
    for panel in (
        figure("抓取", "Prometheus 能否抓取。Whether the scrape succeeds.", Query('min(up{job="hallwatch"})'), words=CONNECTED, span=3),
        figure("消息服务器", "与消息服务器的连接。Connection to the broker.", Query("min(hallwatch_broker_connected)"), words=CONNECTED, span=3),
        figure("自报异常", "妨碍工作的问题,见 /health。What keeps it from its work.", Query("sum(hallwatch_problems)"), steps=ANY_IS_BAD, span=3),
        figure("上次自检", "距上次自检的时间。Since it last looked at itself.", Query(silent), unit="s", steps=[(None, GOOD), (30, FAIR), (60, BAD)], span=3),
        figure("未写入记录", "已决定、未写下的事件。Decided and not written down.", Query("sum(hallwatch_journal_pending_events)"), steps=ANY_IS_BAD, span=3),
        figure("被拒的厅文件", "最后一次修改被拒的文件。Files whose last edit was refused.", Query("sum(hallwatch_hall_files_refused)"), steps=ANY_IS_POOR, span=3),
        figure("内部错误", "所选时间内。Errors of its own in the range.", Query("sum(increase(hallwatch_internal_errors_total[$__range]))"), steps=ANY_IS_BAD, span=3, decimals=0),
        figure("待发通知", "等待发出的消息。Messages that wait.", Query("sum(hallwatch_alerts_waiting) or vector(0)"), steps=ANY_IS_POOR, span=3),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_intake(made: Dashboard) -> None:
    lost = f"(rate(hallwatch_broker_dropped_messages_total{RATE}) or rate(hallwatch_broker_slow_consumers_total{RATE}))"
    for panel in (
        chart("读数", "每秒收下的读数。Readings a second.", Query(f"sum by (instance) (rate(hallwatch_readings_total{RATE}))", "{{instance}}"), unit="ops", span=8),
        chart(
            "报告与迟到", "每秒报告,与迟到的读数。Reports, and readings that came too late.",
            Query(f"sum(rate(hallwatch_reports_total{RATE}))", "报告"), Query(f"sum(rate(hallwatch_readings_late_total{RATE}))", "迟到读数"),
            unit="ops", span=8,
        ),
        chart("拒收", "每秒拒收,按原因。Refused, by reason.", Query(f"sum by (reason) (rate(hallwatch_rejects_total{RATE}))", "{{reason}}"), unit="ops", span=8),
        chart("消息服务器丢失", "丢失的消息或被断开的慢客户。Messages lost, or slow clients cut.", Query(f"sum by (instance) ({lost})", "{{instance}}"), unit="ops"),
        chart("心跳", "每秒发给采集程序的心跳。Heartbeats to agents.", Query(f"sum by (instance) (rate(hallwatch_heartbeats_total{RATE}))", "{{instance}}"), unit="ops"),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_delays(made: Dashboard) -> None:
    def slowest(metric: str, by: str = "le") -> str:
        return f"histogram_quantile(0.95, sum by ({by}) (increase({metric}_bucket[1h])))"

    for panel in (
        chart("发现用时(95%)", "过去一小时,从首个征兆到判定。Of the hour before: from the first symptom to the fault.", Query(slowest("hallwatch_detection_delay_seconds"), "发现"), unit="s", span=8),
        chart("告示用时(95%)", "过去一小时,从读数到告示上线。Of the hour before: from the reading to the sign.", Query(slowest("hallwatch_sign_delay_seconds"), "告示"), unit="s", span=8),
        chart(
            "通知用时(95%)", "过去一小时,从决定到通道收下。Of the hour before: from the decision to the channel.",
            Query(slowest("hallwatch_alert_delay_seconds", "channel, le"), "{{channel}}"), unit="s", span=8,
        ),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_agents(made: Dashboard) -> None:
    info = f"max by (area, hall, agent, version) (hallwatch_agent_info{{{HALLS}}})"

    def of_agents(expr: str) -> str:
        return f"{BY_AGENT} ({expr}) * on (area, hall, agent) group_left (version) {info}"

    def metric(name: str) -> str:
        return f"hallwatch_agent_{name}{{{HALLS}}}"

    made.with_panel(
        listing(
            "采集程序", "连接、版本、积压与时钟。Connection, version, spool and clock.",
            {"agent": "采集程序", "area": "地区", "hall": "厅", "version": "版本"},
            [
                (Column("连接", words=CONNECTED), of_agents(metric("up"))),
                (Column("上次报告", "s", [(None, GOOD), (120, FAIR), (600, BAD)]), of_agents(f"time() - {metric('last_report_timestamp_seconds')}")),
                (Column("积压报告", steps=[(None, GOOD), (1, FAIR), (100, BAD)]), of_agents(metric("spooled_reports"))),
                (Column("丢弃报告", steps=ANY_IS_BAD), of_agents(metric("dropped_reports_total"))),
                (Column("缺号", steps=ANY_IS_POOR), of_agents(metric("sequence_gaps"))),
                (Column("时钟偏差", "s", decimals=2), of_agents(metric("clock_offset_seconds"))),
                (Column("探测项"), of_agents(metric("probes"))),
            ],
            urls={"agent": [("页面 page", HALL_PAGE)]}, sort="上次报告",
        )
    )  # fmt: skip
    for title, about, name, unit in (
        ("积压", "采集程序磁盘上等待的报告。Reports that wait on disk.", "spooled_reports", "short"),
        (
            "时钟偏差",
            "采集服务的时钟减采集程序的时钟。Collector's clock minus the agent's.",
            "clock_offset_seconds",
            "s",
        ),
    ):
        expr = f"{BY_AGENT} ({metric(name)})"
        made.with_panel(chart(title, about, Query(f"abs({expr})", "{{hall}} {{agent}}"), unit=unit))


def _add_process(made: Dashboard) -> None:
    own = '{job="hallwatch"}'
    for title, about, expr, unit in (
        ("处理器", "采集服务占用的处理器核。Cores.", f"rate(process_cpu_seconds_total{own}{RATE})", "percentunit"),
        ("内存", "采集服务占用的内存。Memory.", f"process_resident_memory_bytes{own}", "bytes"),
        ("打开的文件", "打开的文件与连接。Open files and sockets.", f"process_open_fds{own}", "short"),
        (
            "历史数据积压",
            "等待历史库的数据。History that waits for its server.",
            "hallwatch_history_buffered_bytes",
            "bytes",
        ),
        (
            "历史数据丢失",
            "每秒丢失的读数。Readings that never reached history.",
            f"rate(hallwatch_history_lost_readings_total{RATE})",
            "ops",
        ),
        ("版本", "运行中的版本。What runs.", "hallwatch_build_info", "short"),
    ):
        legend = "{{instance}} {{version}}" if title == "版本" else "{{instance}}"
        by = "instance, version" if title == "版本" else "instance"
        made.with_panel(chart(title, about, Query(f"max by ({by}) ({expr})", legend), unit=unit, span=8))
