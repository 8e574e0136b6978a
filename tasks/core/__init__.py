"""What all steps share: workspace, settings, constants, processes, progress, templates."""
