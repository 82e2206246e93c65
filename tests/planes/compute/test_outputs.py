from __future__ import annotations

import os

import pytest

from minett.planes.compute import outputs
from minett.planes.compute.outputs import collect, measure


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_a_measure_adds_everything_up_without_following_links(out, tmp_path):
    (tmp_path / "elsewhere").write_bytes(bytes(10_000_000))
    (out / "link").symlink_to(tmp_path / "elsewhere")
    (out / "up").symlink_to(tmp_path)
    (out / "a").write_bytes(bytes(1_000_000))
    os.truncate(os.open(out / "sparse", os.O_CREAT | os.O_WRONLY), 2_000_000)
    found = measure(out)
    assert 3_000_000 <= found.bytes < 3_200_000
    assert (found.entries, found.hidden) == (4, False)


def test_a_tree_too_deep_to_count_is_called_hidden(out):
    (out / "/".join("d" * 20)).mkdir(parents=True)
    assert measure(out).hidden


def test_too_much_is_left_out_with_the_reason(out, tmp_path):
    for name in "abc":
        (out / name).write_bytes(bytes(100))
    found = collect(out, tmp_path / "t", most_bytes=250)
    assert len(found.files) == 2
    assert [why for _, why in found.refused] == [outputs.TOO_LARGE]
    few = collect(out, tmp_path / "few", most_bytes=1000, most_files=1)
    assert len(few.files) == 1
    assert [why for _, why in few.refused] == [outputs.TOO_MANY]


def test_a_deep_file_and_an_odd_name_are_refused(out, tmp_path):
    deep = out / "/".join("d" * 10)
    deep.mkdir(parents=True)
    (deep / "x").touch()
    odd = os.fsencode(out) + b"/\xff\x1b[31m"
    os.close(os.open(odd, os.O_CREAT))
    found = collect(out, tmp_path / "t", 1000)
    assert found.files == ()
    assert {why for _, why in found.refused} == {outputs.TOO_DEEP, outputs.UNSAFE_NAME}
    assert all(name.isascii() and name.isprintable() for name, _ in found.refused)


def test_the_copy_is_private_and_complete(out, tmp_path):
    (out / "a").write_bytes(b"x" * 3_000_000)
    (out / "a").chmod(0o4755)
    collect(out, tmp_path / "t", 10_000_000)
    copy = tmp_path / "t" / "a"
    assert copy.read_bytes() == b"x" * 3_000_000
    assert copy.stat().st_mode & 0o7111 == 0
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["a"]
