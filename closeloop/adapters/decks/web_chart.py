"""The value chart as inline SVG for the HTML deck: columns for a few years, lines for many, as on the slide."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from html import escape

from closeloop.adapters.decks.chart import MOST_COLUMNS, MOST_LABELLED
from closeloop.adapters.decks.pages import Chart

_WIDTH, _HEIGHT = 720.0, 460.0
_TOP, _BOTTOM, _SIDE = 70.0, 40.0, 16.0
_COLOURS = ("var(--accent1)", "var(--accent2)")


def chart_svg(chart: Chart) -> str:
    """The drawing; its description is the chart's own."""
    lines = len(chart.years) > MOST_COLUMNS
    body = "".join([*_legend(chart), *_years(chart), *(_curves(chart) if lines else _columns(chart))])
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(chart.alt)}" '
        f'font-size="18">{body}{_axis(chart)}</svg>'
    )


def _bounds(chart: Chart) -> tuple[float, float]:
    values = [value for _, series in chart.series for value in series]
    low, high = min(0.0, *values), max(0.0, *values)
    return (low, high) if high > low else (0.0, 1.0)


def _y(value: float, chart: Chart) -> float:
    low, high = _bounds(chart)
    return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _step(chart: Chart) -> float:
    return (_WIDTH - 2 * _SIDE) / max(len(chart.years), 1)


def _middle(place: int, chart: Chart) -> float:
    return _SIDE + _step(chart) * (place + 0.5)


def _legend(chart: Chart) -> Iterator[str]:
    for place, (name, _) in enumerate(chart.series):
        x = _SIDE + place * (_WIDTH - 2 * _SIDE) / 2
        yield f'<rect x="{x:.1f}" y="8" width="16" height="16" fill="{_COLOURS[place]}"/>'
        yield f'<text x="{x + 24:.1f}" y="22">{escape(name)}</text>'


def _years(chart: Chart) -> Iterator[str]:
    every = max(1, len(chart.years) // 8)
    for place, year in enumerate(chart.years):
        if place % every == 0:
            x = _middle(place, chart)
            yield f'<text x="{x:.1f}" y="{_HEIGHT - 10:.1f}" text-anchor="middle">{escape(year)}</text>'


def _axis(chart: Chart) -> str:
    y = _y(0.0, chart)
    return f'<path d="M{_SIDE:g} {y:.1f}H{_WIDTH - _SIDE:g}" stroke="var(--accent4)" stroke-width="1.5"/>'


def _columns(chart: Chart) -> Iterator[str]:
    width = _step(chart) * 0.3
    for number, (_, series) in enumerate(chart.series):
        for place, value in enumerate(series):
            x = _middle(place, chart) + (number - 1) * width * 1.04
            top, bottom = sorted((_y(value, chart), _y(0.0, chart)))
            yield (
                f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" '
                f'fill="{_COLOURS[number]}"/>'
            )
            if len(chart.years) <= MOST_LABELLED:
                yield _label(x + width / 2, top - 8, value, chart)


def _label(x: float, y: float, value: float, chart: Chart) -> str:
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-chart.decimals), ROUND_HALF_UP)  # as viewers do
    said = f"{rounded:,}"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-weight="700">{said}</text>'


def _curves(chart: Chart) -> Iterator[str]:
    for number, (_, series) in enumerate(chart.series):
        points = " ".join(
            f"{_middle(place, chart):.1f},{_y(value, chart):.1f}" for place, value in enumerate(series)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{_COLOURS[number]}" stroke-width="4"/>'
        yield _label(_middle(len(series) - 1, chart) - 20, _y(series[-1], chart) - 12, series[-1], chart)
