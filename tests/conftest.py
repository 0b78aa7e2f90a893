pytest_plugins = ["tests.machine"]
