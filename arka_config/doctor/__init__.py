"""Finds what is wrong with an app's files on this machine, and fixes what is safe to fix.

Checks write nothing, take no lock and print nothing.
"""
