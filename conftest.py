"""What all tests of the repository share: markers, options, and how hypothesis takes its time."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.needs", "tests.reports", "tests.conformance.options"]

# How long an example takes is the machine's, not the test's: it may stand still for a second.
settings.register_profile("microdns", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("microdns")
