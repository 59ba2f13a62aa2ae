"""Reading the audit log; writing it is :mod:`app.core.audit`."""
