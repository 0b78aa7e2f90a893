from django.urls import path

from reviews.room import views

urlpatterns = [
    path("reviews/<int:pk>/", views.room, name="room"),
]
