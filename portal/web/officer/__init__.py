"""The compliance office: queue, cases, determinations, organizations, policies, trail."""
