import io
import re

import pytest
from django.core.management import CommandError, call_command

from goals.models import Goal
from integrations.progress_bar import ProgressBar
from kpis.models import Measurement
from people.models import Organisation, Person
from tests.integrations.files import GOAL, folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def port(tmp_path):
    """A folder called port with the small good files."""
    path = tmp_path / "port"
    path.mkdir()
    write(path, folder())
    return path


def write(path, files):
    for name, content in files.items():
        (path / name).write_bytes(content)


def run(*arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_csv", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_founds_the_organisation_the_folder_is_called_after(port):
    out, _ = run(port, levels="Goal, Target", admin="Ada@port.example", attribution="Harbour office")
    organisation = Organisation.objects.get(name="port")
    assert "2 new" in out
    assert "3 new" in out
    assert list(organisation.levels.values_list("name", flat=True)) == ["Goal", "Target"]
    assert organisation.attribution == "Harbour office"
    assert Person.objects.get(email="ada@port.example").is_admin


def test_repeated_it_says_that_nothing_has_changed(port):
    run(port)
    out, _ = run(port)
    assert out.endswith("Nothing has changed since the last import.\n")
    assert Organisation.objects.count() == 1


def test_it_takes_an_organisation_by_name_or_id(port, cast):
    run(port, organisation="Works")
    assert cast.works.goals.count() == 2
    out, _ = run(port, organisation=str(cast.works.pk))
    assert "2 unchanged" in out


def test_a_dry_run_keeps_nothing(port):
    out, _ = run(port, dry_run=True)
    assert "3 new" in out
    assert out.endswith("Dry run: nothing was kept.\n")
    assert not Organisation.objects.exists()


def test_problems_stand_on_a_line_each_and_nothing_is_imported(port):
    write(port, folder(goals=[{**GOAL, "weight": "x"}, {**GOAL, "id": "", "title": ""}]))
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"^3 problems; nothing was imported\.$"):
        call_command("import_csv", str(port), stdout=io.StringIO(), stderr=err)
    assert [re.match(r"[^ ]+ \w+", line)[0] for line in err.getvalue().splitlines()] == [
        "goals.csv:2:weight: not_a_number",
        "goals.csv:3:id: required",
        "goals.csv:3:title: required",
    ]


def test_of_very_many_problems_the_first_ones_are_shown(port):
    write(port, folder(goals=[{"id": f"G{number}", "level": "1"} for number in range(200)]))
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"^200 problems;"):
        call_command("import_csv", str(port), stdout=io.StringIO(), stderr=err)
    assert len(err.getvalue().splitlines()) == 51
    assert err.getvalue().endswith("... and 150 more\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"organisation": "99999"}, "There is no organisation 99999."),
        ({"organisation": "Twice"}, "Several organisations are called Twice; give the id: "),
        ({"organisation": "x" * 201}, "The organisation's name is longer than 200 characters."),
        ({"admin": "nobody"}, "nobody is not an e-mail address."),
        ({"admin": "EVE@elsewhere.example"}, "eve@elsewhere.example signs in already"),
    ],
)
def test_an_unclear_order_is_refused(port, cast, options, message):
    Organisation.objects.create(name="Twice")
    Organisation.objects.create(name="Twice")
    with pytest.raises(CommandError, match=re.escape(message)):
        run(port, **options)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        run(tmp_path / "nowhere")


class Terminal(io.StringIO):
    def write(self, text, ending="\n"):
        super().write(text + ending)

    def isatty(self):
        return True


def test_a_terminal_shows_one_line_that_grows():
    out = Terminal()
    bar = ProgressBar(out)
    bar.show("Measurements", 5000, 20000)
    bar.close()
    assert out.getvalue() == "\r\x1b[KMeasurements  [#######.......................] 5,000 of 20,000\r\x1b[K"


def test_a_file_gets_one_line_for_each_stage(port):
    out, _ = run(port)
    assert out.splitlines()[:5] == ["Reading", "Goals", "KPIs", "Measurements", "Rolling up"]
    assert Measurement.objects.count() == 3


@pytest.mark.parametrize("dry_run", [False, True])
def test_it_tells_how_well_the_goals_are_put(port, dry_run):
    out, _ = run(port, dry_run=dry_run)
    assert "S.M.A.R.T.    0 good, 1 could be better, 1 weak" in out, out
    assert "2 goals: T1 Set a start date before the due date." in out
    assert re.search(r"\n +\d+ of 100: ", out)


def test_only_the_goals_of_the_files_are_judged(port):
    run(port)
    Goal.objects.update(external_id="")
    out, _ = run(port)
    assert "0 good, 1 could be better, 1 weak" in out
