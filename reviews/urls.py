from django.urls import path

from reviews import views
from reviews.calendar import urls as calendar
from reviews.reminders import urls as reminders
from reviews.room import urls as room

app_name = "reviews"

urlpatterns = [
    path("reviews/disagreeing/", views.disagreeing, name="disagreeing"),
    path("reviews/<int:pk>/check-in/", views.check_in, name="check_in"),
    path("reviews/<int:pk>/check-in/draft/", views.keep, name="keep_draft"),
    *calendar.urlpatterns,
    *reminders.urlpatterns,
    *room.urlpatterns,
]
