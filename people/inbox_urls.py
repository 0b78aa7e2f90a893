"""The inbox."""

from django.urls import path

from people import inbox_views as views

urlpatterns = [
    path("", views.show, name="inbox"),
    path("read/", views.read_all, name="inbox_read_all"),
    path("settings/", views.muting, name="inbox_muting"),
    path("<int:pk>/", views.follow, name="inbox_follow"),
    path("<int:pk>/read/", views.read, name="inbox_read"),
    path("<int:pk>/unread/", views.unread, name="inbox_unread"),
    path("<int:pk>/snooze/", views.snooze, name="inbox_snooze"),
]
