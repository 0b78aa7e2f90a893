"""The dashboard: the page, and its two parts that come when the reader gets to them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from goals import board_words as words
from goals.board import DAYS_BACK, Board, Strategic, Told, board, chosen, cycles_of, told_of, trends
from goals.board_pack import board_pack
from goals.charts import icicle_figure, trend_figure
from goals.detail import Moment
from goals.heat import Cell, UnitRow
from goals.icicle import Icicle, icicle
from goals.lines import Lines, lines_at, lines_now
from goals.models import Cycle, GoalFigures
from goals.since import since
from goals.trend import by_month
from goals.views.moments import asked
from goals.voices import wins
from people import access

MOST_WINS = 8


def dashboard(request):
    cycles = cycles_of(request.user)
    cycle = picked(request, cycles)
    if cycle is None:
        return render(request, "goals/board/empty.html", {"may_start": access.can_administer(request.user)})
    moment = shown_moment(request)
    found = board(request.user, cycle, moment.on, moment.known)
    context = {
        "board": found,
        "cycles": cycles,
        "moment": moment,
        "today": request.user.organisation.today(),
        "sentence": words.sentence(found),
        "news": words.news(found.strategic),
        "attention": [(each, words.why(each.line)) for each in found.attention],
        "unsure": [(each, words.reason(each)) for each in found.unsure],
        "units": [(row.unit, pairs(found, row)) for row in found.units],
        "statuses": statuses(found),
        "keep": kept(cycle, moment),
        "may_start": access.can_run_cycle(request.user),
    }
    return render(request, "goals/board.html", context)


@require_safe
def pack(request):
    """The dashboard as a document to print or send."""
    cycle, moment = picked(request, cycles_of(request.user)), shown_moment(request)
    if cycle is None:
        raise Http404
    document = board_pack(request.user, cycle, moment.on, moment.known)
    day = moment.on or request.user.organisation.today()
    name = f"{slugify(request.user.organisation.name) or 'board-pack'}-{day.isoformat()}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


def progress(request):
    """Each strategic goal over its cycle, as it was known at the end of each day."""
    cycle, moment, lines = asked_lines(request)
    titles = told_of({line.id for line in lines.strategic})
    points = trends(lines.strategic, cycle.start, lines.on)
    courses = [
        {
            "goal": titles[line.id],
            "key": str(line.id),
            "label": words.course(titles[line.id].title, line),
            "figure": trend_figure(points[line.id], cycle.start, cycle.due),
            "months": by_month(points[line.id]),
        }
        for line in lines.strategic
    ]
    return part(request, "progress", {"courses": courses, "cycle": cycle, "keep": kept(cycle, moment)})


def cascade(request):
    """All goals by what they weigh, from the strategic ones or from one goal down."""
    cycle, moment, lines = asked_lines(request)
    root = None
    if asked_root := request.GET.get("root"):
        root = lines.by_id.get(int(asked_root)) if asked_root.isdecimal() and len(asked_root) < 19 else None
        if root is None or root.id not in lines.seen:
            raise Http404
    picture = icicle(lines, root)
    told = told_of({block.line.id for block in picture.blocks if block.seen})
    context = {
        "picture": picture,
        "rows": [(block, told.get(block.line.id)) for block in picture.blocks],
        "figure": figure_of(picture, told),
        "root": root,
        "title": root and told[root.id].title,
        "cycle": cycle,
        "moment": moment,
        "inner": [block.line.id for block in picture.blocks if block.inner and block.seen],
        "leaves": [block.line.id for block in picture.blocks if block.seen and not block.inner],
        "keep": kept(cycle, moment),
    }
    return part(request, "cascade", context)


def changed(request):
    """What changed since a day, 30 days back unless the address names one."""
    cycle, moment, lines = asked_lines(request)
    day = day_of(request.GET.get("since", ""), lines.on)
    context = {
        "since": since(request.user, lines, day),
        "wins": wins.newest(request.user, day, lines.on).filter(goal__cycle=cycle)[:MOST_WINS],
        "cycle": cycle,
        "moment": moment,
        "latest": lines.on - dt.timedelta(days=1),
        "keep": kept(cycle, moment),
    }
    return part(request, "changed", context)


def day_of(text: str, until: dt.date) -> dt.date:
    """The day that is meant, always before `until`."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    return day if day and day < until else until - dt.timedelta(days=DAYS_BACK)


def figure_of(picture: Icicle, told: Mapping[int, Told]) -> dict | None:
    titles = {pk: each.title for pk, each in told.items()}
    return icicle_figure(picture, titles) if picture.blocks else None


def part(request, name: str, context: dict):
    """To htmx the part alone, else a page of its own."""
    template = f"goals/board/{name}.html" if request.htmx else "goals/board/alone.html"
    return render(request, template, {**context, "part": f"goals/board/{name}.html"})


def asked_lines(request) -> tuple[Cycle, Moment, Lines]:
    cycle, moment = picked(request, cycles_of(request.user)), shown_moment(request)
    if cycle is None:
        raise Http404
    if not moment.is_past:
        return cycle, moment, lines_now(request.user, cycle)
    return cycle, moment, lines_at(request.user, cycle, moment.on, moment.known)


def picked(request, cycles: Iterable[Cycle]) -> Cycle | None:
    """The cycle that the address names, else the running one."""
    cycles = list(cycles)
    named = next((cycle for cycle in cycles if str(cycle.pk) == request.GET.get("cycle")), None)
    return named or chosen(cycles, request.user.organisation.today())


def shown_moment(request) -> Moment:
    """Today with all that is known is now."""
    moment = asked(request)
    is_now = moment.known is None and moment.on == request.user.organisation.today()
    return Moment() if is_now else moment


def kept(cycle: Cycle, moment: Moment) -> str:
    """What keeps a link at this cycle and moment."""
    return "&".join(filter(None, [urlencode({"cycle": cycle.pk}), moment.query.removeprefix("?")]))


def pairs(found: Board, row: UnitRow) -> list[tuple[Strategic, Cell | None]]:
    """Each strategic goal with what the unit carries of it."""
    cells = {cell.strategic: cell for cell in row.cells if cell}
    return [(each, cells.get(each.line.id)) for each in found.strategic]


def statuses(found: Board) -> dict:
    """How many goals of each level have which status: the statuses that occur, and a row of counts for each level."""
    occur = [status for status in GoalFigures.Status.values if any(level.counts[status] for level in found.levels)]
    rows = [(level, [level.counts[status] for status in occur]) for level in found.levels]
    return {"occur": occur, "rows": rows}
