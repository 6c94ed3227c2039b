std = "lua54"
read_globals = { "cast" }
max_line_length = 100
files["Scripts/types"] = { ignore = { "111", "112", "113", "121", "122", "131", "211", "212", "241", "631" } }
files["**/*_test.lua"] = {
  read_globals = { "describe", "it", "before_each", "after_each", "expect" }
}
