-- expect: error: too many elements to move
table.move({}, 1, 1 << 40, 2)
