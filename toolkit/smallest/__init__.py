"""The study of the smallest network that still reads digits: search, train, judge, page; see docs/smallest.md.

trainer/      C: forward, backward, Adam for networks of a few hundred parameters; compiled at first use
native.py     its Python side                      recipe.py    how one is trained
pipeline.py   starts, the best of them, the long training, int8     records.py   every run, a line each
prune.py      a start out of a wider network        search.py    Optuna on SQLite
kept.py       its data files, held to their hashes
judge.py      what is named and judged, once        ship.py      the judged file as a model that ships
measure.py    on boards                             fits.py      on the images that it was trained on
page*.py      docs/smallest.md from the records
"""
