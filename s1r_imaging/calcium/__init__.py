"""From traces to numbers: bleaching, F0, ΔF/F0, [Ca²⁺], kinetics, responders."""
