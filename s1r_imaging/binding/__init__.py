"""From scintillation counts to Ki, Kd and rates that can be trusted."""
