"""Several writers of one run: the later one wins from its first step."""

import event_codec as codec
import pytest

from lrdiag.sources.tensorboard import TensorBoardSource


@pytest.fixture
def read(tmp_path):
    def read_files(*contents):
        paths = []
        for k, frames in enumerate(contents):
            path = tmp_path / f"events.out.tfevents.17000{k}.host"
            path.write_bytes(b"".join(frames))
            paths.append(path)
        return TensorBoardSource().read(paths, "run")

    return read_files


def writer(first, last, wall, tags=("loss",), session=None, value=0.0):
    frames = [codec.frame(codec.event(wall=wall, version="brain.Event:2"))]
    if session is not None:
        frames.append(codec.frame(codec.event(session, wall, session=1)))
    for step in range(first, last):
        frames += [
            codec.frame(codec.event(step, wall + step, [codec.scalar(tag, step + value)]))
            for tag in tags
        ]
    return frames


def test_the_later_writer_wins_from_its_first_step(read):
    run = read(writer(0, 50, 1000.0), writer(40, 80, 9000.0, value=0.5))
    loss = run.series["loss"]
    assert loss.step.tolist() == list(range(80))
    assert loss.value[39:41].tolist() == [39.0, 40.5]
    assert (loss.superseded, loss.restarts) == (10, (40,))
    (problem,) = run.problems
    assert (problem.kind, problem.severity) == ("restart", "info")
    assert "10 earlier points" in problem.message


def test_a_restart_is_told_at_the_first_step_of_any_tag(read):
    later = writer(60, 80, 9000.0, ("lr",)) + writer(40, 80, 9000.0)[1:]
    run = read(writer(0, 70, 1000.0, ("loss", "lr")), later)
    (problem,) = run.problems
    assert problem.message.startswith("restart at step 40: ")
    assert "40 earlier points" in problem.message


def test_two_restarts_at_one_step_are_told_once(read):
    run = read(writer(0, 50, 1000.0), writer(40, 60, 9000.0), writer(40, 70, 20_000.0))
    loss = run.series["loss"]
    assert loss.step.tolist() == list(range(70))
    assert (loss.superseded, loss.restarts) == (30, (40,))


def test_the_order_of_names_does_not_matter(read):
    run = read(writer(40, 80, 9000.0, value=0.5), writer(0, 50, 1000.0))
    assert run.series["loss"].superseded == 10
    assert run.series["loss"].value[-1] == 79.5


def test_a_session_start_purges_all_tags(read):
    run = read(writer(0, 50, 1000.0, ("loss", "lr")), writer(30, 40, 9000.0, session=30))
    assert run.series["lr"].step.tolist() == list(range(30))
    assert run.series["lr"].superseded == 20
    assert run.series["loss"].step.tolist() == list(range(40))


def test_a_session_start_in_the_middle_of_a_file(read):
    again = writer(20, 60, 1000.0, session=20, value=0.5)[1:]
    run = read([*writer(0, 50, 1000.0), *again])
    assert run.series["loss"].step.tolist() == list(range(60))
    assert run.series["loss"].value[20] == 20.5
    assert run.series["loss"].superseded == 30


def test_writers_of_other_tags_supersede_nothing(read):
    run = read(writer(0, 50, 1000.0), writer(0, 50, 9000.0, ("lr",)))
    assert {t: len(s) for t, s in run.series.items()} == {"loss": 50, "lr": 50}
    assert run.problems == ()


def test_writers_at_the_same_time_are_both_kept(read):
    run = read(writer(0, 50, 1000.0), writer(0, 50, 1000.5, value=0.5))
    assert len(run.series["loss"]) == 100
    assert run.series["loss"].superseded == 0


def test_a_copy_is_read_once_and_named(read):
    run = read(writer(0, 50, 1000.0), writer(0, 50, 1000.0))
    assert len(run.series["loss"]) == 50
    assert [p.kind for p in run.problems] == ["duplicate-file"]


def test_a_copy_of_the_beginning_adds_nothing(read):
    run = read(writer(0, 50, 1000.0), writer(0, 20, 1000.0))
    assert run.series["loss"].step.tolist() == list(range(50))


def test_hparams_become_params(tmp_path):
    tensorboardx = pytest.importorskip("tensorboardX")
    writer_ = tensorboardx.SummaryWriter(str(tmp_path))
    writer_.add_hparams({"lr": 0.1, "name": "sgd", "nesterov": True}, {"loss": 1.0}, name=".")
    writer_.close()
    run = TensorBoardSource().read(sorted(tmp_path.glob("*tfevents*")), "run")
    assert run.params == {"lr": 0.1, "name": "sgd", "nesterov": True}
    assert "tfevents" in run.params_origin
