import pytest

from lrdiag.sources.tensorboard_csv import TensorBoardCsvSource, tag_of


def test_a_downloaded_series(tmp_path):
    path = tmp_path / "run-exp_version_0-tag-train_loss.csv"
    path.write_text("Wall time,Step,Value\n1700000000.5,0,0.9\n1700000001.5,10,0.8\n")
    source = TensorBoardCsvSource()
    assert source.sniff(path, path.read_bytes())
    run = source.read([path], "x")
    assert list(run.series) == ["train_loss"]
    assert run.series["train_loss"].step.tolist() == [0, 10]
    assert run.series["train_loss"].wall_time.tolist() == [1700000000.5, 1700000001.5]
    assert [s.points for s in run.sources] == [2]


@pytest.mark.parametrize(
    ("stem", "tag"),
    [
        ("run-a-tag-loss", "loss"),
        ("run-.-tag-epoch_loss (1)", "epoch_loss"),
        ("anything", "anything"),
    ],
)
def test_tags_in_file_names(stem, tag):
    assert tag_of(stem) == tag
