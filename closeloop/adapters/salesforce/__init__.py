"""The company's Salesforce org, through simple-salesforce: one connection factory, batched reads and writes."""
