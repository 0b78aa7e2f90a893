from django.urls import path

from goals.voices import views

urlpatterns = [
    path("goals/<int:goal_id>/feedback/", views.feedback, name="feedback"),
    path("goals/<int:goal_id>/signals/", views.send_signal, name="signals"),
    path("goals/<int:goal_id>/signals/<int:pk>/answer/", views.answer_signal, name="answer_signal"),
    path("goals/<int:goal_id>/signals/<int:pk>/reopen/", views.reopen_signal, name="reopen_signal"),
    path("goals/<int:goal_id>/signals/<int:pk>/withdraw/", views.withdraw_signal, name="withdraw_signal"),
    path("goals/<int:goal_id>/thanks/", views.thank, name="thank"),
    path("kudos/", views.kudos_wall, name="kudos"),
    path("kudos/<int:pk>/edit/", views.edit_kudos, name="edit_kudos"),
    path("kudos/<int:pk>/withdraw/", views.withdraw_kudos, name="withdraw_kudos"),
    path("kudos/<int:pk>/join/", views.join_kudos, name="join_kudos"),
]
