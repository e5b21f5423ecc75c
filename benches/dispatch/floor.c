/* A charm that does nothing but call the two hook commands of an update-status.
 * The rest of another charm's time is its own.
 */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

static void call(char *const command[])
{
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0)
        exit(1);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        exit(1);
}

int main(void)
{
    call((char *[]){"config-get", "--format=json", NULL});
    call((char *[]){"status-set", "--application=False", "active", "--", "", NULL});
    return 0;
}
