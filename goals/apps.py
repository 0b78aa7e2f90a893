from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GoalsConfig(AppConfig):
    name = "goals"

    def ready(self):
        from people.notifications import Kind, register  # models exist only now

        register(
            Kind("mention", _("Somebody mentions you"), _("%(by)s mentions you on %(goal)s: %(text)s"), icon="message"),
            Kind("comment", _("Comments on your goals"), _("%(by)s wrote on %(goal)s: %(text)s"), icon="message"),
            Kind("signal", _("Signals on your goals"), _("%(by)s signals on %(goal)s: %(text)s"), icon="flag"),
            Kind(
                "signal_answered",
                _("Your signal is answered"),
                _("%(by)s answers your signal on %(goal)s: %(text)s"),
                icon="reply",
            ),
            Kind(
                "signal_reopened",
                _("A signal that you answered is sent again"),
                _("%(by)s is not content with the answer on %(goal)s: %(text)s"),
                icon="flag",
            ),
            Kind(
                "signal_escalated",
                _("A signal to one of your people waits too long"),
                _("A signal on %(goal)s has waited %(days)s days for an answer by %(owner)s: %(text)s"),
                icon="alert",
            ),
            Kind(
                "signal_overdue",
                _("A signal waits too long for you"),
                _("A signal on %(goal)s has waited %(days)s days for your answer. Your manager sees it now."),
                icon="alert",
            ),
            Kind("kudos", _("Somebody thanks you"), _("%(by)s thanks you for %(goal)s: %(text)s"), icon="award"),
            Kind("win", _("A goal on your path is reached"), _("Reached: %(goal)s"), icon="award"),
        )
