"""Officers on call, urgent requests and votes."""

import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import compliance.policy.vocabulary
import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0023_breaches"),
        ("tenancy", "0004_walls_of_officers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="kind",
            field=models.CharField(
                choices=[
                    ("onboarding", "Onboarding"),
                    ("new_purpose", "New purpose"),
                    ("end_user_change", "Change of end users"),
                    ("exemption", "Exemption"),
                    ("recertification", "Recertification"),
                    ("appeal", "Appeal"),
                    ("misuse_report", "Report of misuse"),
                    ("incident", "Incident"),
                    ("legal_demand", "Legal demand"),
                    ("breach", "Breach"),
                    ("person_request", "Request of a person"),
                    ("bias_finding", "Bias finding"),
                    ("no_rule", "No rule"),
                    ("referral", "Referred request"),
                    ("status_difference", "Recorded and computed status differ"),
                    ("alert", "Suspected misuse"),
                    ("urgent", "Urgent request"),
                    ("urgent_review", "Review of an urgent grant"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "begun_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("ends_at", models.DateTimeField()),
                (
                    "left_at",
                    models.DateTimeField(blank=True, help_text="When they left before its end.", null=True),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UrgentRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("find_missing_child", "Find a missing child"),
                            ("find_missing_adult", "Find a missing adult"),
                            ("trafficking_victim_identification", "Identify a trafficking victim"),
                            ("csam_victim_identification", "Identify a child in abuse material"),
                            ("disaster_family_reunification", "Reunite families after a disaster"),
                            ("deceased_identification", "Identify a deceased person"),
                            ("criminal_investigation_lead", "Lead in a criminal investigation"),
                            ("live_watchlist", "Watchlist on live video"),
                            ("private_watchlist", "Private watchlist"),
                            ("public_space_monitoring", "Monitoring of public space"),
                            ("border_control", "Border control"),
                            ("identity_verification_1to1", "Identity verification, one to one"),
                            ("access_control_1toN", "Access control, one to many"),
                            ("duplicate_enrollment_check", "Check for duplicate enrollment"),
                            ("photo_organization", "Sorting one's own photos"),
                            ("media_archive", "Describing a media archive"),
                            ("journalistic_verification", "Journalistic verification"),
                            ("human_rights_documentation", "Documentation of human rights abuses"),
                            ("research_evaluation", "Research evaluation"),
                            ("bias_audit", "Bias audit"),
                            ("security_testing", "Security testing"),
                            ("attribute_inference", "Inference of attributes from a face"),
                            ("scraped_index_building", "Index of scraped photos"),
                            ("other", "Other"),
                        ],
                        max_length=48,
                    ),
                ),
                (
                    "requested_by",
                    models.CharField(
                        choices=[
                            ("self", "The organization itself"),
                            ("family", "Family"),
                            ("police", "Police"),
                            ("court", "A court"),
                            ("media", "Media"),
                            ("other", "Someone else"),
                        ],
                        help_text="Who asks.",
                        max_length=48,
                    ),
                ),
                (
                    "authority",
                    models.CharField(help_text="The authority to which it was reported.", max_length=200),
                ),
                ("authority_reference", models.CharField(max_length=100)),
                ("case_reference", models.CharField(help_text="The only case it is for.", max_length=100)),
                ("story", models.TextField()),
                (
                    "body_name",
                    models.CharField(
                        blank=True, help_text="An end user not in the register.", max_length=200
                    ),
                ),
                (
                    "body_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("law_enforcement_local", "City, county, campus or tribal police"),
                            ("law_enforcement_state", "State or regional police"),
                            ("law_enforcement_federal", "Federal or national police"),
                            ("law_enforcement_foreign", "Police of another country"),
                            ("prosecution_corrections", "Prosecution or corrections"),
                            ("intelligence_defense", "Intelligence or defense"),
                            ("border_immigration", "Border or immigration authority"),
                            ("transport_operator", "Transport operator"),
                            ("other_government", "Other government body"),
                            ("anti_trafficking_ngo", "Anti-trafficking organization"),
                            ("child_protection_ngo", "Child protection organization"),
                            ("missing_persons_ngo", "Missing persons organization"),
                            ("humanitarian_tracing", "Humanitarian tracing service"),
                            ("public_interest_technology", "Public-interest technology company"),
                            ("health", "Health care provider"),
                            ("education", "School, university, library or museum"),
                            ("research_academic", "Academic research group"),
                            ("journalism_oversight", "Newsroom or oversight body"),
                            ("financial_kyc", "Financial institution (customer checks)"),
                            ("employer_access_control", "Employer (access control)"),
                            ("event_media", "Event, photo or media company"),
                            ("retail_security", "Retail or private security"),
                            ("private_investigation", "Private investigator"),
                            ("data_broker", "Data broker"),
                            ("individual_developer", "Individual developer"),
                            ("auditor", "Independent auditor"),
                            ("other", "Other"),
                        ],
                        max_length=48,
                    ),
                ),
                (
                    "filed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("granted_at", models.DateTimeField(blank=True, null=True)),
                ("granted_until", models.DateTimeField(blank=True, null=True)),
                (
                    "review",
                    models.CharField(
                        blank=True, help_text="Public id of the case that reviews it.", max_length=96
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.case",
                    ),
                ),
                (
                    "end_user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.enduser",
                    ),
                ),
                (
                    "filed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UrgentVote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("grants", models.BooleanField()),
                ("hours", models.PositiveSmallIntegerField(help_text="For how long; 0 where it refuses.")),
                ("reasons", models.TextField()),
                (
                    "voted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.organization",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="compliance.urgentrequest",
                    ),
                ),
            ],
            options={
                "ordering": ("voted_at", "pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at__isnull", True)),
                fields=("officer", "ends_at"),
                name="shift_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "purpose__in",
                        [
                            compliance.policy.vocabulary.Purpose["CSAM_VICTIM_IDENTIFICATION"],
                            compliance.policy.vocabulary.Purpose["DECEASED_IDENTIFICATION"],
                            compliance.policy.vocabulary.Purpose["DISASTER_FAMILY_REUNIFICATION"],
                            compliance.policy.vocabulary.Purpose["FIND_MISSING_ADULT"],
                            compliance.policy.vocabulary.Purpose["FIND_MISSING_CHILD"],
                            compliance.policy.vocabulary.Purpose["TRAFFICKING_VICTIM_IDENTIFICATION"],
                        ],
                    )
                ),
                name="urgent_finds_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("requested_by__in", ["self", "family", "police", "court", "media", "other"])
                ),
                name="urgent_requester_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("body_name", ""), ("body_type", ""), ("end_user__isnull", False)),
                    models.Q(
                        ("end_user__isnull", True),
                        models.Q(("body_name", ""), _negated=True),
                        (
                            "body_type__in",
                            [
                                "law_enforcement_local",
                                "law_enforcement_state",
                                "law_enforcement_federal",
                                "law_enforcement_foreign",
                                "prosecution_corrections",
                                "intelligence_defense",
                                "border_immigration",
                                "transport_operator",
                                "other_government",
                                "anti_trafficking_ngo",
                                "child_protection_ngo",
                                "missing_persons_ngo",
                                "humanitarian_tracing",
                                "public_interest_technology",
                                "health",
                                "education",
                                "research_academic",
                                "journalism_oversight",
                                "financial_kyc",
                                "employer_access_control",
                                "event_media",
                                "retail_security",
                                "private_investigation",
                                "data_broker",
                                "individual_developer",
                                "auditor",
                                "other",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="urgent_one_end_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("granted_at__isnull", True), ("granted_until__isnull", True)),
                    models.Q(
                        ("granted_until__gt", models.F("granted_at")),
                        (
                            "granted_until__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("granted_at"), "+", models.Value(datetime.timedelta(days=3))
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="urgent_within_72_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentvote",
            constraint=models.UniqueConstraint(
                fields=("organization", "request", "officer"), name="urgent_vote_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="urgentvote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grants", True), ("hours__gte", 1), ("hours__lte", 72)),
                    models.Q(("grants", False), ("hours", 0)),
                    _connector="OR",
                ),
                name="urgent_vote_hours",
            ),
        ),
    ]
