/* What bare Linux takes for the same work. Usage: linux ROW; prints nanoseconds. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
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
    } else {
        return 2;
    }
    printf("%.1f\n", best);
    return 0;
}
