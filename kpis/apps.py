from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self):
        from goals import kpi_source
        from kpis import owed, voiced
        from kpis.around_parts import everything  # models exist only now
        from kpis.source import Source
        from people import notifications

        kpi_source.register(Source(everything))
        owed.register(voiced.answers)
        notifications.register(
            notifications.Kind(
                "proposal",
                _("A goal is proposed to you"),
                _("%(by)s proposes you a part of “%(goal)s”."),
                icon="message",
            ),
            notifications.Kind(
                "proposal_countered",
                _("An owner answers with another number"),
                _("%(by)s answers with %(number)s: “%(goal)s”."),
                icon="message",
            ),
            notifications.Kind(
                "proposal_accepted",
                _("An owner accepts what you proposed"),
                _("%(by)s accepts “%(goal)s”."),
                icon="check",
            ),
            notifications.Kind(
                "proposal_agreed",
                _("Your number is agreed"),
                _("%(by)s agrees to your number: “%(goal)s” is active."),
                icon="check",
            ),
            notifications.Kind(
                "path_asked",
                _("Somebody asks for a path to the strategy"),
                _("%(by)s asks for a path to the strategy: %(goal)s"),
                icon="sight",
            ),
            notifications.Kind(
                "path_answered",
                _("Your question for a path is answered"),
                _("%(by)s answers your question for a path: %(goal)s"),
                icon="sight",
            ),
            notifications.Kind(
                "pay_plan",
                _("A bonus plan is shown to you"),
                _("%(by)s shows you a bonus plan: %(plan)s"),
                icon="award",
            ),
            notifications.Kind(
                "pay_to_sign",
                _("A result of a bonus plan waits for your signature"),
                _("%(by)s asks for your signature: %(plan)s"),
                icon="award",
            ),
        )
