from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0005_stragglers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["organization", "endpoint", "-occurred_at", "-id"], name="delivery_latest"
            ),
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_newest"),
    ]
