"""Settings, the playbook and the words of the CRM. Read only by the composition root and the command line."""
