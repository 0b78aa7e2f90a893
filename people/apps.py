from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self):
        from people import sign_in_log  # noqa: F401  connects itself once the models are there
