"""Whatever is in the file, the answer is a plan or a refusal that names lines; nothing else ever comes out."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_town import MODELS, TOWN

from alerts.registry import importing
from alerts.registry.importing import ImportRefused, Plan, tree

LINES = TOWN.splitlines(keepends=True)
WHOLE = yaml.safe_load(TOWN)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
KEYS = st.sampled_from(
    [
        "town",
        "people",
        "villages",
        "grids",
        "sites",
        "homes",
        "id",
        "name",
        "role",
        "phones",
        "number",
        "since",
        "devices",
        "head",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6),
    max_leaves=30,
)
PIECES = st.sampled_from(
    ["\t", "\0", "&a", "*a", "<<:", "? ", "- ", "!!int ", "!x ", "%YAML 1.1\n", "---\n", "...\n", "|", ">", '"\\ud800"',
     "[", "]", "{", "}", "\u2028", "\ufeff", "\r", "'", '"', "#", "0o7", ".inf", "2026-13-45", "1e999", "\x85", "😀", ":",
     "%TAG ! !\n", "@", "`", '"\\U00110000"', "\ud800"]
)  # fmt: skip


@pytest.fixture(params=["built-in parser", "pure Python parser"], autouse=True, scope="module")
def parser(request):
    """The faster parser is not built in everywhere."""
    was = tree._LOADER
    tree._LOADER = yaml.SafeLoader if request.param == "pure Python parser" else was
    yield
    tree._LOADER = was


def written(document: object) -> str:
    return str(yaml.dump(document, Dumper=DUMPER, allow_unicode=True))


def asked(text: str) -> None:
    try:
        assert isinstance(importing.check(text, MODELS, now=0), Plan)
    except ImportRefused as refused:
        assert refused.faults
        for fault in refused.faults:
            assert (
                0 <= fault.line <= text.count("\n") + text.count("\r") + text.count("\u2028") + text.count("\x85") + 2
            )
            assert fault.message_zh
            assert fault.message_en


SLOW_OK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    "text",
    [
        'a: "\\UFFFFFFFF"', 'a: "\\U00110000"', 'a: "\\ud800"', f"%YAML {'9' * 5000}.1\n---\na", "[" * 5000, "- " * 5000,
        "{a: " * 5000, f"a: {'1' * 5000}", f"town: {{id: {'x' * 100_000}}}", "a: &a [*a]", "\ud800", "\0", "!<\0> a",
        "a: !!binary zzz", "!!set {a, b}", "? |\n  a\n: b", "a: 'b", "%TAG ! \n---\na", "*", "&", "!", "- - - \t- a",
    ],
)  # fmt: skip
def test_texts_that_broke_parsers_before(text):
    with pytest.raises(ImportRefused):
        importing.check(text, MODELS)
    asked(text)


@SLOW_OK
@given(st.text(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t0.", max_size=80))
def test_any_text(text):
    asked(text)


@SLOW_OK
@given(VALUES)
def test_any_document(document):
    asked(written(document))


@SLOW_OK
@given(VALUES, st.sampled_from(["town", "people", "villages", "grids", "sites", "homes"]))
def test_anything_in_the_place_of_a_part(part, key):
    asked(written(WHOLE | {key: part}))


@SLOW_OK
@given(st.data())
def test_a_town_into_which_something_slipped(data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[n])))
        match data.draw(st.sampled_from(["insert", "drop", "double", "cut"])):
            case "insert":
                lines[n] = lines[n][:cut] + data.draw(PIECES | st.text(max_size=3)) + lines[n][cut:]
            case "drop":
                lines[n] = ""
            case "double":
                lines[n] *= 2
            case "cut":
                lines[n] = lines[n][:cut]
    asked("".join(lines))


@SLOW_OK
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, raw):
    file = tmp_path_factory.mktemp("bytes") / "town.yaml"
    file.write_bytes(raw)
    with pytest.raises(ImportRefused):
        importing.check(file, MODELS)
