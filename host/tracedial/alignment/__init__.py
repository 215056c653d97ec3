"""Makes traces from journals: each sample at its second of the video, with a bound, a flag or a finding."""
