/* All hook commands in one small program, with a link for each name. It answers at once, so that only the charm is
 * measured. If HOOK_COMMAND_LOG is set, it appends its name and arguments to that file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answer {
    const char *command, *output;
};

static const struct answer answers[] = {
    {"config-get", "{\"slug\":\"example\"}\n"},
    {"is-leader", "true\n"},
    {"status-get", "{\"message\":\"\",\"status\":\"unknown\",\"status-data\":{}}\n"},
};

static void note(const char *file, const char *name, char **args)
{
    char line[4096];
    size_t used = 0, room;
    for (const char *word = name; word; word = *++args) {
        room = sizeof line - used;
        int length = snprintf(line + used, room, used ? " %s" : "%s", word);
        if (length < 0 || (size_t)length >= room - 1)
            break;
        used += (size_t)length;
    }
    line[used++] = '\n';
    int log = open(file, O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (log < 0 || write(log, line, used) != (ssize_t)used)
        exit(1);
}

int main(int count, char **args)
{
    const char *slash = strrchr(args[0], '/');
    const char *name = slash ? slash + 1 : args[0];
    const char *log = getenv("HOOK_COMMAND_LOG");
    (void)count;
    if (log)
        note(log, name, args);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(name, answers[i].command) == 0)
            fputs(answers[i].output, stdout);
    return 0;
}
