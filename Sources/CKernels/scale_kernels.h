// What the codes of each format are worth; included once for each kind of machine.

// What is subtracted from a code before it is scaled.
CK_INLINE int CK(zero)(int format) {
  switch (format) {
  case CK_TQ1_0:
  case CK_TQ2_0: return 1;
  case CK_Q3_K: return 4;
  case CK_Q4_0: return 8;
  case CK_Q5_0: return 16;
  case CK_Q6_K: return 32;
  default: return 0;
  }
}

CK_INLINE bool CK(has_offset)(int format) {
  return format == CK_Q4_1 || format == CK_Q5_1 || format == CK_Q2_K || format == CK_Q4_K ||
         format == CK_Q5_K;
}

// A format with an offset for each 16 inputs.
CK_INLINE bool CK(has_half_offsets)(int format) { return format == CK_Q2_K; }

// weight = scale * (code - zero) + offset for 8 outputs.
typedef struct {
  f32x8 scale, offset;
} CK(code_scale);

// d * (2 * factor + 1) * unit, exactly: d in a header, factors of both halves of a tile in a byte.
CK_INLINE f32x8 CK(grid_scale)(float unit, const uint8_t *header, const uint8_t *tile, int group,
                               int half) {
  const u8x8_any factors = *(const u8x8_any *)(tile + 8 * group) >> (4 * half) & 15;
  const f32x8 factor = __builtin_convertvector(factors, f32x8);
  return CK(halves)(header + 16 * group) * ((2 * factor + 1) * unit);
}

// For a tile, or half `half` of one where the format has a scale for 16 inputs.
CK_INLINE CK(code_scale) CK(scale_of)(int format, const uint8_t *header, const uint8_t *tile,
                                      int group, int half) {
  CK(code_scale) s = {{0}, {0}};
  switch (format) {
  case CK_Q4_K:
  case CK_Q5_K:
    s.scale = CK(halves)(header + 16 * group) * CK(bytes)(tile + 8 * group);
    s.offset = -(CK(halves)(header + 64 + 16 * group) * CK(bytes)(tile + 32 + 8 * group));
    break;
  case CK_Q2_K: {
    const uint8_t *const bytes = tile + 32 * half + 8 * group;
    s.scale = CK(halves)(header + 16 * group) * CK(bytes)(bytes);
    s.offset = -(CK(halves)(header + 64 + 16 * group) * CK(bytes)(bytes + 64));
    break;
  }
  case CK_BYTES: s.scale = CK(load)((const float *)(tile + 128 * half + 32 * group)); break;
  case CK_TQ2_0: s.scale = CK(halves)(header + 16 * group); break;
  case CK_Q8_K: s.scale = CK(load)((const float *)(header + 32 * group)); break;
  case CK_IQ2_S: s.scale = CK(grid_scale)(0.125f, header, tile, group, half); break;
  case CK_IQ3_S:
  case CK_IQ4_XS:
    s.scale = CK(halves)(header + 16 * group) * CK(signed_bytes)(tile + 8 * group);
    break;
  case CK_MXFP4: s.scale = CK(powers)(tile + 8 * group); break;
  case CK_Q3_K:
  case CK_Q6_K:
    s.scale = CK(halves)(header + 16 * group) * CK(signed_bytes)(tile + 32 * half + 8 * group);
    break;
  default:
    s.scale = CK(halves)(tile + 16 * group);
    if (CK(has_offset)(format)) s.offset = CK(halves)(tile + 64 + 16 * group);
  }
  return s;
}
