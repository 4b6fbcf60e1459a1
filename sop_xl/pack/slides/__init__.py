"""How a pack looks: content to a PowerPoint file. Nothing here knows what the content is about."""
