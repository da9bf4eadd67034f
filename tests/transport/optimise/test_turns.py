"""Who searches next: the long climb until it slackens, everybody once, then by what each brought."""

from transport.optimise.turns import Rest, Turns, Way

WAYS = (Way.ON, Way.WARM, Way.PARTS)


def asked(turns: Turns, saved: list[int]) -> list[Way]:
    ways = []
    for money in saved:
        ways.append(turns.next(WAYS))
        turns.note(ways[-1], money)
    return ways


def test_the_long_climb_goes_on_until_it_brings_less_than_half() -> None:
    assert asked(Turns(alike=True), [40, 30, 15, 7, 0]) == [Way.ON] * 4 + [Way.WARM]


def test_then_each_is_tried_and_the_one_that_saved_most_goes_on() -> None:
    ways = asked(Turns(alike=True), [0, 10, 20, 15, 5, 3])
    assert ways == [Way.ON, Way.WARM, Way.PARTS, Way.PARTS, Way.PARTS, Way.WARM]


def test_when_nobody_saves_the_longest_waiting_comes_first() -> None:
    assert asked(Turns(alike=True), [0] * 6) == [*WAYS, *WAYS]


def test_where_vehicles_are_unlike_each_has_a_turn_at_once() -> None:
    assert asked(Turns(alike=False), [40, 30, 50, 20, 45]) == [*WAYS, Way.PARTS, Way.ON]


def test_a_day_without_parts_or_a_climb_to_go_on_with_asks_only_who_is_there() -> None:
    assert Turns(alike=True).next((Way.WARM,)) is Way.WARM


def test_choosing_in_vain_rests_longer_each_time_and_not_at_all_after_earning() -> None:
    rest, came = Rest(), []
    for at in range(16):
        if rest.over():
            came.append(at)
            rest.note(earned=False)
    assert came == [0, 2, 5, 10, 15]
    rest.note(earned=True)
    assert rest.over()
