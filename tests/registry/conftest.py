"""A database on disk for each test."""

import pytest
from small_town import take

import alerts.registry.tables  # noqa: F401  # its tables are made by `create`
from events.keepers import make_database


@pytest.fixture
def database(address):
    database = make_database(address)
    database.create()
    yield database
    database.close()


@pytest.fixture
def taken(database):
    """With the small town in it."""
    take(database)
    return database
