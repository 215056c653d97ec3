"""Settings and fixtures of all tests."""

import hypothesis
import pytest

from simulated import SimulatedDial

# The speed of a machine is no property of the code: no deadlines. The same examples every time: no luck either.
hypothesis.settings.register_profile(
    "tracedial", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tracedial")


def pytest_addoption(parser):
    parser.addoption("--device", metavar="PORT", help="run tests/device on the dial at this port")
    parser.addoption("--device-knob", metavar="COMMAND", help="moves its knob; {raw} is 0 .. 65535, cut, or mend")
    parser.addoption("--device-minutes", type=float, default=0.5, help="how long the soak of tests/device lasts")


def pytest_collection_modifyitems(config, items):
    # What waits begins first: what computes fills its waiting on other workers, and no file waits alone at the end.
    items.sort(key=lambda item: item.get_closest_marker("real_time") is None)
    if not config.getoption("--device"):
        for item in items:
            if item.get_closest_marker("device"):
                item.add_marker(pytest.mark.skip(reason="needs a board: --device PORT"))


@pytest.fixture
def simulated():
    return SimulatedDial()


@pytest.fixture(scope="session")
def short_video(tmp_path_factory):
    """A test video of a minute."""
    from tracedial.emulation.synthetic import write_video

    path = tmp_path_factory.mktemp("video") / "session.mp4"
    write_video(path, 60)
    return path
