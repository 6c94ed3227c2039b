// Formats whose tiles hold numbers of entries of a grid: how they are packed, and how a tile
// becomes one of CK_BYTES, as which it is multiplied; included once for each kind of machine.

// Bits 0, 4, 8 .. 28 as bits 0 to 7.
CK_INLINE uint8_t CK(every_fourth)(uint32_t bits) {
  bits &= 0x11111111;
  bits = (bits | bits >> 3) & 0x03030303;
  bits = (bits | bits >> 6) & 0x000f000f;
  return (uint8_t)(bits | bits >> 12);
}

static void CK(pack_grids)(int format, size_t outputs, size_t inputs, const uint8_t *source,
                           uint8_t *band) {
  const ck_grid grid = ck_grid_of(format);
  const ck_layout layout = ck_layout_of(format);
  const size_t blocks = inputs / ck_block_elements, block_bytes = ck_stored_of(format).bytes;
  const int entries = ck_tile_inputs / grid.elements;
  memset(band, 0, blocks * ck_group_bytes(layout));
  for (size_t b = 0; b < blocks; b++, band += ck_group_bytes(layout)) {
    for (size_t at = 0; at < outputs; at++) {
      ck_grid_block block;
      ck_read_grid_block(format, source + (at * blocks + b) * block_bytes, &block);
      band[2 * at] = (uint8_t)block.d;
      band[2 * at + 1] = (uint8_t)(block.d >> 8);
      for (int t = 0; t < layout.tiles; t++) {
        uint8_t *const tile = band + layout.header + (size_t)t * ck_tile_bytes(layout);
        tile[at] = (uint8_t)(block.factors[2 * t] | block.factors[2 * t + 1] << 4);
        uint8_t *const codes = tile + layout.scales + at / 8 * layout.codes;
        uint8_t *low = codes + at % 8, *high = low + 8 * entries;
        for (int i = 0; i < entries; i++) {
          const int number = block.numbers[entries * t + i], bit = i * grid.high;
          low[8 * i] = (uint8_t)number;
          high[8 * (bit / 8)] |= (uint8_t)(number >> 8 << bit % 8);
        }
        if (!grid.is_signed) continue;
        uint8_t *const signs = codes + layout.codes - 32 + 4 * (at % 8);
        for (int j = 0; j < 4; j++)
          signs[j] = CK(every_fourth)(ck_u32(block.signs + 4 * t) >> j);
      }
    }
  }
}

// Words c and c + 1, or one where an entry has four elements, of 8 outputs.
CK_INLINE void CK(entries)(const ck_grid grid, const void *numbers, u32x8 word[2]) {
  size_t n[8];
CK_UNROLL
  for (int i = 0; i < 8; i++)
    n[i] = grid.high == 0 ? ((const uint8_t *)numbers)[i] : ((const uint16_t *)numbers)[i];
  if (grid.elements == 4) {
    const uint32_t *e = grid.entries;
    word[0] = (u32x8){e[n[0]], e[n[1]], e[n[2]], e[n[3]], e[n[4]], e[n[5]], e[n[6]], e[n[7]]};
    return;
  }
  const uint64_t *e = grid.entries;
  // Of each output two words.
  const u32x8 a = (u32x8)(u64x4){e[n[0]], e[n[1]], e[n[4]], e[n[5]]};
  const u32x8 b = (u32x8)(u64x4){e[n[2]], e[n[3]], e[n[6]], e[n[7]]};
  word[0] = __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14);
  word[1] = __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

// The codes of 8 outputs as 8 words.
CK_INLINE void CK(expand_codes)(const ck_grid grid, const uint8_t *codes, uint8_t *words) {
  const int entries = ck_tile_inputs / grid.elements, step = grid.elements / 4;
  const u32x8 signs =
      grid.is_signed ? *(const u32x8_any *)(codes + entries * (8 + grid.high)) : (u32x8){0};
  _Alignas(16) uint16_t numbers[8 * 8];
  u32x8 eighths[8];
CK_UNROLL
  for (int i = 0; i < entries && grid.high != 0; i++) {
    const u16x8_any low = __builtin_convertvector(*(const u8x8_any *)(codes + 8 * i), u16x8_any);
    const int bit = i * grid.high;
    const u8x8_any byte = *(const u8x8_any *)(codes + 8 * (entries + bit / 8));
    const u16x8_any high = __builtin_convertvector(byte, u16x8_any) >> (bit % 8);
    // The fourth bit of IQ1 is none of the number's.
    const uint16_t mask = grid.high == 4 ? 7 : (uint16_t)((1 << grid.high) - 1);
    const u16x8_any number = low | (high & mask) << 8;
    memcpy(numbers + 8 * i, &number, sizeof number);
    eighths[i] = (0 - __builtin_convertvector(high >> 3 & 1, u32x8)) | 0x01010101;
  }
  // Numbers are looked up from memory: taking them out of vectors costs more.
  const uint8_t *n = grid.high == 0 ? codes : (const uint8_t *)numbers;
  CK_IN_MEMORY(n);
CK_UNROLL
  for (int i = 0; i < entries; i++) {
    u32x8 word[2];
    CK(entries)(grid, n + (grid.high == 0 ? 8 : 16) * i, word);
CK_UNROLL
    for (int w = 0; w < step; w++) {
      const int c = step * i + w;
      u8x32 bytes = (u8x32)word[w];
      if (grid.is_signed) {
        const u8x32 minus = (u8x32)((i8x32)CK(bit)(signs, c, 7) < 0);
        bytes = (bytes ^ minus) - minus;
      } else {
        bytes += (u8x32)eighths[i];
      }
      *(u32x8_any *)(words + 32 * c) = (u32x8)bytes;
    }
  }
}

// Groups first .. end - 1, each of 8 outputs, of a tile as CK_BYTES has them.
CK_INLINE void CK(expand_tile)(int format, const uint8_t *header, const uint8_t *tile, int first,
                               int end, uint8_t *expanded) {
  const ck_grid grid = ck_grid_of(format);
  const ck_layout layout = ck_layout_of(format), bytes = ck_layout_of(CK_BYTES);
  for (int g = first; g < end; g++) {
    for (int half = 0; half < 2; half++)
      CK(store)((float *)(expanded + 128 * half + 32 * g),
                CK(grid_scale)(grid.unit, header, tile, g, half));
    CK(expand_codes)(grid, tile + layout.scales + layout.codes * (size_t)g,
                     expanded + bytes.scales + bytes.codes * (size_t)g);
  }
}

static void CK(expand)(int format, const uint8_t *header, const uint8_t *tile, int first, int end,
                       uint8_t *expanded) {
  switch (format) {
#define CK_EXPAND(format)                                                                          \
  case format: CK(expand_tile)(format, header, tile, first, end, expanded); break;
    CK_EXPAND(CK_IQ1_S)
    CK_EXPAND(CK_IQ1_M)
    CK_EXPAND(CK_IQ2_XXS)
    CK_EXPAND(CK_IQ2_XS)
    CK_EXPAND(CK_IQ3_XXS)
#undef CK_EXPAND
  }
}

// Room for an expanded tile; none where formats are multiplied as they are packed.
#define CK_EXPANDED(name, format) _Alignas(32) uint8_t name[(format) == CK_BYTES ? 1280 : 1]

// The tile that is multiplied: the packed one, or `groups` groups of it from `first` on, expanded.
CK_INLINE const uint8_t *CK(tile_of)(int format, int packed, const uint8_t *header,
                                     const uint8_t *tile, int first, int groups,
                                     uint8_t *expanded) {
  if (format != CK_BYTES) return tile;
  CK(expand)(packed, header, tile, first, first + groups, expanded);
  return expanded;
}
