"""What pages say about cycles."""

from django.utils.translation import ngettext

from goals.models import Cycle


def carried(count: int, into: Cycle) -> str:
    told = ngettext("%(count)d goal carried over to %(cycle)s", "%(count)d goals carried over to %(cycle)s", count)
    return told % {"count": count, "cycle": into.name}
