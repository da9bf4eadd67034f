"""Rules for drivers by name: what the law asks of one day.

One day is planned, so the rules of a week (56 h and 90 h of driving, weekly rest) are for whoever makes the rota.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from transport.optimise.model import FOREVER, Breaks, Vehicle


class Rules(StrEnum):
    """EU_561: Regulation (EC) 561/2006, goods vehicles above 3.5 t. VANS: Directive 2003/88/EC, below. US_HOS: 49 CFR
    395.3, property-carrying vehicles."""

    EU_561 = "eu 561"
    VANS = "vans"
    US_HOS = "us hos"


@dataclass(frozen=True)
class Minutes:
    """One day of a driver, in minutes."""

    out_at_most: int
    drives_at_most: int | None
    break_lasts: int
    after_driving: int | None
    after_work: int | None
    service_rests: bool = False


DAYS = {
    # 9 h of driving (10 h twice a week is left to the dispatcher); 45 min after 4.5 h of driving, which is planned in
    # one piece, not as 15 + 30; a daily rest of 11 h leaves 13 h; no more than 6 h of work without a break (2002/15/EC,
    # which asks for 30 min then; 45 are planned)
    Rules.EU_561: Minutes(13 * 60, 9 * 60, 45, 270, 360),
    # a break when the day is longer than 6 h: 30 min as most member states have it; a daily rest of 11 h
    Rules.VANS: Minutes(13 * 60, None, 30, None, 360),
    # 11 h of driving within 14 h; after 8 h of driving 30 min without driving, at a stop if it takes that long
    Rules.US_HOS: Minutes(14 * 60, 11 * 60, 30, 8 * 60, None, True),
}


def under(vehicle: Vehicle, rules: Rules, ticks_per_minute: int) -> Vehicle:
    """The vehicle with a driver under these rules; a shorter day of its own stays."""
    day = DAYS[rules]

    def ticks(minutes: int | None) -> int:
        return FOREVER if minutes is None else minutes * ticks_per_minute

    longest = ticks(day.out_at_most)
    return replace(
        vehicle,
        max_duration=longest if vehicle.max_duration is None else min(longest, vehicle.max_duration),
        breaks=Breaks(
            ticks(day.break_lasts),
            ticks(day.after_driving),
            ticks(day.after_work),
            ticks(day.drives_at_most),
            day.service_rests,
        ),
    )
