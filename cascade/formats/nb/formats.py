"""How dates are written in Norwegian Bokmål."""

DATE_FORMAT = "j. N Y"
DATETIME_FORMAT = "j. N Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j. F"
TIME_FORMAT = "H:i"
# Numbers for people go through cascade/templatetags/ui.py; one that a template puts into an attribute stays readable
# for browsers, whose decimal sign is a point.
DECIMAL_SEPARATOR = "."
