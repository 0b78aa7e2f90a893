"""Real figures beside the invented ones: Barcelona's indicators for the Sustainable Development Goals."""

from pathlib import Path

from integrations.founding import Founding
from integrations.loading import load as import_folder
from people.models import Organisation, Person

FOLDER = Path(__file__).resolve().parent.parent / "data" / "barcelona-2030"
NAME = "Barcelona 2030"
ADMINISTRATOR = "barcelona@demo.example"
ATTRIBUTION = (
    "Data: Ajuntament de Barcelona, Barcelona city data for the 2030 Agenda (Agenda2030-BCN/BCN2030-data, MIT "
    "License). SDG wording: Open SDG translations (MIT License). Converted to CSV; figures unchanged."
)


def load() -> Organisation | None:
    """The city's figures in an organisation of their own, or None when they are there already."""
    if Person.objects.filter(email=ADMINISTRATOR).exists():
        return None
    files = {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}
    levels = ("Goal", "Target", "Commitment")
    founding = Founding(NAME, levels, "Europe/Madrid", ATTRIBUTION, ADMINISTRATOR)
    organisation = import_folder(files, founding, source=FOLDER.name).organisation
    organisation.people.update(name="City administrator")
    return organisation
