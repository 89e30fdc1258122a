"""Runs attacks against promptlib and its peers, and writes the table of docs/security.md.

    python -m scripts.attacks

runs every attack on every library that is installed (`pip install banks langchain-core haystack-ai`)
and writes the table. Needs a POSIX system: each attack runs in a process of its own, with bounds.
"""
