from django.urls import path

from cascade.insights import views

app_name = "insights"

urlpatterns = [
    path("insights/", views.overview, name="overview"),
    path("insights/<slug:name>/", views.one, name="one"),
]
