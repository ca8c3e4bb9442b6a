"""From runs to tables, comparisons and findings. Knows neither torch nor HTML."""
