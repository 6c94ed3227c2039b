-- expect: ok
print("\27]52;c;aGVsbG8=\7\27[2J\r", "\u{9b}2J", "\u{202e}abc", "\xff\x9b")
cast.log.info("\27[31m%s", "\8\8")
