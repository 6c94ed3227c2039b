// libedit: lines that a person edits, and their history.
#include <stdio.h>
#include <editline/readline.h>
