from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self):
        from goals import kpi_source
        from kpis.scoring import Source  # models exist only now

        kpi_source.register(Source())
