"""Templates: checked-in descriptions of the profiles that machines should have.

The modules follow the data: `reading` (files to TOML tables), `model` (validation), `desired` (the profiles that this
machine should have), `ledger` (what the last apply wrote), `token_fetching`, `preparation` (reads all inputs),
`planning` (a pure function from them to a `plan`), `approvals`, `plan_file` and `applying`. A template is untrusted: it
runs nothing, and the plan shows what it reads and where tokens are sent before anything happens.
"""
