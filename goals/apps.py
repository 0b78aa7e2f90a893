from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GoalsConfig(AppConfig):
    name = "goals"

    def ready(self):
        from people.notifications import Kind, register  # models exist only now

        register(
            Kind("mention", _("Somebody mentions you"), _("%(by)s mentions you on %(goal)s: %(text)s"), icon="message"),
            Kind("comment", _("Comments on your goals"), _("%(by)s wrote on %(goal)s: %(text)s"), icon="message"),
        )
