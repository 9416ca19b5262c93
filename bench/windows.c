/* The rows of the speed table, as a Windows program. Usage: windows.exe ROW; prints nanoseconds. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double now(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1e9 / (double)frequency.QuadPart;
}

#define MEASURE(count, ...)                                                                        \
    for (int round = 0; round < 5; round++) {                                                      \
        double start = now();                                                                      \
        int done = 0;                                                                              \
        while (done < (count)) {                                                                   \
            __VA_ARGS__;                                                                           \
            /* Who is a hundred times slower need not take a hundred times as long. */             \
            if (++done % 128 == 0 && now() - start > 3e8) break;                                   \
        }                                                                                          \
        double each = (now() - start) / done;                                                      \
        if (round == 0 || each < best) best = each;                                                \
    }

static HANDLE ping, pong;

static DWORD WINAPI answer(void *rounds)
{
    for (LONG_PTR i = 0; i < (LONG_PTR)rounds; i++) {
        WaitForSingleObject(ping, INFINITE);
        SetEvent(pong);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *row = argc > 1 ? argv[1] : "";
    double best = 0;
    if (!strcmp(row, "nothing"))
        return 0;
    if (!strcmp(row, "event")) {
        MEASURE(200000, CloseHandle(CreateEventW(NULL, FALSE, FALSE, NULL)))
    } else if (!strcmp(row, "duplicate")) {
        HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL), copy, self = GetCurrentProcess();
        MEASURE(200000, DuplicateHandle(self, event, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
                CloseHandle(copy))
    } else if (!strcmp(row, "set-wait")) {
        HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
        MEASURE(500000, SetEvent(event); WaitForSingleObject(event, INFINITE))
    } else if (!strcmp(row, "ping-pong")) {
        enum { rounds = 20000 };
        ping = CreateEventW(NULL, FALSE, FALSE, NULL);
        pong = CreateEventW(NULL, FALSE, FALSE, NULL);
        CreateThread(NULL, 0, answer, (void *)(LONG_PTR)(rounds * 5), 0, NULL);
        MEASURE(rounds, SetEvent(ping); WaitForSingleObject(pong, INFINITE))
    } else if (!strcmp(row, "hand-over")) {
        // As "ping-pong", with the other side in another process.
        enum { rounds = 2000 };
        SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
        STARTUPINFOA info = { .cb = sizeof info };
        PROCESS_INFORMATION process;
        char command[1024];
        ping = CreateEventW(&inheritable, FALSE, FALSE, NULL);
        pong = CreateEventW(&inheritable, FALSE, FALSE, NULL);
        snprintf(command, sizeof command, "\"%s\" answer %d %llu %llu", argv[0], rounds * 5,
                 (unsigned long long)(ULONG_PTR)ping, (unsigned long long)(ULONG_PTR)pong);
        if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process)) {
            fprintf(stderr, "CreateProcess failed: %lu\n", GetLastError());
            return 1;
        }
        MEASURE(rounds, SetEvent(ping); WaitForSingleObject(pong, INFINITE))
        TerminateProcess(process.hProcess, 0);
    } else if (!strcmp(row, "answer")) {
        ping = (HANDLE)(ULONG_PTR)strtoull(argv[3], NULL, 10);
        pong = (HANDLE)(ULONG_PTR)strtoull(argv[4], NULL, 10);
        return (int)answer((void *)(LONG_PTR)atoi(argv[2]));
    } else if (!strcmp(row, "pipe")) {
        HANDLE from, to;
        char bytes[64] = { 0 };
        DWORD n;
        CreatePipe(&from, &to, NULL, 0);
        MEASURE(100000, WriteFile(to, bytes, 64, &n, NULL); ReadFile(from, bytes, 64, &n, NULL))
    } else if (!strcmp(row, "process")) {
        STARTUPINFOA info = { .cb = sizeof info };
        PROCESS_INFORMATION process;
        char command[1024];
        snprintf(command, sizeof command, "\"%s\" nothing", argv[2]);
        MEASURE(50, if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &info,
                                        &process)) {
            fprintf(stderr, "CreateProcess failed: %lu\n", GetLastError());
            return 1;
        } WaitForSingleObject(process.hProcess, INFINITE);
                CloseHandle(process.hProcess); CloseHandle(process.hThread))
    } else {
        return 2;
    }
    printf("%.1f\n", best);
    return 0;
}
