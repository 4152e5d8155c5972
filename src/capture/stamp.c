/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/stamp.h"

#define NS_DIGITS 9u

static unsigned __int128 power_of_ten(unsigned n)
{
    unsigned __int128 power = 1;
    while (n-- != 0) {
        power *= 10;
    }
    return power;
}

/* Products stay below 2^64 * 10^9 < 2^94. */
static unsigned __int128 nanoseconds(uint64_t units, uint8_t resolution)
{
    unsigned exponent = resolution & 0x7fu;
    if ((resolution & 0x80u) != 0) {
        return (unsigned __int128)units * 1000000000u >> exponent;
    }
    if (exponent <= NS_DIGITS) {
        return units * power_of_ten(NS_DIGITS - exponent);
    }
    /* 2^64 has 20 digits: with more to drop nothing is left. */
    return exponent - NS_DIGITS > 20 ? 0 : units / power_of_ten(exponent - NS_DIGITS);
}

int64_t scs_stamp_convert(uint64_t units, uint8_t resolution, int64_t offset_s)
{
    __int128 ns = (__int128)nanoseconds(units, resolution) + (__int128)offset_s * 1000000000;
    /* INT64_MIN means "no time" elsewhere, so the least is one more. */
    if (ns > INT64_MAX) {
        return INT64_MAX;
    }
    return ns < -INT64_MAX ? -INT64_MAX : (int64_t)ns;
}

uint32_t scs_stamp_scale(uint8_t resolution)
{
    return resolution <= NS_DIGITS ? (uint32_t)power_of_ten(NS_DIGITS - resolution) : 0;
}
