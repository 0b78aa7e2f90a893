"""The REST API of goals."""

from goals import alignments_api, board_api, comments_api, goals_api, planning_api
from goals.voices import api as voices_api

routes = [
    *goals_api.routes,
    *comments_api.routes,
    *voices_api.routes,
    ("alignments", alignments_api.Alignments),
    ("perspectives", planning_api.Perspectives),
]
singles = [
    ("organisation", planning_api.OrganisationResource, {"get": "retrieve", "patch": "partial_update"}),
    ("dashboard", board_api.Dashboard, {"get": "retrieve"}),
]
