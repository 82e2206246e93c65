"""Settings of an installation, read through typed readers. The only place, with wiring, that names adapters."""

from __future__ import annotations

from pathlib import Path

from minett.project import env, keys

BASE = Path(__file__).resolve().parent.parent
VAR = Path(env.text("VAR", str(Path.cwd() / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)
KEYS = VAR / "keys"
keys.ensure(KEYS)

SECRET_KEY = env.secret("SECRET_KEY", KEYS / "secret-key")
SIGNING_KEY = env.secret("SIGNING_KEY", KEYS / "signing-key.pem").encode()
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.listed("HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.listed("TRUSTED_ORIGINS", "")
BEHIND_TLS = env.flag("BEHIND_TLS", default=False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "django_htmx",
    "heroicons",
    "django_tasks",
    "django_tasks_db",
    "minett.apps.ledger",
    "minett.apps.people",
    "minett.apps.catalogue",
    "minett.apps.cases",
    "minett.apps.dataproducts",
    "minett.apps.grants",
    "minett.apps.jobs",
    "minett.apps.registry",
    "minett.apps.impact",
    "minett.apps.network",
    "minett.web",
    "minett.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "minett.web.middleware.ActorMiddleware",
    "minett.web.middleware.ErrorMiddleware",
    "minett.web.middleware.ContentSecurityMiddleware",
]

ROOT_URLCONF = "minett.project.urls"
WSGI_APPLICATION = "minett.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "minett.web.context.house",
            ],
        },
    }
]

DATABASES = {"default": env.database(VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
WORKER_INTERVAL_SECONDS = 0.2

# The mail address is unique whatever its case, by a constraint that Django's own check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Scrypt is in Python's own library and costs memory as well as time, which PBKDF2 does not.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "minett.web.sign_in.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "minett.web.sign_in.SocialAccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "minett.web.sign_in.NameForm"
ACCOUNT_SESSION_REMEMBER = True
# Accounts are made by the front desk; an operator may let people make their own.
OPEN_SIGN_UP = env.flag("OPEN_SIGN_UP", default=False)
# The front desk knows whose address it writes down; whoever makes an account alone proves the address first.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if OPEN_SIGN_UP else "optional"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
ACCOUNT_PREVENT_ENUMERATION = True
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {}
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(VAR / "mail")
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "minett@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch"), ("lb", "Lëtzebuergesch")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Europe/Luxembourg")

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Files are served from the packages themselves, so that no step stands between a clone and a page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
# A product of 240 columns can be described on one page.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# The parts that can be exchanged; `minett.project.wiring` builds them.
EXECUTOR = env.text("EXECUTOR", "local")
DATA_ENGINE = env.text("DATA_ENGINE", "duckdb")
BWRAP = env.text("BWRAP", "")
# Only data whose policy is open may run without a sandbox, and only where the operator says so here.
ALLOW_UNSANDBOXED_OPEN_DATA = env.flag("ALLOW_UNSANDBOXED_OPEN_DATA", default=False)
PACK = Path(env.text("PACK", str(BASE.parent / "packs" / "luxembourg")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "minett.project.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
