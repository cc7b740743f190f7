"""What leaves the collector besides its decisions: metrics to be scraped, and the history of every reading."""
