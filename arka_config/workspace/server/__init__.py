"""The workspace server: the tokens page and the API. Needs the extra `arka-config[workspace]`.

`application.py` builds the ASGI application; `serving.py` runs it, for the command and in tests.
"""
