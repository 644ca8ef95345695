"""Files of prompts and answers: whatever is wrong with one is a sentence that names the field and the lines."""

import re

import pytest

from arena.errors import Refused
from arena.evaluation import set_files, sheets
from arena.evaluation.formats import Format
from arena.evaluation.set_files import Prompt
from arena.evaluation.sheets import Form, Intake
from judge import Kind

HEAD = b"id,prompt,category,reference,kind\n"


def test_both_forms_say_the_same() -> None:
    csv = set_files.prompts(b"\xef\xbb\xbf" + HEAD + b'a,"One\r\n""two""",x,18,numeric\r\nb,Three,,,\r\n', Form.CSV)
    first = b'{"id":"a","prompt":"One\\n\\"two\\"","category":"x","reference":18,"kind":"numeric"}'
    lines = first + b'\n\n{"id":"b","prompt":"Three"}'
    assert csv == set_files.prompts(lines, Form.JSON_LINES)
    assert csv[0] == Prompt(id="a", prompt='One\n"two"', category="x", reference="18", kind=Kind.NUMERIC)


def test_answers_are_plain_unless_they_say_otherwise() -> None:
    given = set_files.answers(b"id,answer,format\na,1,\na,2,lines\n", Form.CSV)
    assert [(one.line, one.answer, one.format) for one in given] == [(2, "1", Format.PLAIN), (3, "2", Format.LINES)]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEAD + b"a,x,,,\nb,y,,,\na,z,,,\n", "Field “id”, line 2, 4: each prompt needs an id"),
        (HEAD + b"a,x,,,\n,y,,,\n", "Field “id”, line 3: an id has 1 to 100"),
        (HEAD + b"a,x,,,\nb,,,,\n", "Field “prompt”, line 3: it is empty"),
        (HEAD + b'a,"1\n2",,,\nb,y,,,numeric\n', "Field “reference”, line 4: the reference is missing"),
        (HEAD + b"a,x,,18,\n", "Field “kind”, line 2: say how"),
        (HEAD + b"a,x,,18,sum\n", "Field “kind”, line 2: there is no such kind"),
        (HEAD + b"a,x,,none,numeric\n", "Field “reference”, line 2: the reference holds nothing"),
        (HEAD + b"a,x\x07,,,\n", "Field “prompt”, line 2: it holds a control"),
        (HEAD + b"a,x,,\n", "Field “reference”, line 2: this record has 4 fields"),
        (HEAD + b'a,"x"y,,,\n', "Line 2: the record that begins here can't be read"),
        (HEAD + b"a,Z\xfcrich,,,\n", "Field “prompt”, line 2: the text is not UTF-8"),
        (b"\xef\xbb\xbf" + HEAD + b"\xfc,y,,,\n", "Field “id”, line 2: the text is not UTF-8"),
        (HEAD.decode().encode("utf-16"), "line 1: the text is not UTF-8"),
        (b"id,prompt,score\na,x,1\n", "Field “score”, line 1: it is not among"),
        (b"id,id\na,x\n", "Field “id”, line 1: it is not among those read here, each once"),
        (b"id,category\na,x\n", "Field “prompt”, line 2: it is missing"),
        (b"", "The file holds nothing"),
        (HEAD, "The file holds nothing"),
    ],
)
def test_a_faulty_csv_of_prompts_is_refused_with_field_and_line(data: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        set_files.prompts(data, Form.CSV)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"id":"a","answer":"x"}\n[1]', "Line 2 is no JSON object"),
        (b'{"id":"a","answer":"x"}\n{"id":"b","answer":["x"]}', "Field “answer”, line 2: it must be a text"),
        (b'{"id":"a","answer":"x"}\n{"id":"b"}', "Field “answer”, line 2: it is missing"),
        (b'{"id":"a","answer":"x"}\n{"id":"b","answer":null}', "Field “answer”, line 2: it is missing"),
        (b'{"id":"a","answer":"x\xff"}', "Field “answer”, line 1: the text is not UTF-8"),
        (
            b'{"id":"a","answer":"x"}\n{"id":"a","answer":"y"}',
            "Field “id”, line 1, 2: the same prompt is answered twice",
        ),
        (b'{"id":"a","answer":"x","format":"loud"}', "Field “format”, line 1: there is no such format"),
        (b"[" * 100_000, "Line 1 is no JSON object"),
    ],
)
def test_faulty_json_lines_of_answers_are_refused_with_field_and_line(data: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        set_files.answers(data, Form.JSON_LINES)


@pytest.mark.parametrize(
    ("form", "begin"),
    [(Form.JSON_LINES, b'{"id":"a","prompt":"x"}\n{"id":"b","prompt":"'), (Form.CSV, HEAD + b'b,"x, ')],
)
def test_a_line_of_50_megabytes_is_named_with_its_field_and_not_kept(form: Form, begin: bytes) -> None:
    intake = Intake(form)
    intake.take(begin)
    for _ in range(800):
        intake.take(b"x" * 65_536)
    with pytest.raises(Refused, match="Field “prompt”, line 2: the line is longer than 1,048,576 bytes"):
        intake.whole()
    assert sum(map(len, intake._pieces)) < 2 * sheets.MOST_LINE_BYTES


def test_a_file_that_arrives_in_pieces_is_the_file() -> None:
    data = HEAD + b"a,x,,,\n" * 3
    intake = Intake(Form.CSV)
    for place in range(0, len(data), 5):
        intake.take(data[place : place + 5])
    assert intake.whole() == data


def test_of_many_wrong_lines_the_first_are_named() -> None:
    data = HEAD + b"".join(b"%d,,,,\n" % number for number in range(30))
    with pytest.raises(Refused, match="line 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …: it is empty"):
        set_files.prompts(data, Form.CSV)
