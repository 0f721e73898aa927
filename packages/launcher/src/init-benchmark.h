// `mosix-init --benchmark`: a fixed piece of work that takes compilers' kinds of trouble, for the speed a node reports at join.
//
// Three parts of about equal weight: hashing (integer arithmetic, as in symbol tables), pointer chasing over 4 MiB (trees that do
// not fit the inner caches; more would measure how much of the outer cache the neighbours leave: over 16 MiB the same processor took
// 12 to 54 ms, over 4 MiB 7.0 to 8.0) and a branchy scan of text (lexing). The amount of work never changes, or speeds of nodes with
// different versions could not be compared; the checksum proves that all of it was done. Prints nanoseconds of processor time,
// nanoseconds of wall time, and the checksum.
#ifndef MOSIX_INIT_BENCHMARK_H
#define MOSIX_INIT_BENCHMARK_H

#include "init-common.h"

#define BENCHMARK_NODES (1u << 18)
#define BENCHMARK_STEPS 2500000u
#define BENCHMARK_TEXT (1u << 20)

static uint64_t processor_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t benchmark_random(uint64_t *state) {  // xorshift64*, Vigna 2014
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1Dull;
}

static uint64_t benchmark_hash(const uint8_t *text) {
  uint64_t sum = 0;
  for (unsigned round = 0; round < 30; round++) {
    uint64_t hash = 0xcbf29ce484222325ull + round;  // FNV-1a, byte by byte: a chain of dependent multiplications
    for (unsigned i = 0; i < BENCHMARK_TEXT; i++) hash = (hash ^ text[i]) * 0x100000001b3ull;
    sum += hash;
  }
  return sum;
}

static uint64_t benchmark_chase(const uint64_t *next) {  // two words a node: 4 MiB
  uint64_t at = 0, sum = 0;
  for (unsigned i = 0; i < BENCHMARK_STEPS; i++) {
    sum += next[at * 2 + 1];
    at = next[at * 2];
  }
  return sum;
}

static uint64_t benchmark_scan(const uint8_t *text) {
  uint64_t words = 0, numbers = 0, signs = 0, depth = 0;
  for (unsigned round = 0; round < 7; round++) {
    for (unsigned i = 0; i < BENCHMARK_TEXT;) {
      uint8_t c = text[i];
      if (c < 128) {
        while (i < BENCHMARK_TEXT && text[i] < 128) words = words * 31 + text[i++];
      } else if (c < 180) {
        while (i < BENCHMARK_TEXT && text[i] >= 128 && text[i] < 180) numbers = numbers * 10 + text[i++];
      } else {
        if (c & 1) depth++;
        else if (depth > 0) depth--;
        signs += depth ^ c;
        i++;
      }
    }
  }
  return words ^ numbers ^ signs;
}

__attribute__((noreturn)) static void benchmark_main(void) {
  uint64_t state = 88172645463325252ull;
  uint8_t *text = malloc(BENCHMARK_TEXT);
  uint64_t *next = malloc(BENCHMARK_NODES * 2 * sizeof *next);
  if (text == NULL || next == NULL) fail("benchmark", "memory");
  for (unsigned i = 0; i < BENCHMARK_TEXT; i++) text[i] = (uint8_t)(benchmark_random(&state) >> 56);
  for (unsigned i = 0; i < BENCHMARK_NODES; i++) {
    next[i * 2] = i;
    next[i * 2 + 1] = benchmark_random(&state);
  }
  for (unsigned i = BENCHMARK_NODES - 1; i > 0; i--) {  // Sattolo's shuffle: one cycle through all nodes
    unsigned j = (unsigned)(benchmark_random(&state) % i);
    uint64_t kept = next[i * 2];
    next[i * 2] = next[j * 2];
    next[j * 2] = kept;
  }
  uint64_t start = monotonic_ns(), used = processor_ns();
  uint64_t sum = benchmark_hash(text) ^ benchmark_chase(next) ^ benchmark_scan(text);
  dprintf(1, "%llu %llu %llx\n", (unsigned long long)(processor_ns() - used), (unsigned long long)(monotonic_ns() - start), (unsigned long long)sum);
  _exit(0);
}

#endif
