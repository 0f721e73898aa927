/* The launcher's own cap on local compiles, for when no daemon hands out slots: one job a core. */
#ifndef MOSIX_LOCAL_SLOTS_H
#define MOSIX_LOCAL_SLOTS_H

/*
 * Waits for a free slot and returns the descriptor that holds it until the last process that has it open ends; -1 when
 * slots cannot be had at all, and the compile goes on uncapped.
 */
int take_local_slot(const char *run_directory);

#endif
