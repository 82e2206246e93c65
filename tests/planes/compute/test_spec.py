from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.planes.compute import spec as room
from minett.planes.compute.spec import JobSpec, Limits, code_files, code_hash

GOOD = JobSpec("fit", ("python", "/code/fit.py"), Path("fit.py"))


def test_it_survives_json():
    whole = replace(
        GOOD,
        inputs={"a.parquet": Path("/data/a.parquet")},
        environment={"JOB_MODE": "fast", "LANG": "C.UTF-8"},
        limits=Limits(memory_mb=512, threads=2),
        open_data_only=True,
    )
    assert JobSpec.from_json(json.loads(json.dumps(whole.to_json()))) == whole


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "../x"}, room.JobNameUnusable),
        ({"command": ()}, room.JobCommandEmpty),
        ({"command": ("a\0b",)}, room.JobCommandUnusable),
        ({"command": ("a", "b" * 5000)}, room.JobCommandUnusable),
        ({"inputs": {"a/b": Path("x")}}, room.JobNameUnusable),
        ({"inputs": {str(number): Path("x") for number in range(101)}}, room.JobInputsTooMany),
        ({"environment": {"LD_PRELOAD": "x"}}, room.JobEnvironmentRefused),
        ({"environment": {"JOB_lower": "x"}}, room.JobEnvironmentRefused),
        ({"environment": {"JOB_A": "x\0"}}, room.JobEnvironmentRefused),
    ],
)
def test_what_cannot_be_used_is_refused_with_advice(change, error):
    with pytest.raises(error) as refused:
        replace(GOOD, **change)
    assert "%(" not in str(refused.value)


@given(st.sampled_from(sorted(room.RANGES)), st.integers() | st.floats() | st.booleans() | st.text())
def test_limits_lie_in_their_ranges_or_are_refused(name, value):
    least, most = room.RANGES[name]
    fits = type(value) is int and least <= value <= most
    try:
        made = Limits(**{name: value})
    except room.JobLimitOutOfRange:
        assert not fits
    else:
        assert fits
        assert getattr(made, name) == value


def test_a_permit_is_needed_for_inputs_that_are_not_open():
    governed = replace(GOOD, inputs={"a": Path("a")})
    assert governed.needs_permit
    assert not replace(governed, open_data_only=True).needs_permit
    assert not GOOD.needs_permit


class TestCode:
    def test_the_hash_follows_names_and_contents(self, tmp_path):
        (tmp_path / "a.py").write_text("1")
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "b.py").write_text("2")
        before = code_hash(tmp_path)
        assert [name for name, _ in code_files(tmp_path)] == ["a.py", "sub/b.py"]
        assert code_hash(tmp_path) == before
        (tmp_path / "a.py").write_text("2")
        changed = code_hash(tmp_path)
        (tmp_path / "a.py").rename(tmp_path / "c.py")
        assert len({before, changed, code_hash(tmp_path)}) == 3

    def test_links_are_not_followed(self, tmp_path):
        (tmp_path / "a.py").symlink_to("/etc/passwd")
        with pytest.raises(room.JobCodeUnusable):
            code_hash(tmp_path)

    def test_what_is_not_there_is_named_without_its_folder(self, tmp_path):
        with pytest.raises(room.JobCodeMissing) as refused:
            code_files(tmp_path / "none.py")
        assert str(tmp_path) not in str(refused.value)

    def test_too_much_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(room, "MOST_CODE_BYTES", 3)
        (tmp_path / "a.py").write_text("1234")
        with pytest.raises(room.JobCodeTooLarge):
            code_files(tmp_path)

    def test_an_input_must_be_a_plain_file(self, tmp_path):
        (tmp_path / "fit.py").touch()
        (tmp_path / "link").symlink_to("/etc/passwd")
        for path in (tmp_path, tmp_path / "link", tmp_path / "none"):
            with pytest.raises(room.JobInputMissing):
                replace(GOOD, code=tmp_path / "fit.py", inputs={"a": path}).check_files()
