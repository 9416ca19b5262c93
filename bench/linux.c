/* What bare Linux takes for the same work. Usage: linux ROW; prints nanoseconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

#define MEASURE(count, ...)                                                                        \
    for (int round = 0; round < 5; round++) {                                                      \
        double start = now();                                                                      \
        for (int i = 0; i < (count); i++) { __VA_ARGS__; }                                         \
        double each = (now() - start) / (count);                                                   \
        if (round == 0 || each < best) best = each;                                                \
    }

static int ping, pong;

static void wake(int *word)
{
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await(int *word)
{
    while (!__atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void *answer(void *rounds)
{
    for (long i = 0; i < (long)rounds; i++) {
        await(&ping);
        wake(&pong);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *row = argc > 1 ? argv[1] : "";
    double best = 0;
    if (!strcmp(row, "nothing"))
        return 0;
    if (!strcmp(row, "dup")) {
        MEASURE(200000, close(dup(0)))
    } else if (!strcmp(row, "getppid")) {
        MEASURE(500000, syscall(SYS_getppid))
    } else if (!strcmp(row, "futex")) {
        enum { rounds = 20000 };
        pthread_t thread;
        pthread_create(&thread, NULL, answer, (void *)(long)(rounds * 5));
        MEASURE(rounds, wake(&ping); await(&pong))
    } else if (!strcmp(row, "pipe")) {
        int ends[2];
        char bytes[64] = { 0 };
        if (pipe(ends))
            return 1;
        MEASURE(100000, if (write(ends[1], bytes, 64) != 64 || read(ends[0], bytes, 64) != 64) return 1)
    } else if (!strcmp(row, "process")) {
        char *arguments[] = { argv[2], "nothing", NULL };
        MEASURE(50, pid_t pid; int status;
                if (posix_spawn(&pid, argv[2], NULL, NULL, arguments, environ)) return 1;
                waitpid(pid, &status, 0))
    } else if (!strcmp(row, "socketpair")) {
        int ends[2];
        char byte = 0;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
            return 1;
        if (!fork()) {
            close(ends[0]);
            while (read(ends[1], &byte, 1) == 1 && write(ends[1], &byte, 1) == 1) {}
            _exit(0);
        }
        MEASURE(5000, if (write(ends[0], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) return 1)
    } else if (!strcmp(row, "pass")) {
        char bytes[4096];
        ssize_t n;
        while ((n = read(0, bytes, sizeof bytes)) > 0)
            if (write(1, bytes, n) != n) return 1;
        return 0;
    } else if (!strcmp(row, "pipeline")) {
        // So many programs at once, each of which passes on what the one before it says.
        int count = atoi(argv[3]), from, ends[2], status;
        double start = now();
        char *arguments[] = { argv[2], "pass", NULL };
        int first[2];
        if (pipe2(first, O_CLOEXEC))
            return 1;
        from = first[0];
        for (int i = 0; i < count; i++) {
            pid_t pid;
            posix_spawn_file_actions_t actions;
            if (pipe2(ends, O_CLOEXEC))
                return 1;
            posix_spawn_file_actions_init(&actions);
            posix_spawn_file_actions_adddup2(&actions, from, 0);
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
            if (posix_spawn(&pid, argv[2], &actions, NULL, arguments, environ)) return 1;
            posix_spawn_file_actions_destroy(&actions);
            close(from);
            close(ends[1]);
            from = ends[0];
        }
        char text[] = "through all of them", got[64];
        if (write(first[1], text, sizeof text) != sizeof text) return 1;
        close(first[1]);
        if (read(from, got, sizeof got) != sizeof text) return 1;
        while (wait(&status) > 0) {}
        best = (now() - start) / count;
    } else {
        return 2;
    }
    printf("%.1f\n", best);
    return 0;
}
