"""Give the chain its one end row, before anybody writes."""

from __future__ import annotations

from django.db import migrations


def open_chain(apps, schema_editor):
    apps.get_model("ledger", "Head").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(open_chain, migrations.RunPython.noop)]
