-- expect: error: permission denied (no flag opens /etc to a recipe)
cast.read("/etc/passwd")
