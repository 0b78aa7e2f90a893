import pytest

from integrations.tables import read


def problems(content: bytes) -> list[tuple[int, str, str]]:
    found = read("x.csv", content, ["id", "title"]).problems
    assert all(each.message for each in found)
    return [(each.line, each.column, each.code) for each in found]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(0, "", "empty_file")]),
        (b"\n \n,\n", [(0, "", "empty_file")]),
        (b"id\n1\n", [(1, "title", "missing_column")]),
        (b"\n\nid\n1\n", [(3, "title", "missing_column")]),
        (b"id;title\n1;a\n", [(1, "", "wrong_delimiter")]),
        (b"id\ttitle\n1\ta\n", [(1, "", "wrong_delimiter")]),
        (b"id,title,id\n1,a,2\n", [(1, "id", "duplicate_column")]),
        (b",".join(b"c%d" % number for number in range(10_000)), [(1, "", "too_many_columns")]),
        (b"id,title\n1,a\n2\n3,b,c\n", [(3, "", "wrong_cell_count"), (4, "", "wrong_cell_count")]),
        (b'id,title\n1,"a\nb"\n2\n', [(4, "", "wrong_cell_count")]),
        (b'id,title\n1,"a\n2,b\n', [(2, "", "not_csv")]),
        (b'id,title\n1,"a"b\n', [(2, "", "not_csv")]),
        (b"id,title\n1," + b"x" * 200_000 + b"\n", [(2, "", "not_csv")]),
        (b"id,title\n1,a\0b\n", [(2, "", "nul_character")]),
        ("id,title\n1,å\n".encode("latin-1"), [(2, "", "wrong_encoding")]),
        ("id,title\n1,å\n".encode("utf-16"), [(1, "", "wrong_encoding")]),
        (b"\x00\x01\x02", [(1, "", "nul_character")]),
        (b"\xff\xd8\xff\xe0 a picture", [(1, "", "wrong_encoding")]),
    ],
)
def test_what_is_no_table_is_told_with_its_line(content, expected):
    assert problems(content) == expected


def test_a_very_large_file_is_refused_unread(monkeypatch):
    monkeypatch.setattr("integrations.tables.LARGEST_FILE", 10)
    assert problems(b"id,title\n1,a\n") == [(0, "", "file_too_large")]


@pytest.mark.parametrize(
    "content",
    [
        b"id,title\n1,a\n",
        b"\xef\xbb\xbfid,title\r\n1,a\r\n",
        b'Title , "ID"\na,1',
        b'id,title,more\n\n1," a ",x\n\n',
        b'"id","title"\r"1","a"\r',
    ],
)
def test_marks_line_ends_quotes_blanks_and_the_order_of_columns_do_not_matter(content):
    table = read("x.csv", content, ["id", "title"])
    assert table.problems == []
    assert [{name: row.cells[name] for name in ("id", "title")} for row in table.rows] == [{"id": "1", "title": "a"}]


def test_columns_that_nobody_reads_are_named():
    assert read("x.csv", b"id,title,colour\n", ["id", "title"]).unread == ["colour"]


def test_a_cell_keeps_its_line_breaks_quotes_and_commas():
    [row] = read("x.csv", 'id,title\n1,"«a», ""b""\n雪"\n'.encode(), ["id", "title"]).rows
    assert row.cells["title"] == '«a», "b"\n雪'
