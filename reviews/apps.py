from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self):
        from kpis import owed
        from reviews.asking import check_ins  # models exist only now

        owed.register(check_ins)
