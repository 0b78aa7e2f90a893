"""Forms of signing in and of passwords: allauth's, with our words and without placeholders."""

from allauth.account import forms as allauth
from django.utils.translation import gettext_lazy as _

WORDS = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "password": _("Password"),
    "remember": _("Stay signed in on this device for 14 days"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}
NEW_PASSWORD = _("At least 8 characters, not one that everybody uses.")


class Worded:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = WORDS[name]
            field.help_text = NEW_PASSWORD if name == "password1" else ""
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Worded, allauth.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ForgottenForm(Worded, allauth.ResetPasswordForm):
    pass


class NewPasswordForm(Worded, allauth.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(Worded, allauth.ChangePasswordForm):
    pass


class FirstPasswordForm(Worded, allauth.SetPasswordForm):
    pass
