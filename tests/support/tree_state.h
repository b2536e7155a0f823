/* SPDX-License-Identifier: Apache-2.0 */
/* A whole folder as a text: what two trees have in common, and whether one has changed. */
#ifndef TESTS_SUPPORT_TREE_STATE_H
#define TESTS_SUPPORT_TREE_STATE_H

/* Every name below root with its mode, and its content, or where it leads; freed with free(). */
char *tree_state(const char *root);

#endif
