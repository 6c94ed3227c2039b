// Numbers from tensors, and directions: sums run in float64 in one fixed order.
#include "tensor.h"
#include <math.h>
#include <string.h>

double dot_product(const float *a, const float *b, int64_t count) {
  double sums[4] = {0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (int lane = 0; lane < 4; lane++) sums[lane] += (double)a[i + lane] * (double)b[i + lane];
  for (; i < count; i++) sums[0] += (double)a[i] * (double)b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

bool cl_all_finite(const float *base, int64_t count) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, base + i, sizeof bits);
    bad |= (bits & 0x7F800000u) == 0x7F800000u;
  }
  return !bad;
}

// MARK: One number from a run of floats, `stride` apart

typedef double (*reduction)(const float *base, int64_t count, int64_t stride);

static double sum_of(const float *base, int64_t count, int64_t stride) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += base[i * stride];
  return sum;
}

static double mean_of(const float *base, int64_t count, int64_t stride) {
  return sum_of(base, count, stride) / (double)count;
}

// Of a sample: divides by count - 1; 0 for a single value.
static double std_of(const float *base, int64_t count, int64_t stride) {
  double mean = mean_of(base, count, stride), sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += (base[i * stride] - mean) * (base[i * stride] - mean);
  return count > 1 ? sqrt(sum / (double)(count - 1)) : 0;
}

static double norm_of(const float *base, int64_t count, int64_t stride) {
  if (stride == 1) return sqrt(dot_product(base, base, count));
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)base[i * stride] * base[i * stride];
  return sqrt(sum);
}

// The first of the largest; NaN counts as smaller than anything.
static int64_t largest(const float *base, int64_t count, int64_t stride) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; i++)
    if (base[i * stride] > base[best * stride] || isnan(base[best * stride])) best = i;
  return best;
}

static double max_of(const float *base, int64_t count, int64_t stride) {
  return base[largest(base, count, stride) * stride];
}

// 0: over all elements; 1: over the rows; 2: along each row.
static int axis_argument(lua_State *L, const tensor *t) {
  if (lua_isnoneornil(L, 2)) return 0;
  lua_Integer axis = lua_tointeger(L, 2);
  if (lua_type(L, 2) != LUA_TNUMBER || axis < 1 || axis > 2)
    bad_argument(L, 2, "axis", "1 (over the rows) or 2 (along each row)");
  if (t->is_vector && axis != 1) luaL_error(L, "a vector has axis 1 only");
  return t->is_vector ? 0 : (int)axis;
}

static int reduce(lua_State *L, reduction one, const char *name, bool needs_values) {
  tensor *t = self_tensor(L, reading);
  int axis = axis_argument(L, t);
  if (needs_values && count_of(t) == 0) return luaL_error(L, "%s of an empty tensor", name);
  if (axis == 0) {
    lua_pushnumber(L, one(t->base, count_of(t), 1));
    return 1;
  }
  tensor *made = new_tensor(L, 1, axis == 1 ? t->columns : t->rows, true);
  for (int64_t i = 0; i < made->columns; i++)
    made->base[i] = (float)(axis == 1 ? one(t->base + i, t->rows, t->columns)
                                      : one(t->base + i * t->columns, t->columns, 1));
  return 1;
}

static int sum(lua_State *L) { return reduce(L, sum_of, "sum", false); }
static int mean(lua_State *L) { return reduce(L, mean_of, "mean", true); }
static int deviation(lua_State *L) { return reduce(L, std_of, "std", true); }
static int norm(lua_State *L) { return reduce(L, norm_of, "norm", false); }

// t:max() gives the value and, for a vector, its index.
static int max(lua_State *L) {
  int results = reduce(L, max_of, "max", true);
  tensor *t = self_tensor(L, reading);
  if (!t->is_vector) return results;
  lua_pushinteger(L, largest(t->base, t->columns, 1) + 1);
  return 2;
}

// Of a vector the index; of a matrix a list of the index in each row (axis 2) or column (axis 1).
static int argmax(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  int axis = t->is_vector ? 0 : lua_isnoneornil(L, 2) ? 2 : axis_argument(L, t);
  if (count_of(t) == 0) return luaL_error(L, "argmax of an empty tensor");
  if (axis == 0) {
    lua_pushinteger(L, largest(t->base, t->columns, 1) + 1);
    return 1;
  }
  int64_t results = axis == 1 ? t->columns : t->rows;
  lua_createtable(L, (int)results, 0);
  for (int64_t i = 0; i < results; i++) {
    lua_pushinteger(L, 1 + (axis == 1 ? largest(t->base + i, t->rows, t->columns)
                                      : largest(t->base + i * t->columns, t->columns, 1)));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

// MARK: Against another tensor, row by row

typedef double (*comparison)(const float *a, const float *b, int64_t count);

static double cosine_of(const float *a, const float *b, int64_t count) {
  double product = sqrt(dot_product(a, a, count)) * sqrt(dot_product(b, b, count));
  return product > 0 ? dot_product(a, b, count) / product : 0;
}

// Two vectors give a number; a matrix gives a vector with one number for each row.
static int compare(lua_State *L, comparison one, const char *name) {
  tensor *t = self_tensor(L, reading), *other = tensor_argument(L, 2, "other", reading);
  if (t->columns != other->columns || (!other->is_vector && !same_shape(t, other)))
    return shape_error(L, t, other, name);
  if (t->is_vector) {
    lua_pushnumber(L, one(t->base, other->base, t->columns));
    return 1;
  }
  tensor *made = new_tensor(L, 1, t->rows, true);
  for (int64_t row = 0; row < t->rows; row++)
    made->base[row] = (float)one(t->base + row * t->columns,
                                 other->base + (other->is_vector ? 0 : row * t->columns),
                                 t->columns);
  return 1;
}

static int dot(lua_State *L) { return compare(L, dot_product, "dot"); }
static int cosine(lua_State *L) { return compare(L, cosine_of, "cosine"); }

// Each row's part along a direction, or what is left without it.
static int project_onto(lua_State *L, bool out, const char *name) {
  tensor *t = self_tensor(L, reading), *direction = tensor_argument(L, 2, "direction", reading);
  if (!direction->is_vector || direction->columns != t->columns)
    return shape_error(L, t, direction, name);
  double square = dot_product(direction->base, direction->base, t->columns);
  if (!(square > 0)) return luaL_error(L, "'%s': the direction is zero", name);
  tensor *made = new_like(L, t);
  for (int64_t row = 0; row < t->rows; row++) {
    const float *x = t->base + row * t->columns;
    float *to = made->base + row * t->columns;
    double along = dot_product(x, direction->base, t->columns) / square;
    for (int64_t i = 0; i < t->columns; i++) {
      double part = along * direction->base[i];
      to[i] = (float)(out ? x[i] - part : part);
    }
  }
  return 1;
}

static int project(lua_State *L) { return project_onto(L, false, "project"); }
static int project_out(lua_State *L) { return project_onto(L, true, "project_out"); }

// MARK: Row by row

// Makes each row one of unit length; a row of zeros stays.
static int normalize_into(lua_State *L, bool in_place) {
  tensor *t = self_tensor(L, in_place ? writing : reading);
  tensor *target = t;
  lua_settop(L, 1);
  if (!in_place) target = new_like(L, t);
  for (int64_t row = 0; row < t->rows; row++) {
    const float *x = t->base + row * t->columns;
    double length = sqrt(dot_product(x, x, t->columns));
    for (int64_t i = 0; i < t->columns; i++)
      target->base[row * t->columns + i] = (float)(length > 0 ? x[i] / length : 0);
  }
  return 1;
}

static int normalize(lua_State *L) { return normalize_into(L, false); }
static int normalize_here(lua_State *L) { return normalize_into(L, true); }

static int softmax_of(lua_State *L, bool logarithm) {
  tensor *t = self_tensor(L, reading);
  tensor *made = new_like(L, t);
  for (int64_t row = 0; row < t->rows && t->columns > 0; row++) {
    const float *x = t->base + row * t->columns;
    float *to = made->base + row * t->columns;
    double top = max_of(x, t->columns, 1), sum = 0;
    for (int64_t i = 0; i < t->columns; i++) sum += exp(x[i] - top);
    double shift = top + log(sum);
    for (int64_t i = 0; i < t->columns; i++)
      to[i] = (float)(logarithm ? x[i] - shift : exp(x[i] - shift));
  }
  return 1;
}

static int softmax(lua_State *L) { return softmax_of(L, false); }
static int log_softmax(lua_State *L) { return softmax_of(L, true); }

// t:topk(k): values (a tensor) and indices (a list) of the k largest, largest first, of equal ones
// the earlier first. Keeps a sorted list of k: O(count * k) at worst, near O(count) in practice.
static int topk(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  int is_integer;
  lua_Integer k = lua_tointegerx(L, 2, &is_integer);
  if (!t->is_vector) return luaL_error(L, "topk works on a vector: take a row first");
  if (!is_integer || k < 1 || k > 10000) return bad_argument(L, 2, "k", "integer from 1 to 10000");
  if (k > t->columns) k = t->columns;
  tensor *values = new_tensor(L, 1, k, true);
  int64_t *found = lua_newuserdatauv(L, (size_t)(k + 1) * sizeof *found, 0);
  int64_t count = 0;
  for (int64_t i = 0; i < t->columns; i++) {
    float x = t->base[i];
    if (isnan(x) || (count == k && !(x > t->base[found[k - 1]]))) continue;
    int64_t at = count < k ? count++ : k - 1;
    for (; at > 0 && t->base[found[at - 1]] < x; at--) found[at] = found[at - 1];
    found[at] = i;
  }
  values->columns = count;
  lua_pushvalue(L, -2);
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    values->base[i] = t->base[found[i]];
    lua_pushinteger(L, found[i] + 1);
    lua_rawseti(L, -2, i + 1);
  }
  return 2;
}

const luaL_Reg tensor_reductions[] = {{"sum", sum},
                                      {"mean", mean},
                                      {"std", deviation},
                                      {"norm", norm},
                                      {"max", max},
                                      {"argmax", argmax},
                                      {"dot", dot},
                                      {"cosine", cosine},
                                      {"project", project},
                                      {"project_out", project_out},
                                      {"normalize", normalize},
                                      {"normalize_", normalize_here},
                                      {"softmax", softmax},
                                      {"log_softmax", log_softmax},
                                      {"topk", topk},
                                      {NULL, NULL}};
