"""The pure core: values in, values out.

Nothing here knows of Flask, SQL, files, the clock or chance; whatever a rule
needs is an argument.
"""
