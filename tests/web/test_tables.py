"""Tables on a phone: each cell carries the head of its column."""

from __future__ import annotations

from web.tables import titled

COLUMNS = [("Vehicle", "text"), ("kg", "num"), ("", "text"), ("Today & on", "text")]


def test_a_cell_gets_the_title_of_its_column() -> None:
    row = '<tr class="x"><th scope="row">VAN</th><td class="num">900</td><td>·</td><td>ready</td></tr>'
    assert titled(row, COLUMNS) == (
        '<tr class="x"><th scope="row">VAN</th><td class="num" data-title="kg">900</td><td>·</td>'
        '<td data-title="Today &amp; on">ready</td></tr>'
    )


def test_each_row_begins_anew_and_what_is_titled_already_stays() -> None:
    rows = '<tr><td>a</td><td data-title="Weight">1</td></tr><tr><td>b</td><td>2</td></tr>'
    assert titled(rows, COLUMNS) == (
        '<tr><td data-title="Vehicle">a</td><td data-title="Weight">1</td></tr>'
        '<tr><td data-title="Vehicle">b</td><td data-title="kg">2</td></tr>'
    )


def test_a_cell_over_several_columns_stands_for_none_of_them() -> None:
    assert titled('<tr><td colspan="3">All</td><td>x</td></tr>', COLUMNS) == (
        '<tr><td colspan="3">All</td><td data-title="Today &amp; on">x</td></tr>'
    )


def test_more_cells_than_columns_are_left_as_they_are() -> None:
    assert titled("<tr><td>a</td><td>b</td></tr>", [("One", "text")]) == (
        '<tr><td data-title="One">a</td><td>b</td></tr>'
    )
