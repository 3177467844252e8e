"""Traffic of real Salesforce orgs, recorded by others, and how the sandbox answers the same requests."""
