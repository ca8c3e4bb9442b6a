import pytest

from convbench.config.tasks import Task


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("digits@100", Task("digits", 100)),
        ("digits", Task("digits", None)),
        ("medmnist/pneumoniamnist@50", Task("medmnist/pneumoniamnist", 50)),
    ],
)
def test_a_task_is_written_as_it_is_read(name, task):
    assert Task.parse(name) == task
    assert str(task) == name
