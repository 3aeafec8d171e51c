"""synthetic.toml or [tool.synthetic], and the environment, into one frozen Settings."""
