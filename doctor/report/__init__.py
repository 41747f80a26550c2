"""Histories as one page with pictures; needs the extra `reports` (matplotlib and Jinja2).

`spans` cuts a time into buckets, `drawing` makes a library's picture a part of the page, `charts`
draws, `page` puts together. Nothing else of the project imports this package when it is loaded.
"""
