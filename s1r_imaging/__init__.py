"""From a Fluo-4 recording to an answer a pharmacologist can publish."""
