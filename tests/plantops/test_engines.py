"""Engines in a process of their own: answers, news, cancel, and every way to die."""

import os
import signal
import time
from dataclasses import dataclass

import pytest

from plantops.engines import EngineFailed, Limits, Progress, ProgressReport, ShouldStop, Stopwatch, in_child
from plantops.errors import Invalid

HERE = f"{__name__}:"


@dataclass(frozen=True)
class Count:
    until: int
    pid: int = 0


def count(question: Count, limits: Limits, progress: Progress, should_stop: ShouldStop) -> Count:
    for done in range(question.until):
        if should_stop():
            return Count(done, os.getpid())
        progress(ProgressReport(float(done), None, None, "counting", 0.0))
        time.sleep(0.02)
    return Count(question.until + limits.seed, os.getpid())


def refuse(question: Count, *_: object) -> None:
    raise Invalid(f"Cannot count to {question.until}.", field="until")


def be_killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hoard(question: Count, *_: object) -> int:
    kept = []
    for _turn in range(question.until):
        kept.append(b"x" * 20_000_000)
        time.sleep(0.01)
    return len(kept)


def hang(*_: object) -> None:
    time.sleep(600)


class Unpicklable(Exception):
    def __init__(self) -> None:
        super().__init__("holds a lambda")
        self.held = lambda: None


def fail_strangely(*_: object) -> None:
    raise Unpicklable


def test_the_answer_comes_from_another_process_with_news_on_the_way() -> None:
    reports: list[ProgressReport] = []
    answer = in_child(HERE + "count", Count(5), Limits(seed=3), reports.append)
    assert answer.until == 8
    assert answer.pid != os.getpid()
    assert [r.incumbent for r in reports] == [0, 1, 2, 3, 4]


def test_cancel_gives_what_the_engine_has_so_far() -> None:
    reports: list[ProgressReport] = []
    answer = in_child(HERE + "count", Count(10_000), Limits(), reports.append, lambda: len(reports) >= 3)
    assert 3 <= answer.until < 200


def test_an_error_of_the_engine_keeps_its_class_sentence_and_field() -> None:
    with pytest.raises(Invalid, match="Cannot count to 7") as raised:
        in_child(HERE + "refuse", Count(7), Limits())
    assert raised.value.field == "until"
    assert "in refuse" in raised.value.__notes__[0]


def test_an_error_that_does_not_pickle_is_told_by_its_text() -> None:
    with pytest.raises(EngineFailed, match="Unpicklable: holds a lambda"):
        in_child(HERE + "fail_strangely", None, Limits())


def test_a_killed_engine_is_reported() -> None:
    with pytest.raises(EngineFailed, match="signal 9"):
        in_child(HERE + "be_killed", None, Limits())


def test_memory_is_capped() -> None:
    with pytest.raises(EngineFailed, match="more than 200 MB"):
        in_child(HERE + "hoard", Count(2_000), Limits(), memory_mb=200)


def test_an_engine_that_ignores_its_limit_is_ended() -> None:
    watch = Stopwatch()
    with pytest.raises(EngineFailed, match="did not stop"):
        in_child(HERE + "hang", None, Limits(seconds=0.1), grace_seconds=1)
    assert watch.seconds < 10


def test_an_unknown_engine_is_an_error_here() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        in_child(HERE + "no_such", None, Limits())


def test_a_stopwatch_hands_on_what_is_left() -> None:
    watch = Stopwatch(100)
    rest = watch.rest(Limits(seconds=100, seed=5))
    assert rest.seconds is not None and 99 < rest.seconds <= 100
    assert rest.seed == 5
    assert Stopwatch().rest(Limits(iterations=4)) == Limits(iterations=4)
    assert not watch.over


def test_limits_that_make_no_sense_are_refused() -> None:
    for wrong in ({"seconds": 0.0}, {"iterations": 0}, {"gap": 1.0}, {"threads": 0}):
        with pytest.raises(ValueError, match="must be"):
            Limits(**wrong)  # type: ignore[arg-type]


def test_processor_seconds_do_not_run_while_nothing_is_computed() -> None:
    watch = Stopwatch(0.05, cpu=True)
    time.sleep(0.1)
    assert watch.seconds >= 0.1
    assert not watch.over
    while watch.cpu_seconds < 0.05:
        pass
    assert watch.over and watch.left == 0.0
