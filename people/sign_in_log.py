"""Who signed in and out and who could not, never what was typed as a password. The log adds the address."""

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def signed_in(user, **kwargs):
    log.info("signed_in", person=user.pk)


@receiver(user_logged_out)
def signed_out(user, **kwargs):
    log.info("signed_out", person=user and user.pk)


@receiver(user_login_failed)
def sign_in_failed(credentials, **kwargs):
    log.warning("sign_in_failed", email=credentials.get("email"))
