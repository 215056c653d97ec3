"""From journals to traces: each sample at its second of the video, with a bound, a flag or a finding."""
