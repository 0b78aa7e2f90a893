"""Cascade's settings: one file, read top to bottom. Every variable is described in .env.example."""

import sys
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cascade.logs import without_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.prefix = ""

TESTING = "pytest" in sys.modules
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / (".pytest_cache/data" if TESTING else "data")))).resolve()
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000)
BASE_URL = env.str("BASE_URL", f"http://{HOST}:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
if DEMO and HOST not in LOOPBACK:
    raise ImproperlyConfigured(
        f"DEMO=1 lets anybody sign in with one click, so it only runs on this machine: HOST is {HOST}, not 127.0.0.1."
    )


def secret_key() -> str:
    key_file = DATA_DIR / "secret_key"
    key = env.str("SECRET_KEY", "")
    if key_path := env.str("SECRET_KEY_FILE", ""):
        key_file = Path(key_path)
    if not key and key_file.exists():
        key = key_file.read_text().strip()
    if TESTING and not key:
        return "only-for-the-tests-" + "x" * 40
    if len(key) < 32:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or shorter than 32 characters. `make run` makes one in the data folder; "
            "in production set SECRET_KEY or SECRET_KEY_FILE to a random text of your own."
        )
    return key


SECRET_KEY = secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; * would accept any Host header.")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "mptt",
    "rest_framework",
    "simple_history",
    "template_partials",
    "people",
    "goals",
    "kpis",
    "reviews",
    "integrations",
    "cascade",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "cascade.health.HealthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.PrivatePagesMiddleware",
    "people.language.LanguageMiddleware",
    "people.middleware.FirstRunMiddleware",
    "people.middleware.SignInMiddleware",
    "people.middleware.TimezoneMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "cascade.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "cascade.urls"
WSGI_APPLICATION = "cascade.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "people.context.shell",
            ],
        },
    }
]

# Database: SQLite in the data folder, or DATABASE_URL. IMMEDIATE makes SQLite's write lock the lock of a structural
# change; jit is off because planning costs more than our queries.
DATABASES = {"default": env.db_url("DATABASE_URL", f"sqlite:///{DATA_DIR}/cascade.sqlite3")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        " PRAGMA cache_size=-16000;",
    }
    if TESTING:  # a file, because live-server threads and task workers need connections of their own
        DATABASES["default"]["TEST"] = {
            "NAME": env.str("TEST_SQLITE", str(BASE_DIR / ".pytest_cache" / "test.sqlite3"))
        }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "options": "-c jit=off -c lock_timeout=10s -c statement_timeout=120s",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache: the web process's own memory in the embedded default (one process), Redis in production.
CACHE_URL = env.str("CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Celery: the row is the promise, the message only wakes a worker.
CELERY_BROKER_URL = env.str("BROKER_URL", "cascade-fs://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # the sweeper asks again; a request does not wait for a broker that is away
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"  # in memory: what is due is in the database
CELERY_TIMEZONE = "UTC"
EMBEDDED_BROKER = CELERY_BROKER_URL.startswith("cascade-fs")
if EMBEDDED_BROKER:
    QUEUE_DIR = DATA_DIR / "queue"
    CELERY_WORKER_PREFETCH_MULTIPLIER = 16
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.1,
    }
else:
    CELERY_WORKER_PREFETCH_MULTIPLIER = 1
    CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }

# People and sign-in
AUTH_USER_MODEL = "people.Person"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
AUTHENTICATION_BACKENDS = ["people.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "people.forms.SignInForm",
    "reset_password": "people.forms.ForgottenForm",
    "reset_password_from_key": "people.forms.NewPasswordForm",
    "change_password": "people.forms.ChangePasswordForm",
    "set_password": "people.forms.FirstPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cascade.refusals.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", True)
if env.bool("BEHIND_PROXY", False):  # only then are the proxy's X-Forwarded-* headers believed
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", 1)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Mail: files in the data folder, or EMAIL_URL. A mail server that is silent does not hold a worker.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", "cascade@localhost")
if EMAIL_URL := env.str("EMAIL_URL", ""):
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

# Chats: webhooks lead out of our own network, over https, unless a chat of one's own stands inside.
PRIVATE_WEBHOOKS = env.bool("PRIVATE_WEBHOOKS", False)

# Language, time, static files
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nb", "Norsk")]  # each in its own words
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "cascade.formats"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
COMPRESSED_STATIC = env.bool("COMPRESSED_STATIC", False)  # after collectstatic; without it files come from their apps
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")) if COMPRESSED_STATIC else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "cascade.storage.HashedFiles"
        if COMPRESSED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COMPRESSED_STATIC
WHITENOISE_KEEP_ONLY_HASHED_FILES = COMPRESSED_STATIC
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000  # a break-down for 500 people has several fields each

# REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["people.tokens.TokenScopes"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cascade.wire.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["cascade.throttling.CallerThrottle"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "cascade.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "UPLOADED_FILES_USE_URL": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 3000)  # of each token, or person in a browser
API_WRONG_TOKENS_PER_MINUTE = env.int("API_WRONG_TOKENS_PER_MINUTE", 10)  # from each address
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": "csc_",
    "TOKEN_MODEL": "people.ApiToken",
    "TOKEN_TTL": None,
}
KNOX_TOKEN_MODEL = "people.ApiToken"  # noqa: S105  a model's name
SPECTACULAR_SETTINGS = {
    "TITLE": "Cascade REST API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Everything Cascade shows can be read and written here. The guide for integration engineers is"
    " docs/api.md.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are used
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # a test of ours asks for no warnings instead
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Logs: one line of JSON an event, with the request's id, carried on into Celery tasks.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
timestamper = structlog.processors.TimeStamper(fmt="iso", utc=True)
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        timestamper,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [structlog.contextvars.merge_contextvars, timestamper, structlog.stdlib.add_log_level],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING" if TESTING else "INFO")},
    "loggers": {"django_structlog": {"level": "WARNING"}, "django.server": {"level": "WARNING"}},
}
