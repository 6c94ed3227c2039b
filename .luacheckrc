std = "lua54"
read_globals = { "cast" }
max_line_length = 100
files["Scripts/types"] = { ignore = { "111", "112", "113", "121", "122", "131", "211", "212", "241", "631" } }
