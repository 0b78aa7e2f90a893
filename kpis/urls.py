from django.urls import path

from kpis import entry_views, sight_views, views

app_name = "kpis"

urlpatterns = [
    path("kpis/<int:pk>/", views.detail, name="detail"),
    path("kpis/<int:pk>/edit/", views.edit, name="edit"),
    path("kpis/<int:pk>/state/", views.change_state, name="state"),
    path("kpis/<int:pk>/first-value/", views.use_first_value, name="use_first_value"),
    path("kpis/<int:pk>/values/<str:first>/", views.record, name="record"),
    path("kpis/<int:pk>/values/<str:first>/withdraw/", views.withdraw, name="withdraw"),
    path("goals/<int:goal_id>/kpis/new/", views.new, name="new"),
    path("people/<int:pk>/line-of-sight/", sight_views.line_of_sight, name="line_of_sight"),
    path("line-of-sight/<int:pk>/<str:first>/", entry_views.enter, name="enter"),
    path("line-of-sight/<int:pk>/<str:first>/preview/", entry_views.preview, name="preview"),
]
