"""Templates: checked-in descriptions of a machine's profiles, and the way from them to this machine.

The words, in the order in which data passes through them: *templates* are read from files, *desired* is what they ask
of this machine, *actual* is how it stands, the *ledger* is what the last apply wrote. A *plan* is made of the last
three and of nothing else; *applying* carries it out. A template is untrusted data: it runs nothing, and is shown with
what it reads and where it sends before anything of it takes effect.
"""
