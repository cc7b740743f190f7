"""What all dashboards have: their data source, variables, links, annotations, and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import DataSourceRef

DEFAULT_ADDRESS: Final = "http://127.0.0.1:8080"
TAG: Final = "hallwatch"
SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""Prometheus or VictoriaMetrics: whoever looks chooses it."""
REAL: Final = 'internal="false",drill="false"'
"""What keeps Hallwatch's own health, and drills (B3), out of a list of halls."""
HALLS: Final = 'area=~"$area",hall=~"$hall"'
"""What the variables choose."""
INCIDENTS: Final = (
    "max by (area, hall, incident, name, level, fault_name)"
    f" (max_over_time(hallwatch_incident_began_timestamp_seconds{{{HALLS}}}[$__interval]))"
)
"""The incidents that stood since the point before: over 30 days points lie hours apart, and most incidents between them."""


def frame(title: str, uid: str, about: str, address: str, variables: Sequence[model.VariableModel]) -> build.Dashboard:
    """Return a dashboard without panels; *address* is where browsers find Hallwatch's pages."""
    made = (
        build.Dashboard(f"Hallwatch · {title}")
        .uid(f"hallwatch-{uid}")
        .description(about)
        .tags([TAG])
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .editable()
        .with_variable(_Made(source_variable()))
        .with_variable(_Made(address_variable(address)))
    )
    for variable in variables:
        made.with_variable(_Made(variable))
    for link in (_other_dashboards(), _page("Hallwatch 页面", "${hallwatch_url}/")):
        made.link(link)
    return made


class _Made(Builder[model.VariableModel]):
    """A finished model where a builder is asked for."""

    def __init__(self, model_: model.VariableModel) -> None:
        self._model = model_

    def build(self) -> model.VariableModel:
        """Return it."""
        return self._model


def source_variable() -> model.VariableModel:
    """Return the choice of the data source."""
    return build.DatasourceVariable("datasource").label("数据源").type("prometheus").build()


def address_variable(address: str) -> model.VariableModel:
    """Return the constant that leads from here to the pages: ``${hallwatch_url}/halls/<area>/<hall>``."""
    made = build.ConstantVariable("hallwatch_url").label("Hallwatch 网址").value(address).build()
    made.current = model.VariableOption(selected=True, text=address, value=address)
    made.hide = model.VariableHide.HIDE_VARIABLE
    return made


def area_variable(*, several: bool = True) -> model.VariableModel:
    """Return the choice of areas."""
    return _choice("area", "地区", f"label_values(hallwatch_hall_info{{{REAL}}}, area)", several=several)


def hall_variable(*, several: bool = True) -> model.VariableModel:
    """Return the choice of halls, called by their names."""
    query = f'query_result(max by (hall, name) (hallwatch_hall_info{{area=~"$area",{REAL}}}))'
    return _choice("hall", "办税服务厅", query, named="hall", several=several)


def window_variable() -> model.VariableModel:
    """Return the choice of windows of the halls that are chosen."""
    query = f"query_result(max by (name, window) (hallwatch_window_info{{{HALLS}}}))"
    return _choice("window", "窗口", query, named="window")


def device_variable(kinds: str) -> model.VariableModel:
    """Return the choice of devices of some kinds (a regular expression)."""
    query = f'query_result(max by (device, name) (hallwatch_device_info{{{HALLS},kind=~"{kinds}"}}))'
    return _choice("device", "设备", query, named="device")


def _choice(name: str, label: str, query: str, *, named: str = "", several: bool = True) -> model.VariableModel:
    """Return a variable whose values a query finds; *named*: its value is this label, its text the label ``name``."""
    variable = (
        build.QueryVariable(name)
        .label(label)
        .query({"query": query, "refId": f"variable-{name}"})
        .datasource(SOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(several)
        .include_all(several)
    )
    if named:
        variable.regex(_named(named))
    if several:
        variable.all_value(".*").current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    return variable.build()


def _named(label: str) -> str:
    """Return what picks value and text out of ``{hall="xihu", name="西湖区"}``: labels stand in alphabetical order."""
    pairs = sorted([(label, "value"), ("name", "text")])
    return "/" + ".*?".join(f'{name}="(?<{group}>[^"]+)"' for name, group in pairs) + "/"


def annotate_incidents(made: build.Dashboard) -> build.Dashboard:
    """Mark incidents: a region each, from its beginning to its recovery."""
    made.annotation(
        build.AnnotationQuery()
        .name("事件")
        .datasource(SOURCE)
        .enable(True)
        .icon_color("orange")
        .target(prometheus.Dataquery().expr(INCIDENTS).interval("30s").ref_id("incidents").range())
        .title_format("{{name}}:{{fault_name}}")
        .text_format("{{area}}/{{hall}} {{incident}} {{level}}")
        .tag_keys("hall,level")
    )
    return made


def _other_dashboards() -> build.DashboardLink:
    return (
        build.DashboardLink("Hallwatch 仪表盘")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _page(title: str, url: str) -> build.DashboardLink:
    link = build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url).icon("external link")
    return link.target_blank(True)
