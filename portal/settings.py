"""Settings: one file, everything from the environment (see `docs/operations.md`)."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from celery.schedules import schedule
from csp.constants import NONE, SELF
from kombu import Exchange, Queue

from portal import logs
from portal.celery import app as celery_app
from portal.env import ROOT, env, home, is_production, portal_port, secret
from portal.local import services

PRODUCTION = is_production()
TESTING = "pytest" in sys.modules

# --- where things are -------------------------------------------------------------------------------------
try:
    _services = services.environment(home())
except services.LocalServiceError:  # some commands need no service; those that do say what is missing
    _services = {}
DATABASE_URL = env("DATABASE_URL", default=_services.get("DATABASE_URL"))
DATABASE_OWNER_URL = env("DATABASE_OWNER_URL", default=_services.get("DATABASE_OWNER_URL") or DATABASE_URL)
REDIS_URL = env("REDIS_URL", default=_services.get("REDIS_URL"))
MEDIA_ROOT = env("MEDIA_ROOT", default=str(home() / "media"))
DEEPFACE_HOME = env("DEEPFACE_HOME", default=str(home() / "models"))
BASE_URL = env("BASE_URL", default=f"http://127.0.0.1:{portal_port()}")

# --- secrets ----------------------------------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY", size=48)
_ENVIRONMENT_KEYS = "portal.tenancy.wrapping.EnvironmentKeys"
KEY_ENCRYPTION_SERVICE = env("KEY_ENCRYPTION_SERVICE", default=_ENVIRONMENT_KEYS)
KEY_ENCRYPTION_COMMAND = env("KEY_ENCRYPTION_COMMAND", default="")  # of CommandKeys
KEY_ENCRYPTION_KEY = (
    secret("KEY_ENCRYPTION_KEY")
    if KEY_ENCRYPTION_SERVICE == _ENVIRONMENT_KEYS
    else env("KEY_ENCRYPTION_KEY", default="")
)
# Signs the checkpoints of the published log; the name of the log stands on each, and should never change.
LOG_SIGNING_KEY = secret("LOG_SIGNING_KEY")
LOG_ORIGIN = env("LOG_ORIGIN", default=f"{urlsplit(BASE_URL).hostname}/transparency")

# --- engine -----------------------------------------------------------------------------------------------
COUNTENANCE_MODEL = env("COUNTENANCE_MODEL", default="CountenanceDlib")
COUNTENANCE_DETECTOR = env("COUNTENANCE_DETECTOR", default="blazeface")
COUNTENANCE_MODE = env("COUNTENANCE_MODE", default="default")
COUNTENANCE_PRECISION = env("COUNTENANCE_PRECISION", default="float32")
# So long an engine worker may take no work, although there is some, before it ends to be started again.
ENGINE_STALLED_SECONDS = env.float("ENGINE_STALLED_SECONDS", default=120.0)
COUNTENANCE_ENGINE = env("COUNTENANCE_ENGINE", default="recognition.engine.registry.load")
CALL_SECONDS = env.float("CALL_SECONDS", default=15.0)  # a synchronous call waits for a worker at most
CALLS_IN_LINE = env.int("CALLS_IN_LINE", default=6)  # of one organization that wait; fewer than web threads
CALL_RETRY_SECONDS = env.int("CALL_RETRY_SECONDS", default=5)  # after which one may be sent again
GALLERY_CACHE_BYTES = env.int("GALLERY_CACHE_MB", default=2_000) * 1_000_000  # of galleries in one worker
ALLOW_PROVISION = env.bool("COUNTENANCE_ALLOW_PROVISION", default=False)

# --- how much one organization may take up at once, where no officer set it other limits --------------------
QUOTAS = {
    "waiting_items": env.int("QUOTA_WAITING_ITEMS", default=100_000),
    "items_a_day": env.int("QUOTA_ITEMS_A_DAY", default=500_000),
    "stored_photos": env.int("QUOTA_STORED_PHOTOS", default=2_000_000),
}

# --- independent tests of accuracy ------------------------------------------------------------------------
ACCURACY_TESTS_A_DAY = env.int("ACCURACY_TESTS_A_DAY", default=10)  # of one organization
ACCURACY_PAIRS_A_DAY = env.int("ACCURACY_PAIRS_A_DAY", default=10_000)  # declared in them, handed in or not
ACCURACY_HOURS = env.int("ACCURACY_HOURS", default=24)  # until an unfinished test ends and its scores go

# --- Django -----------------------------------------------------------------------------------------------
DEBUG = False
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "tenancy.User"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal.audit",
    "portal.tenancy",
    "compliance",
    "portal.webhooks",
    "recognition",
    "portal.web",
    "portal.api",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "portal.tenancy.middleware.ActorMiddleware",
    "portal.web.errors.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.web.context.portal",
            ],
        },
    }
]
FORM_RENDERER = "portal.web.forms.renderer.GovukRenderer"

# --- database ---------------------------------------------------------------------------------------------
# The schema belongs to the owner; everything else runs as a role that row-level security binds.
_as_owner = len(sys.argv) > 1 and sys.argv[1] in {"migrate", "sqlmigrate", "flush"}
DATABASES = {
    "default": env.db_url_config(
        (DATABASE_OWNER_URL if _as_owner else DATABASE_URL) or "postgres://localhost:1/not-started"
    )
    | {
        "ENGINE": "portal.common.database",
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "ATOMIC_REQUESTS": False,
    }
}
# Lets the statements that ask for it (portal/common/planned.py) be prepared. A pooler that hands sessions
# about between transactions cannot keep what is prepared: say ?prepare_threshold=none in DATABASE_URL there.
_options = DATABASES["default"].setdefault("OPTIONS", {})
_threshold = str(_options.get("prepare_threshold", 5))
_options["prepare_threshold"] = int(_threshold) if _threshold.isdigit() else None
_options.setdefault("connect_timeout", 5)  # seconds; a machine that is gone does not refuse

# --- Redis and Celery -------------------------------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL or "redis://localhost:1/0",
        "KEY_PREFIX": "countenance",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},  # one that hangs holds nobody up
    }
}
CELERY_BROKER_URL = REDIS_URL
celery_app.set_default()  # every process that reads these settings publishes to this broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker without a broker waits for it, and never ends
CELERY_WORKER_CONSUMER = "portal.consumer:Consumer"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "queue_order_strategy": "priority",
    "unacked_restore_interval": 5,
    # Publishing while the broker is away gives up at once: the work stands in the database and waits.
    "max_retries": 1,
    "interval_start": 0.0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_connect_timeout": 2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 180.0  # a child loads its model first; 4 s, the default, kill it
CELERY_WORKER_LOST_WAIT = 0.5  # for the result of a killed child, which writes none: 10 s, the default, idle
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A task is a turn in the ledger, which no message decides on: it goes on while the broker is away. Were its
# process ended, the model would have to be loaded again.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_IMPORTS = ("recognition.tasks", "portal.webhooks.tasks")
CELERY_TASK_DEFAULT_QUEUE = "cpu"
# `interactive` carries no message: a worker named to it serves synchronous calls (docs/decisions/0140).
# The nameless exchange routes by queue name alone. A named one keeps its bindings in Redis, where a flush
# takes them, and every later message of a process that declared them before falls into nothing.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(""), routing_key=name)
    for name in ("interactive", "gpu", "control", "cpu", "webhooks")
]
CELERY_TASK_ROUTES = {
    "recognition.work": {"queue": "gpu"},
    "recognition.reconcile": {"queue": "control"},
    "recognition.sweep": {"queue": "control"},
    "recognition.sequence": {"queue": "control"},
    "recognition.simulate": {"queue": "cpu"},
    "recognition.upkeep": {"queue": "cpu"},
    "webhooks.deliver": {"queue": "webhooks"},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: what runs every few seconds has no past
CELERY_BEAT_SCHEDULE = {
    "reconcile": {
        "task": "recognition.reconcile",
        "schedule": schedule(3.0),
        "options": {"expires": 3, "queue": "control"},
    },
    "sequence": {
        "task": "recognition.sequence",
        "schedule": schedule(3.0),
        "options": {"expires": 3, "queue": "control"},
    },
    "sweep": {
        "task": "recognition.sweep",
        "schedule": schedule(60.0),
        "options": {"expires": 60, "queue": "control"},
    },
    "webhooks": {
        "task": "webhooks.deliver",
        "schedule": schedule(2.0),
        "options": {"expires": 2, "queue": "webhooks"},
    },
}

# --- people -----------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "portal.web.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "portal.web.forms.accounts.SignupForm",
    "login": "portal.web.forms.accounts.LoginForm",
    "reset_password": "portal.web.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "portal.web.forms.accounts.ResetPasswordKeyForm",
    "change_password": "portal.web.forms.accounts.ChangePasswordForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Officers need a second factor; only an installation without real people in it may go without.
OFFICER_SECOND_FACTOR = env.bool("OFFICER_SECOND_FACTOR", default=PRODUCTION)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Countenance"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLED = not TESTING
AXES_VERBOSE = False
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # its backend stays off: recognition/grants.py is the only door
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.web.errors.csrf_failure"

# --- transport and content --------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 15 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2_000  # a folder; more come as an archive
FILE_UPLOAD_HANDLERS = ["portal.common.uploads.NamelessUploadHandler"]
STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(home() / "static"))
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# More files than this without a record, in one look at 10,000, are not believed to be what died uploads left:
# rather an older database was restored. None is destroyed, and `doctor` says so.
FILES_WITHOUT_RECORD_AT_ONCE = env.int("FILES_WITHOUT_RECORD_AT_ONCE", default=1_000)
if env("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env("S3_BUCKET"),
            "endpoint_url": env("S3_ENDPOINT", default=None),
            "access_key": env("S3_ACCESS_KEY", default=None),
            "secret_key": env("S3_SECRET_KEY", default=None),
            "region_name": env("S3_REGION", default=None),
            "default_acl": None,
            "querystring_auth": True,
        },
    }

# --- webhooks ---------------------------------------------------------------------------------------------
# Sends to this machine too, over http: for tests and while a receiver is written.
WEBHOOKS_TO_LOOPBACK = not PRODUCTION and env.bool("WEBHOOKS_TO_LOOPBACK", default=False)
WEBHOOKS_CLOSED_NETWORKS = env.list("WEBHOOKS_CLOSED_NETWORKS", default=[])  # public ones of the operator
WEBHOOKS_CA_FILE = env("WEBHOOKS_CA_FILE", default="")  # in place of the system's authorities

# Where Rekognition calls may name photos; `manage.py photo_store` says whose folder is whose.
PHOTO_S3 = {
    "endpoint_url": env("PHOTO_S3_ENDPOINT", default=""),
    "aws_access_key_id": env("PHOTO_S3_ACCESS_KEY", default=None),
    "aws_secret_access_key": env("PHOTO_S3_SECRET_KEY", default=None),
    "region_name": env("PHOTO_S3_REGION", default="us-east-1"),
}

# --- mail -------------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)  # seconds; a mail server that hangs holds nobody up
SECOND_LOOK_ONE_IN = 20  # of so many clearances one is decided again, blind: 5 %
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Countenance <portal@localhost>")

# --- REST API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.documents.Described",
    "EXCEPTION_HANDLER": "portal.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is ours: json, jsonl or csv of results
}
REST_CALLS_PER_MINUTE = {  # of one key, over both program interfaces
    "read": env.int("REST_READS_PER_MINUTE", default=1200),
    "write": env.int("REST_WRITES_PER_MINUTE", default=300),
    "upload": env.int("REST_UPLOADS_PER_MINUTE", default=1200),
}

# --- Rekognition wire API ---------------------------------------------------------------------------------
# Clients sign for the region they are set to. Whoever moves here from AWS keeps theirs, so all regions that
# have the service there are taken; an operator may name fewer.
REKOGNITION_REGIONS = frozenset(
    env.list(
        "REKOGNITION_REGIONS",
        default=[
            "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
            "ap-southeast-5", "ap-southeast-7", "ca-central-1", "eu-central-1", "eu-south-2", "eu-west-1",
            "eu-west-2", "il-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-west-1", "us-west-1",
            "us-west-2",
        ],
    )
)  # fmt: skip

SPECTACULAR_SETTINGS = {
    "TITLE": "Countenance REST API",
    "DESCRIPTION": "Face recognition under governance. Every call is ruled on; a refusal names its rule.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.documents.complete",
        "portal.api.links.add_links",
    ],
}

# --- logs: no personal data, request ids instead ----------------------------------------------------------
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
LOGGING = logs.configure(level=LOG_LEVEL, json=PRODUCTION)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
