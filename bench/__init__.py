"""Measure the product: each module is one question, run as `python -m bench.<name>`.

Times mean little by themselves on a shared machine. What is compared is measured
in one run, in turns, and read as a ratio of medians.
"""
