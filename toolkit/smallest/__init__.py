"""The study of the smallest network that still reads digits: search, train, judge, page; see docs/smallest.md.

trainer/      C: forward, backward, Adam for networks of a few hundred parameters; compiled at first use
native.py     its Python side                      recipe.py    how one is trained
pipeline.py   starts, the best of them, the long training, int8     records.py   every run, a line each
search.py     Optuna on SQLite                     named.py, judge.py   what is judged, once
"""
