"""Draws saving against cost as a native chart that can be edited: columns for a few years, lines for many."""

from __future__ import annotations

from datetime import date
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Pt

from closeloop.adapters.decks.package import with_fixed_dates
from closeloop.adapters.decks.pages import Chart

MOST_COLUMNS = 8
MOST_LABELLED = 5
_FORMATS = ("0", "0.0", "0.00")
"""By decimals. The unit stands in the series' names: not every viewer draws a format that shortens or groups."""
_COLOURS = (MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2)


def draw_chart(placeholder: Any, chart: Chart, on: date) -> None:
    """The chart in its placeholder, coloured by the theme, described for those who cannot see it."""
    data: Any = CategoryChartData(number_format=_FORMATS[chart.decimals])  # type: ignore[no-untyped-call]
    data.categories = chart.years
    for name, values in chart.series:
        data.add_series(name, values)
    lines = len(chart.years) > MOST_COLUMNS
    kind = XL_CHART_TYPE.LINE_MARKERS if lines else XL_CHART_TYPE.COLUMN_CLUSTERED
    frame = placeholder.insert_chart(kind, data)
    frame.name = "chart"
    frame._element.xpath("./p:nvGraphicFramePr/p:cNvPr")[0].set("descr", chart.alt)
    workbook = frame.chart.part.chart_workbook.xlsx_part
    workbook.blob = with_fixed_dates(workbook.blob, on)
    _dress(frame.chart, _FORMATS[chart.decimals], lines=lines, labelled=len(chart.years) <= MOST_LABELLED)


def _dress(chart: Any, amounts: str, *, lines: bool, labelled: bool) -> None:
    chart.has_title = False
    chart.font.size = Pt(13)
    chart.font.color.theme_color = MSO_THEME_COLOR.TEXT_1
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    chart.legend.font.size = Pt(14)
    _dress_axes(chart, amounts)
    if labelled:  # the numbers stand on the columns, so the scale beside them would say them twice
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
    _dress_series(chart, lines=lines)
    if labelled:
        _label_points(chart.plots[0], amounts, lines=lines)


def _dress_axes(chart: Any, amounts: str) -> None:
    values, years = chart.value_axis, chart.category_axis
    grid = values.major_gridlines.format.line
    grid.color.theme_color, grid.width = MSO_THEME_COLOR.BACKGROUND_2, Pt(0.75)
    values.format.line.fill.background()
    values.major_tick_mark = years.major_tick_mark = XL_TICK_MARK.NONE
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = amounts, False
    years.format.line.color.theme_color = MSO_THEME_COLOR.ACCENT_4
    years.tick_labels.font.size = Pt(14)


def _dress_series(chart: Any, *, lines: bool) -> None:
    plot = chart.plots[0]
    if not lines:
        plot.gap_width, plot.overlap = 70, -6
    for series, colour in zip(plot.series, _COLOURS, strict=True):
        if lines:
            series.smooth = False
            series.format.line.width = Pt(2.5)
            series.format.line.color.theme_color = colour
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.theme_color = colour
        else:
            series.invert_if_negative = False
            series.format.fill.solid()
            series.format.fill.fore_color.theme_color = colour


def _label_points(plot: Any, amounts: str, *, lines: bool) -> None:
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = amounts, False
    labels.position = XL_LABEL_POSITION.ABOVE if lines else XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size, labels.font.bold = Pt(14), True
