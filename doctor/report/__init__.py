"""Histories as one page with pictures; needs the extra `reports` (matplotlib and Jinja2).

    spans <- drawing <- chart <- calendars, bars, dots <- charts <- page

`spans` cuts a time into buckets, `drawing` makes a library's picture a part of the page, `chart` is
what every picture is, the three after it draw, and `page` puts together. Nothing else of the
project imports this package when it is loaded.
"""
