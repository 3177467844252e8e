"""A local Salesforce, SendGrid and a town of simulated buyers, in one process, over real HTTP.

It imports nothing of the product and nothing of the product imports it: the two meet on the network only.
"""
