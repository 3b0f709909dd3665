"""Records that Washington law knows: exigency, federal mandate, travel identity, licensing."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0032_walls_of_second_looks_and_views"),
        ("tenancy", "0005_key_networks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="determination",
            name="determination_records_known",
        ),
        migrations.AlterField(
            model_name="determination",
            name="records",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("lawful_basis", "Lawful basis"),
                        ("article_9_condition", "Condition for biometric data (GDPR Article 9)"),
                        ("impact_assessment", "Data protection impact assessment"),
                        ("rights_impact_assessment", "Fundamental rights impact assessment"),
                        ("objective_facts", "Objective facts linked to the offense"),
                        ("written_consent", "Written notice and consent"),
                        ("public_retention_schedule", "Public retention schedule"),
                        ("accountability_report", "Accountability report"),
                        ("annual_report", "Annual report"),
                        ("independent_test_api", "Interface for independent tests"),
                        ("operator_training", "Training of operators"),
                        ("exigent_circumstances", "Exigent circumstances, recorded by an officer"),
                        ("federal_mandate", "Federal mandate to use face recognition"),
                        ("travel_identity", "Federal agreement on travel identity at an airport or seaport"),
                        ("licensing_system", "Authority of a licensing department's matching system"),
                        ("csam_legal_authority", "Legal authority to hold abuse material"),
                    ],
                    max_length=48,
                ),
                default=list,
                help_text="Documents the officers have seen.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="record",
            field=models.CharField(
                blank=True,
                choices=[
                    ("lawful_basis", "Lawful basis"),
                    ("article_9_condition", "Condition for biometric data (GDPR Article 9)"),
                    ("impact_assessment", "Data protection impact assessment"),
                    ("rights_impact_assessment", "Fundamental rights impact assessment"),
                    ("objective_facts", "Objective facts linked to the offense"),
                    ("written_consent", "Written notice and consent"),
                    ("public_retention_schedule", "Public retention schedule"),
                    ("accountability_report", "Accountability report"),
                    ("annual_report", "Annual report"),
                    ("independent_test_api", "Interface for independent tests"),
                    ("operator_training", "Training of operators"),
                    ("exigent_circumstances", "Exigent circumstances, recorded by an officer"),
                    ("federal_mandate", "Federal mandate to use face recognition"),
                    ("travel_identity", "Federal agreement on travel identity at an airport or seaport"),
                    ("licensing_system", "Authority of a licensing department's matching system"),
                    ("csam_legal_authority", "Legal authority to hold abuse material"),
                ],
                help_text="The record it counts as, once verified.",
                max_length=48,
            ),
        ),
        migrations.AddConstraint(
            model_name="determination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "records__contained_by",
                        [
                            "lawful_basis",
                            "article_9_condition",
                            "impact_assessment",
                            "rights_impact_assessment",
                            "objective_facts",
                            "written_consent",
                            "public_retention_schedule",
                            "accountability_report",
                            "annual_report",
                            "independent_test_api",
                            "operator_training",
                            "exigent_circumstances",
                            "federal_mandate",
                            "travel_identity",
                            "licensing_system",
                            "csam_legal_authority",
                        ],
                    )
                ),
                name="determination_records_known",
            ),
        ),
    ]
