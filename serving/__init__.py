"""Answers: the shelf of promoted forecasters, issuing, the in-memory answers and the BentoML service.

The floors, from the top: service, worker, api; routes; web, verification, scenarios; answering; views, catalogue;
deployment, shelf; access, issued; schemas. Each imports only from those below it.
"""
