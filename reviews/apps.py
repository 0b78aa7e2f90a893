from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self):
        from kpis import owed
        from people.notifications import Kind, register
        from reviews.asking import check_ins  # models exist only now

        owed.register(check_ins)
        register(
            Kind(
                "decision", _("Decisions about your goals"), _("%(by)s decided about “%(goal)s”: %(reason)s"), "scale"
            ),
            Kind("action", _("Actions given to you in a review"), _("%(by)s gives you something to do: %(title)s")),
            Kind(
                "review_signed",
                _("A review of yours is signed off"),
                _("%(by)s signed off the review of “%(goal)s” for %(period)s."),
                "check",
            ),
        )
