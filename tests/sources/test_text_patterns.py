import pytest

from lrdiag.errors import SourceError
from lrdiag.sources.plain_text import PlainTextSource
from lrdiag.sources.text_pairs import body_of, pairs, split_of
from lrdiag.sources.text_patterns import VARIABLE, load_patterns, user_patterns_from

OWN = """
patterns:
  - name: mine
    regex: 'it (?P<step>\\d+) >> (?P<a>[\\d.]+) / (?P<b>[\\d.]+)'
    tags: {a: train_loss, b: val_loss}
"""


def test_a_users_pattern_reads_the_users_log(tmp_path, monkeypatch):
    (tmp_path / "own.yml").write_text(OWN)
    log = tmp_path / "x.log"
    log.write_text("hello\nit 1 >> 0.9 / 1.0\nit 2 >> 0.8 / 0.9\n")
    source = PlainTextSource()
    assert not source.sniff(log, log.read_bytes())
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own.yml"))
    assert source.sniff(log, log.read_bytes())
    run = source.read([log], "x")
    assert run.series["train_loss"].value.tolist() == [0.9, 0.8]
    assert run.series["val_loss"].step.tolist() == [1, 2]


def test_user_patterns_take_linear_time():
    (pattern,) = user_patterns_from([{"regex": "(?P<loss>(a+)+)$"}], "test")
    assert pattern.groups("a" * 4_000 + "!") is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"regex": "(?P<loss>"}, r"invalid: missing"),
        ({"regex": r"(?P<loss>a)\1"}, r"invalid: invalid escape"),
        ({"regex": "loss (\\d+)"}, "named group"),
        ({"name": "x"}, "no `regex`"),
        ({"regex": "(?P<a>x)", "regexp": "y"}, "regexp"),
        ({"regex": "(?P<a>x)" * 1000}, "longer"),
        ({"regex": "(?P<a>x)", "tags": "y"}, "mapping"),
        ("x", "no `regex`"),
    ],
)
def test_mistakes_are_named(entry, message):
    with pytest.raises(SourceError, match=r"own\.yml, pattern 1") as error:
        user_patterns_from([entry], "own.yml")
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["", "patterns: 3", "- a", "{"])
def test_a_file_without_patterns_is_an_error(tmp_path, text):
    path = tmp_path / "own.yml"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"own\.yml"):
        load_patterns(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss: 0.5, acc=70%", [("loss", 0.5), ("acc", 70.0)]),
        ("eta: 6:03:37, time: 0.288", [("time", 0.288)]),
        ("Loss 7.0 (7.1) Acc@1 0.39 (0.10)", [("Loss", 7.0), ("Acc@1", 0.39)]),
        ("Accuracy: 98/100 (98%)", [("Accuracy", 0.98)]),
        ("val loss nan", [("val loss", float("nan"))]),
        ("words: 1,234.5 tokens", [("words", 1234.5)]),
        ("saved 12 files in 3 folders", []),
        ("at 2024-08-20", []),
    ],
)
def test_pairs(text, expected):
    found = [(p.name, p.value) for p in pairs(text)]
    assert repr(found) == repr(expected)


def test_fronts_of_lines_are_taken_off():
    assert body_of("INFO:root:Epoch[0]") == "Epoch[0]"
    assert body_of("2024-08-20 23:52:38,790 - mmdet - INFO - Epoch [1]") == "Epoch [1]"
    assert body_of("[2024-08-20T23:52:38] WARNING x.py:12] step 3") == "step 3"
    assert body_of("s:0 trl:11") == "s:0 trl:11"


def test_splits_at_the_front():
    assert split_of("Test set: Average loss: 0.5") == "test"
    assert split_of("Train-accuracy=0.5") == ""
    assert split_of("loss 0.5 test") == ""
