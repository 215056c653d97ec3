"""The public interface: each documented example works, each name loads lazily, and each error is a sentence."""

import doctest
import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

import tracedial as td
from tracedial import notebook
from tracedial.measures.trace import COLUMNS, Trace, write_trace
from tracedial.recording.folder import SESSION_FILE
from tracedial.study.study_file import init_study

FUNCTIONS = [name for name in notebook.__all__ if inspect.isfunction(getattr(notebook, name))]


def make_session(folder):
    """A synthetic session of ten minutes: what `tracedial align` leaves, without journals."""
    rng = np.random.default_rng(1)
    for rater in ("client", "therapist"):
        (folder / rater).mkdir(parents=True)
        rating = np.clip(np.cumsum(rng.integers(-3, 4, 600)), -50, 50).astype(float)
        rating[7] = np.nan
        flags = ["unmoved" if second < 5 else "" for second in range(600)]
        filled = np.where(np.isnan(rating), 0.0, rating)
        trace = Trace(
            rater, rating, mean=filled, low=filled, high=filled, n=np.full(600, 50),
            offset_s=np.full(600, 0.001), bound_s=np.full(600, 0.002), flags=flags,
        )  # fmt: skip
        write_trace(trace, folder / rater / "trace.csv")
    video = {"name": "session.mp4", "sha256": "", "duration_s": 600.0}
    content = {
        "format": 2, "session": folder.name, "video": video, "raters": ["client", "therapist"], "synthetic": True,
    }  # fmt: skip
    (folder / SESSION_FILE).write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_session(tmp_path / "my-session")
    init_study(tmp_path / "my-study", preset="alliance", title="Mine")
    return tmp_path


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_documented_example_holds(here, name):
    (example,) = doctest.DocTestFinder(recurse=False).find(
        getattr(notebook, name), name, globs={"td": td, "np": np}, module=False
    )
    assert example.examples, f"{name} has no example"
    said = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_argument_and_result_is_described(name):
    function = getattr(notebook, name)
    text = inspect.getdoc(function)
    for parameter in inspect.signature(function).parameters.values():
        assert f"\n    {parameter.name}: " in text, parameter.name
        assert parameter.annotation is not inspect.Parameter.empty
    assert "\nReturns:" in text


def test_the_package_offers_what_the_notebook_module_says():
    assert td.__all__ == notebook.__all__
    assert set(notebook.__all__) <= set(dir(td))
    for name in td.__all__:
        assert getattr(td, name) is getattr(notebook, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        td.nonsense  # noqa: B018


def test_importing_it_and_asking_for_help_import_neither_numpy_nor_pandas_nor_matplotlib():
    heavy = "assert not {'numpy', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules), sorted(sys.modules)"
    for start in ("import tracedial as td; dir(td); td.__version__; from tracedial import cli",
                  "from click.testing import CliRunner; from tracedial.cli import main; "
                  "assert CliRunner().invoke(main, ['--help']).exit_code == 0"):  # fmt: skip
        done = subprocess.run([sys.executable, "-c", f"import sys; {start}; {heavy}"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_frame_has_the_columns_of_the_file_and_what_is_known_of_the_rater(here):
    frame = td.trace(td.read_session("my-session"), "client")
    assert list(frame.columns) == ["rating", "rated", *COLUMNS[2:]]
    assert list(frame.index) == list(range(600))
    assert frame["rated"].isna().to_numpy().nonzero()[0].tolist() == [0, 1, 2, 3, 4, 7]
    assert frame["rating"].isna().to_numpy().nonzero()[0].tolist() == [7]
    assert frame["flags"].tolist()[:9:8] == ["unmoved", ""]
    assert frame["offset_ms"].tolist() == [1.0] * 600 and frame["bound_ms"].tolist() == [2.0] * 600
    assert frame.attrs == {
        "rater": "client", "session": "my-session", "video": "session.mp4", "duration_s": 600.0, "synthetic": True,
        "software": f"tracedial {td.__version__}",
    }  # fmt: skip


def test_a_bare_csv_is_a_frame_too_and_seconds_that_it_leaves_out_have_no_rating(tmp_path):
    path = tmp_path / "client.csv"
    path.write_text("video_s,rating\n0,1\n2,3\n", encoding="utf-8")
    frame = td.trace(path)
    assert frame["rated"].tolist()[::2] == [1, 3] and np.isnan(frame["rated"][1])
    assert frame.attrs["rater"] == "client"


def test_the_measures_are_those_of_the_analysis(here):
    a, b = (td.trace("my-session", rater)["rated"] for rater in ("client", "therapist"))
    (pair,) = td.analyze("my-session", keep_start=True).pairs
    assert td.congruence(a, b).r == pair.congruence.r
    assert td.discrepancy(a, b, name_a="client", name_b="therapist").mean == pair.discrepancy.mean


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: td.trace("my-session", "nobody"), "no rater 'nobody'"),
        (lambda: td.read_session("nowhere"), "is no session folder"),
        (lambda: td.congruence([1, 2], [1, 2, 3]), "One trace has 2 seconds and the other 3"),
        (lambda: td.ruptures([[1, 2]]), "shape"),
        (lambda: td.ruptures([1, 2], lowest=3), "no setting lowest"),
        (lambda: td.analyze("my-session", lowest=3), "no setting lowest"),
        (lambda: td.icc([[1, 2], [2, 3]], "2_1"), "no form 2_1"),
        (lambda: td.ccc([[1, np.nan], [2, 3]]), "Fewer than two seconds"),
        (lambda: td.alpha([1, 2, 3]), "row a second"),
        (lambda: td.alpha([[1, 2]], level="some"), "no level some"),
        (lambda: td.kappa([0, 2], [0, 1]), "other numbers"),
    ],
)
def test_what_cannot_be_is_said(here, call, said):
    with pytest.raises(td.TracedialError, match=said):
        call()
