"""Tests of the sandbox's Salesforce, over real HTTP wherever a client would be."""
