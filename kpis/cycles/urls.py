from django.urls import path

from kpis.cycles import carry_views, views

app_name = "cycles"

urlpatterns = [
    path("", views.cycles, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.cycle, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/open/", views.open_cycle, name="open"),
    path("<int:pk>/close/", views.close, name="close"),
    path("<int:pk>/reopen/", views.reopen, name="reopen"),
    path("<int:pk>/lock/", views.lock, name="lock"),
    path("<int:pk>/carry-over/", carry_views.carry_over, name="carry_over"),
]
