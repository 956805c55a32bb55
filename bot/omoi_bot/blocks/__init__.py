"""Everything that a person sees in Slack, built by pure functions: from model.py's values to messages and views.

Text from people, models and repositories is escaped here (text.py) and nowhere else; limits.py says whether Slack takes
what came out.
"""
