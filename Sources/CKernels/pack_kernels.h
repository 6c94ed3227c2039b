// Packing of GGUF blocks into bands; included once for each kind of machine.

// Codes of tile `t` of a block, in ascending k.
CK_INLINE void CK(codes)(int format, const uint8_t *block, int t, uint8_t *code) {
  switch (format) {
  case CK_Q4_0:
  case CK_Q4_1:
  case CK_IQ4_NL:
  case CK_IQ4_XS:
  case CK_MXFP4: {
    const uint8_t *q = block + (format == CK_Q4_1     ? 4
                                : format == CK_IQ4_XS ? 8 + 16 * t
                                : format == CK_MXFP4  ? 1
                                                      : 2);
    for (int i = 0; i < 16; i++) {
      code[i] = q[i] & 15;
      code[i + 16] = q[i] >> 4;
    }
    break;
  }
  case CK_Q5_0:
  case CK_Q5_1: {
    const uint8_t *q = block + (format == CK_Q5_0 ? 6 : 8);
    uint32_t high;
    memcpy(&high, q - 4, sizeof high);
    // Bit k of `high` as bit 4 of byte k.
    uint8_t fifth[32];
    for (int i = 0; i < 32; i++) fifth[i] = (uint8_t)(high >> (i & ~7));
    for (int i = 0; i < 32; i++) fifth[i] = fifth[i] & (1 << (i & 7)) ? 16 : 0;
    for (int i = 0; i < 16; i++) {
      code[i] = (q[i] & 15) | fifth[i];
      code[i + 16] = q[i] >> 4 | fifth[i + 16];
    }
    break;
  }
  case CK_IQ2_S:
    for (int i = 0; i < 4; i++) {
      const int n = 4 * t + i, high = block[66 + t] >> (2 * i) & 3;
      // 8, 25 and 43 become 0, 1 and 2; the sign is bit 2.
      const uint64_t codes = ck_grid_iq2_s[block[2 + n] | high << 8] >> 4 & 0x0303030303030303;
      ck_store_signed(codes, block[34 + n], 2, code + 8 * i);
    }
    break;
  case CK_IQ3_S:
    for (int i = 0; i < 4; i++) {
      const uint8_t *const low = block + 2 + 8 * t + 2 * i;
      const int high = block[66 + t] >> (2 * i);
      const uint64_t first = ck_grid_iq3_s[low[0] | (high & 1) << 8];
      const uint64_t second = ck_grid_iq3_s[low[1] | (high >> 1 & 1) << 8];
      // 1, 3 .. 15 become 0, 1 .. 7; the sign is bit 3.
      const uint64_t codes = (first | second << 32) >> 1 & 0x0707070707070707;
      ck_store_signed(codes, block[74 + 4 * t + i], 3, code + 8 * i);
    }
    break;
  case CK_Q8_0: memcpy(code, block + 2, 32); break;
  case CK_Q8_K: memcpy(code, block + 4 + 32 * t, 32); break;
  case CK_TQ1_0: ck_tq1_0_digits(block, 32 * t, 32, code); break;
  case CK_TQ2_0:
  case CK_Q2_K:
  case CK_Q3_K: {
    const int first = format == CK_TQ2_0 ? 0 : format == CK_Q2_K ? 16 : 32;
    const uint8_t *q = block + first + 32 * (t / 4);
    for (int i = 0; i < 32; i++) code[i] = (uint8_t)(q[i] >> (t % 4 * 2)) & 3;
    if (format == CK_Q3_K) {
      for (int i = 0; i < 32; i++) code[i] |= (uint8_t)(((block[i] >> t) & 1) << 2);
    }
    break;
  }
  case CK_Q4_K:
  case CK_Q5_K: {
    const uint8_t *q = block + (format == CK_Q4_K ? 16 : 48) + 32 * (t / 2);
    const int shift = t % 2 * 4;
    for (int i = 0; i < 32; i++) code[i] = (uint8_t)(q[i] >> shift) & 15;
    if (format == CK_Q5_K) {
      const uint8_t *high = block + 16;
      for (int i = 0; i < 32; i++) code[i] |= (uint8_t)(((high[i] >> t) & 1) << 4);
    }
    break;
  }
  case CK_Q6_K: {
    // 128 elements share 64 bytes of low and 32 of high bits.
    const uint8_t *q = block + 64 * (t / 4) + 32 * (t % 2);
    const uint8_t *high = block + 128 + 32 * (t / 4);
    const int shift = t % 4 / 2 * 4;
    for (int i = 0; i < 32; i++)
      code[i] = (uint8_t)(((q[i] >> shift) & 15) | (((high[i] >> (t % 4 * 2)) & 3) << 4));
    break;
  }
  }
}

// Lane i of column j becomes lane j of column i.
CK_INLINE void CK(transpose)(u32x8 m[8]) {
  u32x8 a[8], b[8];
CK_UNROLL
  for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shufflevector(m[i], m[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    a[i + 1] = __builtin_shufflevector(m[i], m[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
CK_UNROLL
  for (int i = 0; i < 8; i += 4) {
    b[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    b[i + 2] = __builtin_shufflevector(a[i + 1], a[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    b[i + 3] = __builtin_shufflevector(a[i + 1], a[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
CK_UNROLL
  for (int i = 0; i < 4; i++) {
    m[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    m[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// Bit `at` of the bytes of word c becomes bit c of the bytes of a vector.
CK_INLINE void CK(store_plane)(const u32x8 word[8], int at, uint8_t *out) {
  u32x8 plane = {0};
  for (int c = 0; c < 8; c++) plane |= (word[c] >> at & 0x01010101) << c;
  *(u32x8_any *)out = plane;
}

// The codes of 8 outputs, [8, 32], as a tile stores them.
CK_INLINE void CK(store_codes)(int bits, const uint8_t *codes, uint8_t *out) {
  u32x8 word[8];
CK_UNROLL
  for (int i = 0; i < 8; i++) word[i] = *(const u32x8_any *)(codes + 32 * i);
  CK(transpose)(word);
  if (bits == 8) {
    for (int c = 0; c < 8; c++) *(u32x8_any *)(out + 32 * c) = word[c];
    return;
  }
  if (bits < 4) {
    for (int v = 0; v < 2; v++) {
      u32x8 low = {0};
      for (int c = 0; c < 4; c++) low |= (word[4 * v + c] & 0x03030303) << (2 * c);
      *(u32x8_any *)(out + 32 * v) = low;
    }
    if (bits == 3) CK(store_plane)(word, 2, out + 64);
    return;
  }
  for (int v = 0; v < 4; v++) {
    *(u32x8_any *)(out + 32 * v) =
        (word[2 * v] & 0x0f0f0f0f) | (word[2 * v + 1] & 0x0f0f0f0f) << 4;
  }
  if (bits == 5) {
    CK(store_plane)(word, 4, out + 128);
  } else if (bits == 6) {
    for (int half = 0; half < 2; half++) {
      u32x8 high = word[4 * half] >> 4 & 0x03030303;
      for (int c = 1; c < 4; c++) high |= (word[4 * half + c] >> 4 & 0x03030303) << (2 * c);
      *(u32x8_any *)(out + 128 + 32 * half) = high;
    }
  }
}

// The 6-bit scale and minimum of each tile of a Q4_K or Q5_K block, from its 12 bytes.
CK_INLINE void CK(k_scales)(const uint8_t *q, uint8_t *scale, uint8_t *minimum) {
  for (int i = 0; i < 4; i++) {
    scale[i] = q[i] & 63;
    minimum[i] = q[i + 4] & 63;
    scale[i + 4] = (q[i + 8] & 15) | (uint8_t)(q[i] >> 6 << 4);
    minimum[i + 4] = q[i + 8] >> 4 | (uint8_t)(q[i + 4] >> 6 << 4);
  }
}

// Scales of one output, `at` in its band, for all tiles of a block.
CK_INLINE void CK(store_scales)(int format, const uint8_t *block, size_t at, uint8_t *group) {
  const ck_layout layout = ck_layout_of(format);
  uint8_t *tile = group + layout.header;
  switch (format) {
  case CK_Q4_1:
  case CK_Q5_1: memcpy(tile + 64 + 2 * at, block + 2, 2); // fall through
  case CK_Q4_0:
  case CK_Q5_0:
  case CK_IQ4_NL:
  case CK_Q8_0: memcpy(tile + 2 * at, block, 2); break;
  case CK_MXFP4: tile[at] = block[0]; break;
  case CK_Q8_K: memcpy(group + 4 * at, block, 4); break;
  case CK_TQ1_0: memcpy(group + 2 * at, block + 52, 2); break;
  case CK_TQ2_0: memcpy(group + 2 * at, block + 64, 2); break;
  case CK_IQ2_S:
    memcpy(group + 2 * at, block, 2);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout)) tile[at] = block[74 + t];
    break;
  case CK_IQ3_S:
    memcpy(group + 2 * at, block, 2);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout))
      tile[at] = (uint8_t)(2 * (block[106 + t / 2] >> (t % 2 * 4) & 15) + 1);
    break;
  case CK_IQ4_XS:
    memcpy(group + 2 * at, block, 2);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout))
      tile[at] = (uint8_t)ck_iq4_xs_factor(block, t);
    break;
  case CK_Q2_K:
    memcpy(group + 2 * at, block + 80, 2);
    memcpy(group + 64 + 2 * at, block + 82, 2);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout)) {
      for (int half = 0; half < 2; half++) {
        tile[32 * half + at] = block[2 * t + half] & 15;
        tile[64 + 32 * half + at] = block[2 * t + half] >> 4;
      }
    }
    break;
  case CK_Q4_K:
  case CK_Q5_K: {
    memcpy(group + 2 * at, block, 2);
    memcpy(group + 64 + 2 * at, block + 2, 2);
    uint8_t scale[8], minimum[8];
    CK(k_scales)(block + 4, scale, minimum);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout)) {
      tile[at] = scale[t];
      tile[32 + at] = minimum[t];
    }
    break;
  }
  case CK_Q3_K: {
    memcpy(group + 2 * at, block + 108, 2);
    int8_t factors[16];
    ck_q3_k_scales(block, factors);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout)) {
      tile[at] = (uint8_t)factors[2 * t];
      tile[32 + at] = (uint8_t)factors[2 * t + 1];
    }
    break;
  }
  case CK_Q6_K:
    memcpy(group + 2 * at, block + 208, 2);
    for (int t = 0; t < 8; t++, tile += ck_tile_bytes(layout)) {
      tile[at] = block[192 + 2 * t];
      tile[32 + at] = block[192 + 2 * t + 1];
    }
    break;
  }
}

CK_INLINE void CK(pack_quantized)(int format, size_t outputs, size_t inputs, const uint8_t *source,
                                  uint8_t *band) {
  const ck_layout layout = ck_layout_of(format);
  const size_t blocks = inputs / (size_t)(ck_tile_inputs * layout.tiles);
  const size_t block_bytes = ck_stored_of(format).bytes, stride = blocks * block_bytes;
  if (outputs < CK_BAND) memset(band, 0, blocks * ck_group_bytes(layout));
  _Alignas(32) uint8_t codes[8 * 32];
  for (size_t b = 0; b < blocks; b++, band += ck_group_bytes(layout), source += block_bytes) {
    for (size_t at = 0; at < outputs; at++)
      CK(store_scales)(format, source + at * stride, at, band);
    for (size_t first = 0; first < outputs; first += 8) {
      const size_t count = outputs - first < 8 ? outputs - first : 8;
      if (count < 8) memset(codes, 0, sizeof codes);
      uint8_t *out = band + layout.header + layout.scales + first / 8 * layout.codes;
      for (int t = 0; t < layout.tiles; t++, out += ck_tile_bytes(layout)) {
        for (size_t i = 0; i < count; i++) {
          CK(codes)(format, source + (first + i) * stride, t, codes + 32 * i);
        }
        CK(store_codes)(layout.bits, codes, out);
      }
    }
  }
}

CK_INLINE void CK(pack_plain)(size_t width, size_t outputs, size_t inputs, const uint8_t *source,
                              uint8_t *band) {
  if (outputs < CK_BAND) memset(band, 0, inputs * CK_BAND * width);
  // 64 inputs of all outputs at a time, so that the lines written stay near.
  for (size_t first = 0; first < inputs; first += 64) {
    const size_t count = inputs - first < 64 ? inputs - first : 64;
    for (size_t at = 0; at < outputs; at++) {
      const uint8_t *from = source + (at * inputs + first) * width;
      uint8_t *to = band + (first * CK_BAND + at) * width;
      for (size_t k = 0; k < count; k++) memcpy(to + k * CK_BAND * width, from + k * width, width);
    }
  }
}

// Packs up to 32 outputs; the rest of the band becomes zeros.
static void CK(pack_band)(int format, size_t outputs, size_t inputs, const uint8_t *source,
                          uint8_t *band) {
  switch (format) {
  case CK_F32: CK(pack_plain)(4, outputs, inputs, source, band); break;
  case CK_F16:
  case CK_BF16: CK(pack_plain)(2, outputs, inputs, source, band); break;
  case CK_F8_E4M3: CK(pack_plain)(1, outputs, inputs, source, band); break;
#define CK_PACK(format)                                                                            \
  case format: CK(pack_quantized)(format, outputs, inputs, source, band); break;
    CK_NARROW_FORMATS(CK_PACK)
    CK_WIDE_FORMATS(CK_PACK)
    CK_PACK(CK_TQ1_0)
#undef CK_PACK
  default: CK(pack_grids)(format, outputs, inputs, source, band);
  }
}
