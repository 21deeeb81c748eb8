"""Single sign-on for the pages, through a provider of OpenID Connect that the operator has chosen.

`settings.py` is what the operator sets, `challenge.py` what binds a sign-in to one browser, `provider.py` the requests
to the provider and the checks of its ID token, `identities.py` which user an account at the provider is. The two pages
are in `pages/single_sign_on.py`.
"""
