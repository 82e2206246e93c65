"""Who sees a model: the list and the door agree for everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minett.apps.registry import access, queries
from minett.apps.registry.models import ModelVersion
from minett.kernel.actor import robot
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.cast import Cast

SEES = {"founder", "engineer", "adviser", "reviewer", "manager", "auditor"}


def opens(actor, version_id: int) -> bool:
    try:
        access.obtain(actor, Action.MODEL_VIEW, version_id)
    except Absent:
        return False
    return True


def test_the_list_shows_what_the_door_opens_for_everybody(cast: Cast, registered: ModelVersion):
    for name, actor in cast.actors().items():
        listed = registered in access.visible(actor)

        assert listed == opens(actor, registered.pk) == (name in SEES), name


@pytest.mark.parametrize(("scopes", "sees"), [({"model:model:view"}, True), ({"case:*"}, False), ({"model:*"}, True)])
def test_a_token_sees_models_only_with_their_scope(cast: Cast, registered: ModelVersion, scopes, sees):
    actor = replace(cast.engineer.actor, scopes=frozenset(scopes))

    assert (registered in access.visible(actor)) == opens(actor, registered.pk) == sees


def test_hidden_looks_like_missing_and_seen_is_told_why(cast: Cast, registered: ModelVersion):
    with pytest.raises(Absent):
        access.obtain(cast.rival.actor, Action.MODEL_RELEASE, registered.pk)
    with pytest.raises(Absent):
        access.obtain(cast.founder.actor, Action.MODEL_VIEW, registered.pk + 1000)
    with pytest.raises(NotAllowed) as refused:
        access.obtain(cast.founder.actor, Action.MODEL_RELEASE, registered.pk)
    assert refused.value.data["rule"] == "four-eyes"


def test_the_list_is_narrowed_by_state_case_and_words(cast: Cast, registered: ModelVersion):
    actor = cast.engineer.actor

    assert list(queries.listing(actor, state="registered", search="triage")) == [registered]
    assert list(queries.listing(actor, search="Ferrum", case_id=registered.model.case_id)) == [registered]
    assert not queries.listing(actor, state="released")
    assert not queries.listing(actor, search="nothing like it")


def test_only_who_may_decide_has_it_on_the_desk(cast: Cast, reported: ModelVersion):
    assert queries.waiting_for_reviewer(cast.reviewer.actor) == [reported]
    for other in (cast.manager, cast.engineer, cast.rival, cast.adviser):
        assert queries.waiting_for_reviewer(other.actor) == []


def test_a_sheet_takes_four_queries(cast: Cast, reported: ModelVersion, django_assert_num_queries):
    with django_assert_num_queries(4):
        sheet = queries.detail(robot("reader"), reported.pk)
        _ = sheet.version.model.organisation.display_name, sheet.version.author.name, sheet.version.model.case.number
    assert sheet.report is not None
    assert sheet.evaluation is not None
    assert sheet.release is None
