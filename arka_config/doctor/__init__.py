"""What is wrong with an app's files on this machine and around them, and what mends it. Looking writes nothing and
takes no lock, and nothing here prints."""
