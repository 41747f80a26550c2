"""What museums show: the look of a teletype, a published dialogue, the full screen."""
