"""What all tests of the repository share: markers, options, and how hypothesis takes its time."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stale", "tests.needs", "tests.reports", "tests.conformance.options"]

# How long an example takes is the machine's, not the test's: it may stand still for a second.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Each run tries the same examples, so that a change is refused for what it changed; whoever hunts
# has others tried by --hypothesis-profile=hunt.
settings.register_profile("microdns", patient, derandomize=True)
settings.register_profile("hunt", patient)
settings.load_profile("microdns")
