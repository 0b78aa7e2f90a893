from django.urls import path

from reviews.room import minutes_views, views

urlpatterns = [
    path("reviews/<int:pk>/", views.room, name="room"),
    path("reviews/<int:pk>/minutes/", minutes_views.page, name="minutes"),
    path("reviews/<int:pk>/minutes.pdf", minutes_views.document, name="minutes_document"),
    path("reviews/<int:pk>/open/", views.begin, name="begin"),
    path("reviews/<int:pk>/notes/", views.note, name="note"),
    path("reviews/<int:pk>/sign-off/", views.sign_off, name="sign_off"),
    path("reviews/<int:pk>/correct/", views.correct, name="correct"),
    path("reviews/<int:pk>/decide/<int:goal_id>/<slug:kind>/", views.decide, name="decide"),
    path("reviews/<int:pk>/decide/<int:goal_id>/<slug:kind>/effect/", views.effect, name="effect"),
    path("reviews/<int:pk>/take-back/<int:decision_id>/", views.take_back, name="take_back"),
]
