"""`make bench-relay`: the relay's worker process against Janus and MediaRelay, under one load generator."""
