/* SPDX-License-Identifier: Apache-2.0 */
/* What the process lets others see of itself. */
#ifndef SIGNER_BASE_PROCESS_H
#define SIGNER_BASE_PROCESS_H

#include <stdbool.h>

/* No core dumps from now on, and where the system can do it no other process of the same user may look
 * into the memory. False when one of the two was refused. */
bool sgn_process_seal(void);

#endif
