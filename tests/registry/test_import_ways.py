"""How people would rather be told, and what their phones are good for, comes from the file and is recorded once."""

import pytest
from small_town import LATER, changed, line_of, news, take, the_new

from alerts.registry.importing import ImportRefused
from events.types.channel import PersonPreferencesSet
from events.types.home import PhoneVerified

pytestmark = pytest.mark.both

WATCHER = 'role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]'


def test_who_would_rather_be_called_and_slowly_is_recorded_once_and_taken_back(taken):
    words = changed((WATCHER, f"voice_first: true, slow_speech: true, {WATCHER}"))
    new = the_new(taken, words)
    assert (new.event, new.at) == (PersonPreferencesSet(person="p-w01", voice_first=True, slow_speech=True), LATER)
    assert news(taken, words) == []
    assert the_new(taken, changed()).event == PersonPreferencesSet(person="p-w01")


def test_a_phone_that_turns_out_to_be_a_landline_is_recorded_and_keeps_its_id(taken):
    words = changed(('000001", verified: 2026-01-05}', '000001", verified: 2026-01-05, sms: false}'))
    assert the_new(taken, words).event == PhoneVerified(person="p-w01", phone="ph-p-w01-1", sms=False)
    assert news(taken, words) == []


def test_a_phone_that_is_good_for_nothing_is_refused_with_its_line(taken):
    words = changed(('000001", verified: 2026-01-05}', '000001", verified: 2026-01-05, sms: false, voice: false}'))
    with pytest.raises(ImportRefused) as refused:
        take(taken, words)
    assert [fault.line for fault in refused.value.faults] == [line_of(words, "000001")]
