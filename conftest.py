"""What all tests of the repository share: the marker ``needs``, and the options of the suites."""

pytest_plugins = ["tests.needs", "tests.reports", "tests.conformance.options"]
