from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self):
        from people import language, sign_in_log  # noqa: F401  connect themselves once the models are there
