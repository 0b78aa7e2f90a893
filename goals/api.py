"""The REST API of goals."""

from goals import board_api, goals_api, planning_api

routes = [*goals_api.routes, ("cycles", planning_api.Cycles), ("perspectives", planning_api.Perspectives)]
singles = [
    ("organisation", planning_api.OrganisationResource, {"get": "retrieve", "patch": "partial_update"}),
    ("dashboard", board_api.Dashboard, {"get": "retrieve"}),
]
