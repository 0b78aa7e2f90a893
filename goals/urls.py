from django.urls import path

from goals.views import detail, explain

app_name = "goals"

urlpatterns = [
    path("goals/<int:pk>/", detail.detail, name="detail"),
    path("goals/<int:pk>/explain/", explain.explain, name="explain"),
    path("goals/<int:pk>/explain.csv", explain.explain_csv, name="explain_csv"),
    path("goals/<int:pk>/history/", detail.history, name="history"),
    path("goals/<int:pk>/delete/", detail.delete, name="delete"),
]
