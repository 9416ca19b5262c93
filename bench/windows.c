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
        double begun = now();                                                                      \
        int done = 0;                                                                              \
        while (done < (count)) {                                                                   \
            __VA_ARGS__;                                                                           \
            /* Who is a hundred times slower need not take a hundred times as long. */             \
            if (++done % 128 == 0 && now() - begun > 3e8) break;                                   \
        }                                                                                          \
        double each = (now() - begun) / done;                                                      \
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

/* Starts a program, with standard handles of its own where they are given. */
static HANDLE start(const char *program, const char *arguments, HANDLE in, HANDLE out)
{
    STARTUPINFOA info = { .cb = sizeof info };
    PROCESS_INFORMATION process;
    char command[1024];
    snprintf(command, sizeof command, "\"%s\" %s", program, arguments);
    if (in) {
        info.dwFlags = STARTF_USESTDHANDLES;
        info.hStdInput = in;
        info.hStdOutput = out;
        info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    if (!CreateProcessA(NULL, command, NULL, NULL, in != NULL, 0, NULL, NULL, &info, &process)) {
        fprintf(stderr, "CreateProcess failed: %lu\n", GetLastError());
        exit(1);
    }
    CloseHandle(process.hThread);
    return process.hProcess;
}

/* Creates a process, waits for it and closes it. */
static double processes(const char *program)
{
    double best = 0;
    MEASURE(50, HANDLE process = start(program, "nothing", NULL, NULL);
            WaitForSingleObject(process, INFINITE); CloseHandle(process))
    return best;
}

/* Says what a process takes, as often as it is asked. */
static void asked(const char *program)
{
    while (getchar() == '\n') {
        printf("%.1f\n", processes(program));
        fflush(stdout);
    }
}

static volatile LONG go;
static LONG each;

static DWORD WINAPI create_and_close(void *unused)
{
    while (!go) SwitchToThread();
    for (LONG i = 0; i < each; i++)
        CloseHandle(CreateEventW(NULL, FALSE, FALSE, NULL));
    return 0;
}

/* Says that it is ready, and ends when nobody listens any more. */
static int hold(void)
{
    printf("ready\n");
    fflush(stdout);
    getchar();
    return 0;
}

/* Rows whose cost may grow with something: argv[2] is how much of it there is. */
static double grown(const char *row, int argc, char **argv)
{
    double best = 0;
    long count = argc > 2 ? atol(argv[2]) : 1;
    HANDLE self = GetCurrentProcess(), copy;
    if (!strncmp(row, "open-", 5)) {
        HANDLE event = NULL;
        for (long i = 0; i < count; i++)
            event = CreateEventW(NULL, FALSE, FALSE, NULL);
        if (!strcmp(row, "open-create")) {
            MEASURE(200000, CloseHandle(CreateEventW(NULL, FALSE, FALSE, NULL)))
        } else if (!strcmp(row, "open-duplicate")) {
            MEASURE(200000, DuplicateHandle(self, event, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
                    CloseHandle(copy))
        } else if (!strcmp(row, "open-set-wait")) {
            MEASURE(500000, SetEvent(event); WaitForSingleObject(event, INFINITE))
        } else {
            exit(hold());
        }
    } else if (!strcmp(row, "threads")) {
        HANDLE threads[64];
        each = 2000000 / count;
        for (long i = 0; i < count; i++)
            threads[i] = CreateThread(NULL, 0, create_and_close, NULL, 0, NULL);
        double begin = now();
        go = 1;
        for (long i = 0; i < count; i++)
            WaitForSingleObject(threads[i], INFINITE);
        best = (now() - begin) / ((double)each * count);
    } else if (!strcmp(row, "parent")) {
        SIZE_T size = (SIZE_T)count << 20;
        memset(VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 1, size);
        asked(argv[3]);
        exit(0);
    } else if (!strcmp(row, "crowd") || !strcmp(row, "crowd-hold")) {
        HANDLE from, to, *all = malloc(count * sizeof *all);
        SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
        CreatePipe(&from, &to, &inheritable, 0);
        SetHandleInformation(to, HANDLE_FLAG_INHERIT, 0);
        for (long i = 0; i < count; i++)
            all[i] = start(argv[0], "pass", from, GetStdHandle(STD_ERROR_HANDLE));
        if (!strcmp(row, "crowd-hold"))
            hold();
        else
            asked(argv[3]);
        CloseHandle(to);
        for (long i = 0; i < count; i++)
            WaitForSingleObject(all[i], INFINITE);
        exit(0);
    } else if (!strcmp(row, "pipeline")) {
        HANDLE from, to, first, *all = malloc(count * sizeof *all);
        SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
        DWORD n;
        char text[] = "through all of them", got[64];
        double begin = now();
        CreatePipe(&from, &first, &inheritable, 0);
        SetHandleInformation(first, HANDLE_FLAG_INHERIT, 0);
        for (long i = 0; i < count; i++) {
            HANDLE next;
            CreatePipe(&next, &to, &inheritable, 0);
            SetHandleInformation(next, HANDLE_FLAG_INHERIT, 0);
            all[i] = start(argv[0], "pass", from, to);
            CloseHandle(from);
            CloseHandle(to);
            SetHandleInformation(next, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
            from = next;
        }
        WriteFile(first, text, sizeof text, &n, NULL);
        CloseHandle(first);
        if (!ReadFile(from, got, sizeof got, &n, NULL) || n != sizeof text) exit(1);
        for (long i = 0; i < count; i++) {
            WaitForSingleObject(all[i], INFINITE);
            CloseHandle(all[i]);
        }
        best = (now() - begin) / count;
    }
    return best;
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
        best = processes(argv[2]);
    } else if (!strcmp(row, "pass")) {
        char bytes[4096];
        DWORD n, written;
        HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
        while (ReadFile(in, bytes, sizeof bytes, &n, NULL) && n)
            if (!WriteFile(out, bytes, n, &written, NULL)) return 1;
        return 0;
    } else if (!strcmp(row, "duplicate-into")) {
        // Into another process, and closed there by taking it back.
        HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL), self = GetCurrentProcess(), there;
        HANDLE from, to;
        SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
        CreatePipe(&from, &to, &inheritable, 0);
        SetHandleInformation(to, HANDLE_FLAG_INHERIT, 0);
        HANDLE other = start(argv[0], "pass", from, GetStdHandle(STD_ERROR_HANDLE));
        // Wine closes there only what it duplicates to somewhere.
        DuplicateHandle(self, event, other, &there, 0, FALSE, DUPLICATE_SAME_ACCESS);
        BOOL closes = DuplicateHandle(other, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
        HANDLE back = NULL;
        MEASURE(2000,
                if (!DuplicateHandle(self, event, other, &there, 0, FALSE, DUPLICATE_SAME_ACCESS) ||
                    !DuplicateHandle(other, there, closes ? NULL : self, closes ? NULL : &back, 0, FALSE,
                                     DUPLICATE_CLOSE_SOURCE) ||
                    (back && !CloseHandle(back))) {
                    fprintf(stderr, "DuplicateHandle failed: %lu\n", GetLastError());
                    return 1;
                })
        TerminateProcess(other, 0);
    } else if (argc > 2) {
        best = grown(row, argc, argv);
    } else {
        return 2;
    }
    printf("%.1f\n", best);
    return 0;
}
