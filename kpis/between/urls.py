from django.urls import path

from kpis.between import views

urlpatterns = [path("goals/<int:pk>/changed/", views.changed, name="changed")]
