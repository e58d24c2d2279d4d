"""Device models are files people may add; a faulty one is named with its field."""

import pytest

from ingest.models import ModelFaulty, load_models

NAMES = {"motion-pir", "door-contact", "sos-button", "co-alarm", "co-sensor", "smoke-alarm", "gas-alarm", "power-plug", "climate",
         "water-leak", "gateway"}  # fmt: skip


def test_every_model_a_town_file_may_name_is_there():
    models = load_models()
    assert set(models) == NAMES
    assert models["co-alarm"].kind == "co"
    assert models["power-plug"].use_floor is None  # a fridge must not keep a dead person alive


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("kind: sonar\nname: {zh: 声, en: s}\ninterval_s: 60\nbattery: true", "kind"),
        ("kind: motion\nname: {zh: 声, en: s}\ninterval_s: 0\nbattery: true", "interval_s"),
        ("kind: motion\nname: {zh: 声, en: s}\ninterval_s: 60", "battery"),
        ("kind: motion\nname: {zh: 声, en: s}\ninterval_s: 60\nbattery: true\nbatery: 1", "batery"),
    ],
)
def test_a_faulty_model_is_named_with_its_field(tmp_path, text, field):
    (tmp_path / "radar.yaml").write_text(text)
    with pytest.raises(ModelFaulty, match=rf"radar\.yaml.*{field}"):
        load_models(tmp_path)
