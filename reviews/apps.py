from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self):
        from goals import confidence
        from kpis import owed
        from kpis.cycles import missing
        from people.notifications import Kind, register
        from reviews.asking import check_ins, sign_offs  # models exist only now
        from reviews.closings import unsigned
        from reviews.confidence import confidences

        confidence.register(confidences)
        missing.register(unsigned)
        owed.register(check_ins)
        owed.register(sign_offs)
        register(
            Kind(
                "decision", _("Decisions about your goals"), _("%(by)s decided about “%(goal)s”: %(reason)s"), "scale"
            ),
            Kind("action", _("Actions given to you in a review"), _("%(by)s gives you something to do: %(title)s")),
            Kind("pause_over", _("A pause has come to its end"), _("The pause of “%(goal)s” is over."), "play"),
            Kind(
                "review_signed",
                _("A review of yours is signed off"),
                _("%(by)s signed off the review of “%(goal)s” for %(period)s."),
                "check",
            ),
            Kind(
                "check_in_due",
                _("A check-in of yours is due"),
                _("Check in on “%(goal)s” before the review on %(day)s."),
            ),
            Kind(
                "check_in_overdue",
                _("A check-in of yours is overdue"),
                _("The check-in on “%(goal)s” is %(days)s days overdue."),
                "alert",
            ),
            Kind(
                "check_in_escalated",
                _("Somebody you lead is late with a check-in"),
                _("%(owner)s is %(days)s days late with the check-in on “%(goal)s”."),
                "alert",
            ),
            Kind(
                "check_in_told_on",
                _("Your manager hears of an overdue check-in"),
                _("%(manager)s was told that the check-in on “%(goal)s” is %(days)s days overdue."),
                "alert",
            ),
            Kind("away", _("Somebody you lead is away"), _("%(person)s is away until %(day)s. %(reason)s"), "snooze"),
            Kind("value_due", _("A value of yours is due"), _("%(kpi)s needs its value for %(period)s.")),
        )
