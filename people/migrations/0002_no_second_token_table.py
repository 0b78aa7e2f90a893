from django.db import migrations


class Migration(migrations.Migration):
    """knox makes a table for its own token model, which ours replaces; nothing ever stands in it."""

    dependencies = [("people", "0001_initial"), ("knox", "0009_extend_authtoken_field")]

    operations = [migrations.RunSQL("DROP TABLE IF EXISTS knox_authtoken", migrations.RunSQL.noop)]
