/* The five operations on a private object, as often as asked, for counting their instructions.
   Usage: operations.exe OPERATION COUNT; without the C runtime, whose start would be counted too. */
#include <windows.h>

static HANDLE events[20000];

void start(void)
{
    const char *text = GetCommandLineA();
    int count = 0, i;
    HANDLE self = GetCurrentProcess(), one = CreateEventW(NULL, FALSE, FALSE, NULL);
    /* The program's name has no spaces: its folder is the current one. */
    while (*text && *text != ' ') text++;
    while (*text == ' ') text++;
    char operation = *text;
    while (*text && *text != ' ') text++;
    while (*text == ' ') text++;
    while (*text >= '0' && *text <= '9') count = count * 10 + (*text++ - '0');
    /* c(reate), x (create and close), d(uplicate), s(et), w(ait) */
    switch (operation) {
    case 'c':
    case 'x':
        for (i = 0; i < count; i++) events[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        if (operation == 'x')
            for (i = 0; i < count; i++) CloseHandle(events[i]);
        break;
    case 'd':
        for (i = 0; i < count; i++)
            DuplicateHandle(self, one, self, &events[i], 0, FALSE, DUPLICATE_SAME_ACCESS);
        break;
    case 's':
        for (i = 0; i < count; i++) SetEvent(one);
        break;
    case 'w':
        one = CreateEventW(NULL, TRUE, TRUE, NULL);
        for (i = 0; i < count; i++) WaitForSingleObject(one, INFINITE);
        break;
    }
    ExitProcess(0);
}
