"""Panels in the few kinds that the dashboards use, each with a title in Chinese and a description in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as look
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.frame import SOURCE

GOOD, FAIR, POOR, BAD, GREY = "green", "yellow", "orange", "red", "gray"
Steps = Sequence[tuple[float | None, str]]
"""From which value on which colour; the first is from the beginning."""
PLAIN: Final[Steps] = [(None, "blue")]
ANY_IS_BAD: Final[Steps] = [(None, GOOD), (1, BAD)]
ANY_IS_POOR: Final[Steps] = [(None, GOOD), (1, POOR)]


class Query(NamedTuple):
    """A PromQL query; *legend* names its series by their labels."""

    expr: str
    legend: str = ""


class Column(NamedTuple):
    """A column of a table."""

    title: str
    unit: str = ""
    steps: Steps = ()
    words: Mapping[float, tuple[str, str]] = {}
    """Value → its word and colour."""
    url: str = ""
    decimals: int | None = None


Of = TypeVar("Of", stat.Panel, timeseries.Panel, bargauge.Panel, statetimeline.Panel, table.Panel)
PanelBuilder = Builder[model.Panel]


def figure(
    title: str, about: str, query: Query, *, unit: str = "short", steps: Steps = PLAIN,
    words: Mapping[float, tuple[str, str]] = {}, span: int = 4, decimals: int | None = None,
) -> stat.Panel:  # fmt: skip
    """Return a single figure, with its colour."""
    made = _begin(stat.Panel(), title, about, [query], unit=unit, span=span, height=4, instant=True)
    made.thresholds(_steps(steps)).mappings(_words(words)).no_value("—")
    made.color_mode(look.BigValueColorMode.BACKGROUND if words or len(steps) > 1 else look.BigValueColorMode.VALUE)
    made.graph_mode(look.BigValueGraphMode.NONE)
    made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    return made if decimals is None else made.decimals(decimals)


def chart(
    title: str, about: str, *queries: Query, unit: str = "short", span: int = 12, stacked: bool = False,
    top: float | None = None, url: str = "",
) -> timeseries.Panel:  # fmt: skip
    """Return values over time; *top*: the axis goes from 0 to there."""
    made = _begin(timeseries.Panel(), title, about, queries, unit=unit, span=span, height=8)
    made.fill_opacity(30 if stacked else 8).line_width(2).show_points(look.VisibilityMode.NEVER)
    legend = common.VizLegendOptions().display_mode(look.LegendDisplayMode.LIST).placement(look.LegendPlacement.BOTTOM)
    made.legend(legend.show_legend(True).calcs([]))
    made.tooltip(common.VizTooltipOptions().mode(look.TooltipDisplayMode.MULTI).sort(look.SortOrder.DESCENDING))
    if stacked:
        made.stacking(common.StackingConfig().mode(look.StackingMode.NORMAL))
    made.min(0) if top is None else made.min(0).max(top)
    return made.data_links([_link("打开", url)]) if url else made


def bars(
    title: str, about: str, query: Query, *, unit: str = "percentunit", steps: Steps = PLAIN, span: int = 12,
    top: float | None = 1.0, height: int = 8, url: str = "",
) -> bargauge.Panel:  # fmt: skip
    """Return one bar a series, of now."""
    made = _begin(bargauge.Panel(), title, about, [query], unit=unit, span=span, height=height, instant=True)
    made.thresholds(_steps(steps)).min(0).display_mode(look.BarGaugeDisplayMode.BASIC)
    made.orientation(look.VizOrientation.HORIZONTAL).show_unfilled(True)
    made.value_mode(look.BarGaugeValueMode.COLOR)
    made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    if top is not None:
        made.max(top)
    return made.data_links([_link("打开", url)]) if url else made


def timeline(
    title: str, about: str, query: Query, words: Mapping[float, tuple[str, str]], *, span: int = 24, height: int = 8,
    url: str = "",
) -> statetimeline.Panel:  # fmt: skip
    """Return how states went over time, a line a series."""
    made = _begin(statetimeline.Panel(), title, about, [query], unit="short", span=span, height=height)
    made.mappings(_words(words)).thresholds(_steps([(None, GREY)])).fill_opacity(80).line_width(0)
    made.merge_values(True).row_height(0.85).show_value(look.VisibilityMode.NEVER)
    legend = common.VizLegendOptions().display_mode(look.LegendDisplayMode.LIST).placement(look.LegendPlacement.BOTTOM)
    made.legend(legend.show_legend(True).calcs([]))
    return made.data_links([_link("打开", url)]) if url else made


def listing(
    title: str, about: str, keys: Mapping[str, str], columns: Sequence[tuple[Column, str]], *, span: int = 24, height: int = 10,
    urls: Mapping[str, Sequence[tuple[str, str]]] = {}, sort: str = "",
) -> table.Panel:  # fmt: skip
    """Return a table: *keys* are labels and their headings, *columns* have a query each; rows with the same keys join.

    *urls*: label → links (title, address) that its cells have; *sort*: heading of the column by which it goes down.
    """
    queries = [Query(expr) for _, expr in columns]
    made = _begin(table.Panel(), title, about, queries, unit="short", span=span, height=height, instant=True, rows=True)
    values = ["Value"] if len(columns) == 1 else [f"Value #{_ref(number)}" for number in range(len(columns))]
    order = {name: place for place, name in enumerate([*keys, *values])}
    made.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    made.with_transformation(
        model.DataTransformerConfig(id_val="organize", options={"excludeByName": {"Time": True}, "indexByName": order})
    )
    for label, heading in keys.items():
        links = [{"title": says, "url": url} for says, url in urls.get(label, ())]
        made.override_by_name(
            label, [_property("displayName", heading), *([_property("links", links)] if links else [])]
        )
    for value, (column, _) in zip(values, columns, strict=True):
        made.override_by_name(value, list(_properties(column)))
    if sort:
        made.sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
    return made


def row(title: str) -> build.Row:
    """Return a heading over the panels that follow."""
    return build.Row(title)


def _begin(
    made: Of, title: str, about: str, queries: Sequence[Query], *, unit: str, span: int, height: int,
    instant: bool = False, rows: bool = False,
) -> Of:  # fmt: skip
    made.title(title).description(about).datasource(SOURCE).unit(unit).span(span).height(height)
    for number, query in enumerate(queries):
        target = prometheus.Dataquery().expr(query.expr).ref_id(_ref(number)).datasource(SOURCE)
        target.legend_format(query.legend or "__auto")
        target.format(PromQueryFormat.TABLE if rows else PromQueryFormat.TIME_SERIES)
        made.with_target(target.instant() if instant else target.range())
    return made


def _ref(number: int) -> str:
    return chr(ord("A") + number)


def _steps(steps: Steps) -> build.ThresholdsConfig:
    told = [model.Threshold(value=value, color=color) for value, color in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(told)


def _words(words: Mapping[float, tuple[str, str]]) -> list[model.ValueMapping]:
    results = {
        f"{value:g}": model.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, (text, color)) in enumerate(words.items())
    }
    return [model.ValueMap(options=results)] if results else []


def _link(title: str, url: str) -> build.DashboardLink:
    return build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url)


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _properties(column: Column) -> list[model.DynamicConfigValue]:
    told = [_property("displayName", column.title)]
    if column.unit:
        told.append(_property("unit", column.unit))
    if column.decimals is not None:
        told.append(_property("decimals", column.decimals))
    if column.words:
        told.append(_property("mappings", _words(column.words)))
    if column.steps:
        told.append(_property("thresholds", _steps(column.steps).build()))
    if column.steps or column.words:
        told.append(_property("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.url:
        told.append(_property("links", [{"title": "打开", "url": column.url}]))
    return told
