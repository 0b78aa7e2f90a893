from django.urls import path

from kpis.payout import views

app_name = "payout"

urlpatterns = [
    path("pay/", views.listed, name="list"),
    path("pay/new/", views.new, name="new"),
    path("pay/payroll.csv", views.payroll, name="payroll"),
    path("pay/<int:pk>/", views.plan, name="plan"),
    path("pay/<int:pk>/edit/", views.edit, name="edit"),
    path("pay/<int:pk>/agree/", views.agree, name="agree"),
    path("pay/<int:pk>/freeze/", views.freeze, name="freeze"),
    path("pay/<int:pk>/sign/", views.sign, name="sign"),
    path("settings/pay/", views.switch, name="switch"),
]
