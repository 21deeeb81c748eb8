"""A workspace: the tokens page, and the API that accepts tokens. The extra `arka-config[workspace]` has what it needs.

`application.py` is the ASGI application, `serving.py` runs it for the command.
"""
