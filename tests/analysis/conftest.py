import pytest


@pytest.fixture(autouse=True, scope="module")
def collected_by_python_alone():
    """Keep statsmodels from collecting garbage at every correction: 0.1 s, in thousands of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda: 0)
        yield
