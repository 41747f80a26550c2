"""Histories as files that leave the program: statistics, exports, and one page with charts.

    statistics <- formats <- charts <- page

`statistics` and `formats` need the standard library alone. `charts` and `page` need the extra
`reports` (matplotlib and Jinja2), so they are imported only when a page is asked for.
"""
