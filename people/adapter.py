from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext_lazy as _

from people import language


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-mail and password do not match."),
        "too_many_login_attempts": _("Too many wrong tries. Wait five minutes, then try again."),
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request):
        """Nobody signs up by themselves: an administrator adds people."""
        return False

    def render_mail(self, template_prefix, email, context, headers=None):
        """In the language of who gets it; whoever is unknown here reads that of the page."""
        if person := context.get("user"):
            with language.read_by(person):
                return super().render_mail(template_prefix, email, context, headers)
        return super().render_mail(template_prefix, email, context, headers)
