"""The charts of the report, drawn with matplotlib.

    spans <- drawing <- chart <- calendars, bars, dots <- overview

`spans` divides a period into buckets, `drawing` turns a figure of matplotlib into a part of the
page, `chart` holds what all charts share, the next three draw, and `overview` lists them.
"""
