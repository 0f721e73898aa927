/* The work that `mosix tune` measures nodes with: translated, never run. It includes nothing, so that it is the same work everywhere, and
 * it must never change, or speeds of nodes that were measured before and after could not be compared (calibration.ts holds its digest).
 *
 * What a compiler spends its time on: many middle-sized functions with loops, switches, structures and calls that can be inlined. The
 * macros at the end make copies of them, each with other constants, so that nothing is folded into one. */

typedef unsigned int u32;
typedef unsigned long long u64;

struct tree { struct tree *left, *right; u32 key, height; u64 sum; };
struct table { u32 size, used; u32 *keys; u64 *values; };
struct matrix { double cell[6][6]; };

#define UNIT(N, A, B, C)                                                                                     \
  static u32 mix_##N(u32 x) {                                                                                \
    x ^= x >> ((A) % 15 + 1);                                                                                \
    x *= 0x##A##B##1u;                                                                                       \
    x ^= x << ((B) % 13 + 1);                                                                                \
    return x + (C);                                                                                          \
  }                                                                                                          \
  u64 hash_##N(const unsigned char *text, u32 length) {                                                      \
    u64 h = 1469598103934665603ull ^ (C);                                                                    \
    for (u32 i = 0; i < length; i++) {                                                                       \
      h = (h ^ text[i]) * 1099511628211ull;                                                                  \
      if ((h & 7) == (A) % 8) h ^= mix_##N((u32)(h >> 32));                                                  \
    }                                                                                                        \
    return h;                                                                                                \
  }                                                                                                          \
  static u32 height_##N(const struct tree *t) { return t ? t->height : 0; }                                  \
  static void refresh_##N(struct tree *t) {                                                                  \
    u32 l = height_##N(t->left), r = height_##N(t->right);                                                   \
    t->height = (l > r ? l : r) + 1;                                                                         \
    t->sum = t->key + (t->left ? t->left->sum : 0) + (t->right ? t->right->sum : 0);                         \
  }                                                                                                          \
  static struct tree *rotate_right_##N(struct tree *t) {                                                     \
    struct tree *l = t->left;                                                                                \
    t->left = l->right, l->right = t;                                                                        \
    refresh_##N(t), refresh_##N(l);                                                                          \
    return l;                                                                                                \
  }                                                                                                          \
  static struct tree *rotate_left_##N(struct tree *t) {                                                      \
    struct tree *r = t->right;                                                                               \
    t->right = r->left, r->left = t;                                                                         \
    refresh_##N(t), refresh_##N(r);                                                                          \
    return r;                                                                                                \
  }                                                                                                          \
  struct tree *insert_##N(struct tree *t, struct tree *node) {                                               \
    if (!t) { node->height = 1; node->sum = node->key; return node; }                                        \
    if (mix_##N(node->key) < mix_##N(t->key)) t->left = insert_##N(t->left, node);                           \
    else t->right = insert_##N(t->right, node);                                                              \
    refresh_##N(t);                                                                                          \
    int balance = (int)height_##N(t->left) - (int)height_##N(t->right);                                      \
    if (balance > 1) {                                                                                       \
      if (height_##N(t->left->left) < height_##N(t->left->right)) t->left = rotate_left_##N(t->left);        \
      return rotate_right_##N(t);                                                                            \
    }                                                                                                        \
    if (balance < -1) {                                                                                      \
      if (height_##N(t->right->right) < height_##N(t->right->left)) t->right = rotate_right_##N(t->right);   \
      return rotate_left_##N(t);                                                                             \
    }                                                                                                        \
    return t;                                                                                                \
  }                                                                                                          \
  int find_##N(const struct table *t, u32 key, u64 *value) {                                                 \
    for (u32 at = mix_##N(key) % t->size, step = 0; step < t->size; at = (at + ++step) % t->size) {          \
      if (t->keys[at] == key) { *value = t->values[at]; return 1; }                                          \
      if (t->keys[at] == 0) return 0;                                                                        \
    }                                                                                                        \
    return -1;                                                                                               \
  }                                                                                                          \
  int lex_##N(const char *text, u32 counts[8]) {                                                             \
    int depth = 0;                                                                                           \
    for (const char *p = text; *p; p++) {                                                                    \
      switch (*p) {                                                                                          \
        case ' ': case '\t': case '\n': counts[0]++; break;                                                  \
        case '(': case '[': case '{': depth++; counts[1]++; break;                                           \
        case ')': case ']': case '}': if (--depth < 0) return -1; counts[2]++; break;                        \
        case '"':                                                                                            \
          for (p++; *p && *p != '"'; p++) if (*p == '\\' && p[1]) p++;                                       \
          if (!*p) return -2;                                                                                \
          counts[3]++;                                                                                       \
          break;                                                                                             \
        case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': { \
          u32 value = 0;                                                                                     \
          while (*p >= '0' && *p <= '9') value = value * 10 + (u32)(*p++ - '0');                             \
          counts[4] += mix_##N(value) & 1;                                                                   \
          p--;                                                                                               \
          break;                                                                                             \
        }                                                                                                    \
        case '+': case '-': case '*': case '/': case '%': counts[5] += (p[1] == '=') ? (A) : (B); break;     \
        default: counts[(*p & 32) ? 6 : 7]++;                                                                \
      }                                                                                                      \
    }                                                                                                        \
    return depth;                                                                                            \
  }                                                                                                          \
  void multiply_##N(struct matrix *out, const struct matrix *a, const struct matrix *b) {                    \
    for (int i = 0; i < 6; i++)                                                                              \
      for (int j = 0; j < 6; j++) {                                                                          \
        double sum = (C) * 0.5;                                                                              \
        for (int k = 0; k < 6; k++) sum += a->cell[i][k] * b->cell[k][j];                                    \
        out->cell[i][j] = sum > (A) ? sum / (B) : sum;                                                       \
      }                                                                                                      \
  }                                                                                                          \
  void sort_##N(u32 *items, u32 count) {                                                                     \
    for (u32 gap = count / 2; gap > 0; gap /= 2)                                                             \
      for (u32 i = gap; i < count; i++) {                                                                    \
        u32 item = items[i], j = i;                                                                          \
        for (; j >= gap && mix_##N(items[j - gap]) > mix_##N(item); j -= gap) items[j] = items[j - gap];     \
        items[j] = item;                                                                                     \
      }                                                                                                      \
  }

#define FIVE(N, A, B) UNIT(N##0, A, B, 3) UNIT(N##1, A, B, 5) UNIT(N##2, A, B, 7) UNIT(N##3, A, B, 11) UNIT(N##4, A, B, 13)

FIVE(a, 85, 11)
FIVE(b, 27, 23)
FIVE(c, 91, 47)
