#include "internal.h"
void open_tensors(lua_State *L) { (void)L; }
void cl_push_tensor(lua_State *L, void *owner, float *base, int64_t rows, int64_t columns,
                    bool is_vector) {
  (void)owner; (void)base; (void)rows; (void)columns; (void)is_vector; lua_pushnil(L);
}
void cl_push_view(lua_State *L, float *base, int64_t rows, int64_t columns, bool is_vector,
                  uint64_t scope) {
  (void)base; (void)rows; (void)columns; (void)is_vector; (void)scope; lua_pushnil(L);
}
int cl_to_tensor(lua_State *L, int index, cl_tensor_view *view) { (void)L; (void)index; (void)view; return 1; }
uint64_t cl_scope_open(lua_State *L) { (void)L; return 0; }
void cl_scope_close(lua_State *L, uint64_t scope) { (void)L; (void)scope; }
bool cl_scope_written(lua_State *L, uint64_t scope) { (void)L; (void)scope; return false; }
