"""Sign-in of programs through the browser: an OAuth 2.0 authorization server for one public client, the app's CLI.

Two grants lead to the same approval page: the authorization code with PKCE, for a browser on the same machine, and the
device code, for all others. `protocol.py` has the rules of the RFCs, `login_requests.py` what the database keeps,
`endpoints.py` what programs call, and `approval.py` what the user sees.

Authlib's server classes are not used. They look up a code, check it, issue, and delete it in separate callbacks, all of
which we would have to write, and nothing makes the sequence atomic: two workers could use a code at the same time. Its
device grant does not use up an approved code at all, and its errors repeat the request's input. What would be left is
parsing parameters. The tests use an independent client, oauthlib's.
"""
