from django.urls import path

from reviews.calendar import feed_views, moving_views, rhythm_views, settings_views, views

urlpatterns = [
    path("reviews/", views.calendar, name="calendar"),
    path("reviews/subscribe/", feed_views.subscribe, name="subscribe"),
    path("reviews/subscribe/invitations/", feed_views.invite, name="invite"),
    path("reviews/subscribe/<int:pk>/withdraw/", feed_views.withdraw, name="withdraw_feed"),
    path("settings/reviews/", settings_views.settings, name="settings"),
    path("settings/reviews/preview/", settings_views.settings_preview, name="settings_preview"),
    path("settings/reviews/free-days/", settings_views.add_free_day, name="add_free_day"),
    path("settings/reviews/free-days/<int:pk>/remove/", settings_views.remove_free_day, name="remove_free_day"),
    path("goals/<int:goal_id>/reviews/rhythm/", rhythm_views.rhythm, name="rhythm"),
    path("reviews/<int:pk>/move/", moving_views.move, name="move"),
    path("reviews/<int:pk>/call-off/", moving_views.call_off, name="call_off"),
    path("reviews/<int:pk>/plan-again/", moving_views.plan_again, name="plan_again"),
]
