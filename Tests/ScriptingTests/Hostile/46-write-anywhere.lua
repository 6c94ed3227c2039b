-- expect: error: permission denied; allow it with --allow-write=
cast.write("46-write-anywhere.lua", "gone")
