#include "base/crew.h"

#include <pthread.h>
#include <unistd.h>

#define MOST 16

void crew_work(void *(*fn)(void *arg), void *arg)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t others[MOST];
	int n = 0;

	while (n < MOST - 1 && (n < 1 || n < processors - 1) &&
	       !pthread_create(&others[n], NULL, fn, arg))
		n++;
	fn(arg);
	while (n)
		pthread_join(others[--n], NULL);
}
