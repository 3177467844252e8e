"""The sandbox's Salesforce: REST, the composite family, SOQL, OAuth, SOAP login and lead conversion over one
SQLite store.

`urls` maps paths to handlers, `responses` shapes what goes over the wire, `models` owns the org behind it.
"""
