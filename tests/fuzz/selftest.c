/* SPDX-License-Identifier: Apache-2.0 */
/* A target with a fault, to see that the driver finds it: it reads one byte past an odd-sized input. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile int last = 0;

	if (size % 2 == 1)
		last = data[size];
	return last > 255 ? 1 : 0;
}
