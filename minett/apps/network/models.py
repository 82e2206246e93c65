"""Other factories and antennas, and how this installation is linked with them."""

from __future__ import annotations

from django.db import models


class Peer(models.Model):
    """Another AI Factory or antenna of the network, as the pack lists it."""

    entry = models.OneToOneField("catalogue.PackEntry", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8)
    country = models.CharField(max_length=2)
    place = models.CharField(max_length=120, blank=True)
    machine = models.CharField(max_length=200, blank=True)
    # True where this factory serves the peer's companies, or the peer serves ours.
    is_linked = models.BooleanField(default=False)
