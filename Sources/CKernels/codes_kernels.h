// Rows of inputs rounded to integers, block by block; included once for each kind of machine.

// 32 inputs become integers of magnitude up to `most`: what the greatest of them is divided by it
// is the scale. Returns false where an input is not finite: the scale is NaN then. Blocks whose
// greatest magnitude is below 2^-100 become zeros.
CK_INLINE bool CK(round_block)(const float *x, float most, i32x8 code[4], ck_codes *block) {
  i32x8 top = {0};
CK_UNROLL
  for (int i = 0; i < 4; i++) {
    // Magnitudes are ordered as their bits are, NaN above all.
    const i32x8 bits = *(const i32x8_any *)(x + 8 * i) & 0x7fffffff;
    top = __builtin_elementwise_max(top, bits);
  }
  int32_t most_bits = 0;
  for (int i = 0; i < 8; i++) most_bits = top[i] > most_bits ? top[i] : most_bits;
  float greatest;
  memcpy(&greatest, &most_bits, sizeof greatest);
  if (most_bits >= 0x7f800000 || greatest < 0x1p-100f) {
    memset(block, 0, sizeof *block);
    for (int i = 0; i < 4; i++) code[i] = (i32x8){0};
    if (most_bits < 0x7f800000) return true;
    block->scale = __builtin_nanf("");
    block->offset = __builtin_nanf("");
    return false;
  }
  const float factor = most / greatest;
  block->scale = greatest / most;
CK_UNROLL
  for (int i = 0; i < 4; i++) {
    code[i] = __builtin_convertvector(
        __builtin_elementwise_roundeven(CK(load)(x + 8 * i) * factor), i32x8);
  }
  const i32x8 low = code[0] + code[1], high = code[2] + code[3];
  block->sums[0] = CK(sum_integers)(low);
  block->sums[1] = CK(sum_integers)(high);
  block->offset = block->scale * (float)(block->sums[0] + block->sums[1]);
  return true;
}

// Blocks first .. end - 1 of the rows.
static void CK(round_rows)(const ck_rounding *work, size_t first, size_t end) {
  const size_t blocks = work->inputs / ck_tile_inputs;
  for (size_t i = first; i < end; i++) {
    const float *x = work->input + i / blocks * work->stride + i % blocks * ck_tile_inputs;
    i32x8 code[4];
    if (work->words != NULL) {
      ck_words *block = work->words + i;
      CK(round_block)(x, 32767, code, &block->head);
      // Word c, inputs 4c .. 4c + 3, becomes a pair of the even ones and a pair of the odd ones.
CK_UNROLL
      for (int v = 0; v < 4; v++) {
        const i32x8 c = code[v];
        const i32x8 low = __builtin_shufflevector(c, c, 0, 1, 4, 5, 0, 1, 4, 5);
        const i32x8 high = __builtin_shufflevector(c, c, 2, 3, 6, 7, 2, 3, 6, 7);
        const i32x8 pairs = (low & 0xffff) | high << 16;
        memcpy(block->codes + 8 * v, &pairs, 16);
      }
    }
    if (work->bytes != NULL) {
      ck_bytes *block = work->bytes + i;
      CK(round_block)(x, 127, code, &block->head);
CK_UNROLL
      for (int v = 0; v < 4; v++) {
        const i8x8 bytes = __builtin_convertvector(code[v], i8x8);
        memcpy(block->codes + 8 * v, &bytes, 8);
      }
    }
  }
}
