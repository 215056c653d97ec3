"""Settings and fixtures of all tests."""

import hypothesis
import pytest

from simulated import SimulatedDial

# The speed of a machine is no property of the code: no deadlines. The same examples every time: no luck either.
hypothesis.settings.register_profile(
    "tracedial", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tracedial")


@pytest.fixture
def simulated():
    return SimulatedDial()


@pytest.fixture(scope="session")
def short_video(tmp_path_factory):
    """A test video of a minute."""
    from tracedial.synthetic import write_video

    path = tmp_path_factory.mktemp("video") / "session.mp4"
    write_video(path, 60)
    return path
