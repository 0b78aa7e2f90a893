from django.urls import path

from kpis.rolled import views

urlpatterns = [
    path("kpis/find/", views.find, name="find_kpi"),
    path("kpis/<int:pk>/edit/values/", views.of_edited, name="preview_values"),
    path("goals/<int:goal_id>/kpis/new/values/", views.of_new, name="preview_new_values"),
]
