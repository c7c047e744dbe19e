/* crew: the same work by a thread for each processor, two at least. */
#ifndef BASE_CREW_H
#define BASE_CREW_H

/* Call fn in each and in this thread, and wait for all; where no thread can be made this one does the work alone. */
void crew_work(void *(*fn)(void *arg), void *arg);

#endif
