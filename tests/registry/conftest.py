"""A database on disk for each test."""

import pytest
from small_town import take

from tests.prepared import opened


@pytest.fixture
def database(address):
    database = opened(address)
    yield database
    database.close()


@pytest.fixture
def taken(database):
    """With the small town in it."""
    take(database)
    return database
