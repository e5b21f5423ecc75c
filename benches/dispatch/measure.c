/* measure ROUNDS CHARM...: in each round, execute `dispatch` in each charm's folder in turn, as Juju does, and print the
 * folder's number, the wall time in nanoseconds, and the peak memory (of the largest of its processes) in KiB.
 * With several charms, the first one also runs before each, unmeasured. Otherwise a charm would be slower after a large one,
 * which evicts it from the caches.
 *
 * This is a separate small program, because the peak memory of a process starts with that of its parent.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

enum { UNCOUNTED = -1 };

static void measure(int number, const char *folder)
{
    char *const command[] = {"./dispatch", NULL};
    posix_spawn_file_actions_t actions;
    struct rusage use;
    pid_t pid;
    int status = -1;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    /* Keep standard output for the results. */
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    setenv("JUJU_CHARM_DIR", folder, 1);
    long long start = now();
    int error = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
    if (error == 0)
        wait4(pid, &status, 0, &use);
    long long took = now() - start;
    posix_spawn_file_actions_destroy(&actions);
    if (status != 0) {
        fprintf(stderr, "%s/dispatch failed (error %d, wait status %d)\n", folder, error, status);
        exit(1);
    }
    if (number != UNCOUNTED)
        printf("%d %lld %ld\n", number, took, use.ru_maxrss);
}

int main(int count, char **args)
{
    if (count < 3)
        return 2;
    for (long round = atol(args[1]); round > 0; round--)
        for (int charm = 2; charm < count; charm++) {
            if (count > 3)
                measure(UNCOUNTED, args[2]);
            measure(charm - 2, args[charm]);
        }
    return 0;
}
