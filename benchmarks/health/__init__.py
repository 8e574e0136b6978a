"""Structure health judged by what growing would have gained."""
