"""From a config to runs: the plan, its checks, and what each run depends on."""
