from __future__ import annotations

import pytest

from minett.web import context


@pytest.fixture
def no_pack(monkeypatch):
    monkeypatch.setattr(context, "factory_name", lambda: "Test factory")
