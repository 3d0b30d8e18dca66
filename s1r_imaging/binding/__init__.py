"""From counts to Ki: plates, counts, quality, competition, saturation, kinetics, exact equilibrium."""
