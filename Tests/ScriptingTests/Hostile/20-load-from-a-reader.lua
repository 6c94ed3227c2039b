-- expect: error: load takes a string
load(collectgarbage)
