"""Gantt lanes and maps as geometry: times and coordinates in, boxes and points out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plantops.wording import say

GANTT_WIDTH = 960
LANE_LABEL = 150
LANE_HEIGHT = 26
GANTT_TOP = 22
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # where nothing stands on the lanes
MAP_WIDTH = 720
MAP_EDGE = 24
LARGEST_MAP_HEIGHT = 460


@dataclass(frozen=True)
class Stretch:
    """Something on a lane from a time to a time: a drive, a stop, a shift, a wait."""

    start: datetime
    end: datetime
    label: str
    tone: str = "s1"
    text: str = ""
    """What stands in the bar where there is room."""
    href: str = ""


@dataclass(frozen=True)
class Lane:
    """A vehicle, a person or a machine with what it does in order."""

    name: str
    stretches: Sequence[Stretch]
    href: str = ""
    note: str = ""


@dataclass(frozen=True)
class GanttBar:
    x: float
    y: float
    width: float
    tone: str
    label: str
    text: str
    href: str


@dataclass(frozen=True)
class Gantt:
    title: str
    width: int
    height: int
    label_width: int
    lane_height: int
    hours: tuple[tuple[float, str], ...]
    lanes: tuple[tuple[float, str, str], ...]
    bars: tuple[GanttBar, ...]
    now_at: float | None
    rows: tuple[tuple[str, str, str, str], ...]
    """For the table: lane, from, to, what."""
    key: tuple[tuple[str, str], ...] = ()
    """What each tone means, in words."""


def gantt(
    title: str,
    lanes: Sequence[Lane],
    zone: ZoneInfo,
    now: datetime | None = None,
    *,
    key: Sequence[tuple[str, str]] = (),
) -> Gantt:
    """Lanes over whole hours from the first start to the last end; local times at the plant."""
    all_of_them = [stretch for lane in lanes for stretch in lane.stretches]
    start = min((s.start for s in all_of_them), default=now or NO_DAY).astimezone(zone)
    end = max((s.end for s in all_of_them), default=start + timedelta(hours=8)).astimezone(zone)
    start = start.replace(minute=0, second=0, microsecond=0)
    hours = max(1, math.ceil((end - start) / timedelta(hours=1)))
    room = GANTT_WIDTH - LANE_LABEL - 8

    def x(moment: datetime) -> float:
        return round(LANE_LABEL + room * ((moment - start) / timedelta(hours=hours)), 1)

    step = max(1, math.ceil(hours / 14))
    bars, rows = [], []
    for n, lane in enumerate(lanes):
        y = GANTT_TOP + n * LANE_HEIGHT + 3
        for stretch in lane.stretches:
            left, right = x(stretch.start), x(stretch.end)
            from_to = f"{stretch.start.astimezone(zone):%H:%M}", f"{stretch.end.astimezone(zone):%H:%M}"
            fits = (right - left) > len(stretch.text) * 6.5 + 4
            said = say(
                "{lane}, {start} to {end}: {what}", lane=lane.name, start=from_to[0], end=from_to[1], what=stretch.label
            )
            text = stretch.text if fits else ""
            bars.append(GanttBar(left, y, max(right - left, 1.5), stretch.tone, said, text, stretch.href))
            rows.append((lane.name, *from_to, stretch.label))
    return Gantt(
        title,
        GANTT_WIDTH,
        GANTT_TOP + len(lanes) * LANE_HEIGHT + 4,
        LANE_LABEL,
        LANE_HEIGHT,
        hours=tuple(
            (x(start + timedelta(hours=h)), f"{start + timedelta(hours=h):%H:%M}") for h in range(0, hours + 1, step)
        ),
        lanes=tuple((GANTT_TOP + n * LANE_HEIGHT, _short(lane.name), lane.href) for n, lane in enumerate(lanes)),
        bars=tuple(bars),
        now_at=x(now) if now and start <= now <= end else None,
        rows=tuple(rows),
        key=tuple((tone, said) for tone, said in key if any(bar.tone == tone for bar in bars)),
    )


def _short(label: str, longest: int = 21) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"


@dataclass(frozen=True)
class Spot:
    """A place on the map by its coordinates in degrees."""

    latitude: float
    longitude: float
    label: str
    tone: str = "s1"
    text: str = ""
    """The number in the circle: the order of the stop."""
    href: str = ""
    is_depot: bool = False


@dataclass(frozen=True)
class Way:
    """A tour over spots, in order."""

    name: str
    points: Sequence[tuple[float, float]]
    tone: str = "s1"


@dataclass(frozen=True)
class MapSpot:
    x: float
    y: float
    label: str
    tone: str
    text: str
    href: str
    is_depot: bool


@dataclass(frozen=True)
class Map:
    title: str
    width: int
    height: int
    spots: tuple[MapSpot, ...]
    ways: tuple[tuple[str, str, str], ...]
    """Name, tone and path of each."""
    scale_width: float
    scale_label: str


def plan_map(title: str, spots: Sequence[Spot], ways: Sequence[Way] = ()) -> Map:
    """A map without tiles: equirectangular around the middle, north is up, one scale for both directions."""
    points = [(s.latitude, s.longitude) for s in spots] + [p for way in ways for p in way.points]
    if not points:
        return Map(title, MAP_WIDTH, 120, (), (), 0, "")
    south, north = min(p[0] for p in points), max(p[0] for p in points)
    west, east = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    wide, tall = max((east - west) * squeeze, 1e-4), max(north - south, 1e-4)
    inner = MAP_WIDTH - 2 * MAP_EDGE
    scale = min(inner / wide, (LARGEST_MAP_HEIGHT - 2 * MAP_EDGE) / tall)
    left = MAP_EDGE + (inner - wide * scale) / 2

    def at(latitude: float, longitude: float) -> tuple[float, float]:
        return (
            round(left + (longitude - west) * squeeze * scale, 1),
            round(MAP_EDGE + (north - latitude) * scale, 1),
        )

    drawn = tuple(MapSpot(*at(s.latitude, s.longitude), s.label, s.tone, s.text, s.href, s.is_depot) for s in spots)
    paths = tuple(
        (way.name, way.tone, "M" + "L".join(f"{x:g} {y:g}" for x, y in (at(*point) for point in way.points)))
        for way in ways
        if way.points
    )
    length_km, pixels = _scale_bar(scale)
    return Map(title, MAP_WIDTH, round(tall * scale + 2 * MAP_EDGE + 14), drawn, paths, pixels, f"{length_km:g} km")


def _scale_bar(pixels_per_degree: float) -> tuple[float, float]:
    """The longest of 1, 2, 5 times a power of ten km that is at most 140 pixels long."""
    per_km = pixels_per_degree / 111.195  # km per degree of latitude on a sphere of 6371.0088 km
    power = 10.0 ** math.floor(math.log10(140 / per_km))
    length = max(power * f for f in (1, 2, 5) if power * f * per_km <= 140)
    return length, round(length * per_km, 1)
