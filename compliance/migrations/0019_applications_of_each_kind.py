"""An application keeps what it began with and what was answered in it; an appeal names its decision."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Q

OPEN = ("draft", "info_requested", "submitted")


class Migration(migrations.Migration):
    dependencies = (("compliance", "0018_wall_of_checklists"),)

    operations = (
        migrations.AddField(
            "application",
            "against",
            models.CharField(
                blank=True, help_text="Public id of the decision that an appeal is against.", max_length=64
            ),
        ),
        migrations.AddField(
            "application",
            "answered",
            ArrayField(
                base_field=models.CharField(max_length=40),
                default=list,
                help_text="Questions answered or confirmed in it.",
                size=None,
            ),
        ),
        migrations.AddField(
            "application",
            "earlier",
            models.JSONField(default=dict, help_text="The answers it began with."),
        ),
        migrations.AlterField(
            "application",
            "expires_at",
            models.DateTimeField(help_text="It lapses then, if it waits for the organization."),
        ),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=Q(("kind", "appeal"), ("against", ""), _connector="OR"),
                name="application_only_appeals_against",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.UniqueConstraint(
                condition=Q(("status", "draft"), Q(("kind", "appeal"), _negated=True)),
                fields=("organization", "kind"),
                name="application_one_draft_a_kind",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.UniqueConstraint(
                condition=Q(("kind__in", ("onboarding", "recertification")), ("status__in", OPEN)),
                fields=("organization", "kind"),
                name="application_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.UniqueConstraint(
                condition=Q(("kind", "appeal"), ("status__in", OPEN)),
                fields=("organization", "against"),
                name="application_one_appeal_a_decision",
            ),
        ),
    )
