#include "CLuaShim.h"
const char *cl_release(void);
const char *cl_release(void) { return LUA_RELEASE; }
