"""A suite without journeys."""


def test_nothing() -> None:
    pass
