from django.urls import path

from kpis.strategy import views

app_name = "strategy"

urlpatterns = [
    path("strategy-map/", views.page, name="map"),
    path("strategy-map/beside/", views.nothing, name="nothing"),
    path("strategy-map/links/new/", views.draw, name="draw"),
    path("strategy-map/links/<int:pk>/", views.link, name="link"),
    path("strategy-map/links/<int:pk>/edit/", views.edit, name="edit"),
    path("strategy-map/links/<int:pk>/delete/", views.erase, name="erase"),
    path("strategy-map/changes/<int:history_id>/undo/", views.undo, name="undo"),
    path("strategy-map/goals/<int:pk>/", views.goal, name="goal"),
    path("strategy-map/goals/<int:pk>/measure/", views.measure, name="measure"),
]
