"""From a steward's decision to data that can be used: review, snapshot, activation, and the end of grants."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minett.apps.grants import access, queries, services
from minett.apps.grants.models import AccessRequest, Grant
from minett.journeys import equipment
from minett.kernel.actor import Actor
from minett.planes.data import policy_tree
from minett.planes.data.port import SnapshotFile
from minett.planes.data.schema import TableSchema
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.states import GRANT


@transaction.atomic
def decide_request(
    actor: Actor, *, now: datetime, request_id: int, vote: str, reason: str, content_sha256: str
) -> AccessRequest:
    """Review a request (see `grants.services.review`); after an approval the worker builds the snapshot."""
    request = services.review(
        actor, now=now, request_id=request_id, vote=vote, reason=reason, content_sha256=content_sha256
    )
    grant = queries.grant_of(request)
    if grant is not None:
        equipment.current().enqueue("build_snapshot", grant_id=grant.pk)
    return request


def build_snapshot(robot: Actor, *, now: datetime, grant_id: int) -> Grant:
    """Write out what a grant shows, and let the grant be used; may be killed and run again at any point.

    A grant that is active or has ended meanwhile is left as it is, and one whose time is over is ended.
    Raises the errors of `DataEngine.materialise`.
    """
    grant = access.obtain_grant(robot, Action.GRANT_BUILD, grant_id, now=now)
    if "activate" not in GRANT.commands(grant.state):
        return grant
    if now >= grant.until_at:
        return services.expire(robot, now=now, grant_id=grant_id)
    return _activated(robot, now, grant, _written(robot, now, grant))


def _written(robot: Actor, now: datetime, grant: Grant) -> SnapshotFile:
    """Have the engine write the snapshot under a signed permit; a finished one is returned as it is."""
    house = equipment.current()
    token = services.permit_to_build(robot, now=now, grant_id=grant.pk)
    return house.data.materialise(
        permit.read(token, permit.public_key_of(house.signing_key), now),
        policy_tree.from_json(grant.tree),
        TableSchema.from_json(grant.version.schema),
        house.store.absolute(grant.version.path),
        house.store.folder("snapshots"),
        now,
    )


@transaction.atomic
def _activated(robot: Actor, now: datetime, grant: Grant, built: SnapshotFile) -> Grant:
    """Activate the grant, unless it was revoked or activated while the file was being written."""
    fresh = Grant.objects.select_for_update().get(pk=grant.pk)
    if "activate" not in GRANT.commands(fresh.state):
        return access.obtain_grant(robot, Action.GRANT_VIEW, grant.pk, now=now)
    path = equipment.current().store.relative(built.path)
    return services.activate(robot, now=now, grant_id=grant.pk, built=built, path=path)


def sweep(robot: Actor, *, now: datetime) -> int:
    """End every grant whose time is over; returns how many these were."""
    return services.expire_due(robot, now=now)
