/* What code a fuzz target reached: gcc calls __sanitizer_cov_trace_pc in each basic block.

   Preloaded, so that all extensions of the engine share one map.  A place is a block, and what
   came before it (an edge); how often it was passed is not told apart.  */

#include <stdint.h>
#include <string.h>

#define PLACES 32768

static uint8_t reached[PLACES];
static uint8_t known[PLACES];
static __thread uintptr_t before;

__attribute__((no_sanitize("all"))) void __sanitizer_cov_trace_pc(void)
{
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    here = (here ^ (here >> 15)) * 0x9E3779B97F4A7C15u;
    reached[((here ^ before) >> 32) % PLACES] = 1;
    before = here >> 1;
}

/* Places reached since the last call that none had reached before; they are known from now on. */
int coverage_news(void)
{
    int news = 0;
    uint64_t now, old;
    for (int at = 0; at < PLACES; at += 8) {
        memcpy(&now, reached + at, 8);
        if (now == 0)
            continue;
        memcpy(&old, known + at, 8);
        news += __builtin_popcountll(now & ~old);
        old |= now;
        memcpy(known + at, &old, 8);
        memset(reached + at, 0, 8);
    }
    before = 0;
    return news;
}
