"""The studio record, and configs refused with the name that was meant."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivium.core.studio import Studio, field_names, parse_config, resolve
from trivium.errors import BadConfig, NotFound, StudioError, UserCodeError


class Car(BaseModel):
    model_config = ConfigDict(extra="forbid")
    speed_max_mps: float = Field(2.0, gt=0)


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")
    batch_size: int = Field(64, ge=1)
    car: Car = Field(default_factory=Car)

    @model_validator(mode="after")
    def _check(self) -> Config:
        if self.batch_size == 13:
            raise ValueError("thirteen brings bad luck")
        return self


TARGET = f"{__name__}:Config"
STUDIO = Studio("s", "Toy", "x", "#000", entries={"train": "a.b:c"}, configs={"train": TARGET})


@pytest.mark.parametrize(("values", "sentence", "hint"), [
    ({"batchsize": 1}, "batchsize: There is no such setting.", "Did you mean batch_size?"),
    ({"car": {"max_speed_mps": 1}}, "car.max_speed_mps: There is no such setting.", "Did you mean car.speed_max_mps?"),
    ({"speed_max": 1}, "speed_max: There is no such setting.", "Did you mean car.speed_max_mps?"),
    ({"zzz": 1}, "zzz: There is no such setting.", "Correct the field and try again."),
    ({"batch_size": 0}, "batch_size: must be at least 1.", "Correct the field and try again."),
    ({"batch_size": 13}, "thirteen brings bad luck.", "Correct the field and try again."),
])
def test_what_is_wrong_is_said(values: dict[str, object], sentence: str, hint: str) -> None:
    with pytest.raises(BadConfig) as caught:
        STUDIO.config("train", values)
    assert (caught.value.message, caught.value.hint) == (sentence, hint)
    assert caught.value.errors and caught.value.detail == {"errors": caught.value.errors}


def test_good_values_become_the_model() -> None:
    config = parse_config(TARGET, {"car": {"speed_max_mps": 3}})
    assert isinstance(config, Config) and config.car.speed_max_mps == 3.0
    assert field_names(Config) == ["batch_size", "car", "car.speed_max_mps"]


def test_an_unknown_kind_is_not_found() -> None:
    with pytest.raises(NotFound, match="train"):
        STUDIO.entry("fly")


def test_targets_resolve_by_name() -> None:
    assert resolve("trivium.errors:StudioError") is StudioError
    with pytest.raises(ValueError, match="module:name"):
        resolve("trivium.errors")


def test_every_error_has_a_code_and_an_http_status() -> None:
    todo, seen = [StudioError], []
    while todo:
        kind = todo.pop()
        seen.append(kind)
        todo += kind.__subclasses__()
    assert len(seen) > 10
    assert all(400 <= kind.status < 600 and kind.code for kind in seen)
    error = UserCodeError("It broke.", "Mend it.", line=3, step=7, params={"x": 1}, type="ZeroDivisionError")
    assert str(error) == "It broke. Mend it." and error.detail["line"] == 3 and error.reason == "user_code_error"
