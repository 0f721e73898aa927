/* Half-written outputs of a daemon that was killed. */
#ifndef MOSIX_LEFTOVERS_H
#define MOSIX_LEFTOVERS_H

/*
 * Removes `.NAME.mosix-PID-N`, as the daemon behind `socket` names an output until it is whole (daemon/src/outputs.ts), from the folders in
 * which this compile may put its outputs; response files are not looked into. Should that daemon live after all, it finds its file gone and lets its compile be done locally.
 */
void remove_leftovers(int socket, char *const *arguments);

#endif
