/* The demonstration: a parent, its children, their handle tables, and an explicit inheritance
 * list. It needs no C runtime, so that its image is small enough to be embedded in the command.
 *
 * Built by ./build, which the tests run to see that the image is that of this source. */
#include <windows.h>

static HANDLE out;

static void text(const char *s)
{
    DWORD n = 0;
    while (s[n])
        n++;
    WriteFile(out, s, n, &n, NULL);
}

static void number(ULONG_PTR value, unsigned base)
{
    char digits[24];
    int at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (base == 16)
        text("0x");
    text(digits + at);
}

static void line(const char *before, ULONG_PTR value, unsigned base, const char *after)
{
    text(before);
    number(value, base);
    text(after);
}

/* Every handle of this process, found the hard way: by asking about each value. */
static void table(void)
{
    for (ULONG_PTR value = 4; value < 0x200; value += 4) {
        DWORD flags;
        HANDLE handle = (HANDLE)value;
        if (!GetHandleInformation(handle, &flags))
            continue;
        line("      ", value, 16, flags & HANDLE_FLAG_INHERIT ? "  inheritable " : "  private     ");
        const char *note = MapViewOfFile(handle, FILE_MAP_READ, 0, 0, 0);
        if (note) {
            text(" a section that says \"");
            text(note);
            text("\"");
            UnmapViewOfFile(note);
        } else if (handle == GetStdHandle(STD_INPUT_HANDLE)) {
            text(" standard input");
        } else if (handle == GetStdHandle(STD_OUTPUT_HANDLE)) {
            text(" standard output");
        } else if (handle == GetStdHandle(STD_ERROR_HANDLE)) {
            text(" standard error");
        } else if (GetProcessId(handle)) {
            line(" process ", GetProcessId(handle), 10, "");
        } else {
            text(" something else");
        }
        text("\n");
    }
}

static HANDLE section(const char *note, BOOL inherit)
{
    SECURITY_ATTRIBUTES attributes = { sizeof attributes, NULL, inherit };
    HANDLE handle =
        CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, NULL);
    char *view = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0);
    for (int i = 0; (view[i] = note[i]); i++)
        ;
    UnmapViewOfFile(view);
    return handle;
}

static DWORD child(const char *title, BOOL inherit, HANDLE *list, SIZE_T count)
{
    static char memory[256];
    char image[MAX_PATH], command[] = "demo child";
    STARTUPINFOEXA info;
    PROCESS_INFORMATION process;
    SIZE_T size = sizeof memory;
    DWORD code = 0;
    char *bytes = (char *)&info;
    for (SIZE_T i = 0; i < sizeof info; i++)
        bytes[i] = 0;
    info.StartupInfo.cb = sizeof info;
    if (list) {
        info.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)memory;
        InitializeProcThreadAttributeList(info.lpAttributeList, 1, 0, &size);
        UpdateProcThreadAttribute(info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list,
                                  count * sizeof *list, NULL, NULL);
    }
    text(title);
    GetModuleFileNameA(NULL, image, sizeof image);
    if (!CreateProcessA(image, command, NULL, NULL, inherit, EXTENDED_STARTUPINFO_PRESENT, NULL,
                        NULL, &info.StartupInfo, &process)) {
        line("   CreateProcess failed with error ", GetLastError(), 10, ".\n\n");
        return 1;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    line("   process ", process.dwProcessId, 10, " ended");
    line(" with exit code ", code, 16, ".\n\n");
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    if (list)
        DeleteProcThreadAttributeList(info.lpAttributeList);
    return code == 0xC0FFEE00 ? 0 : 1;
}

static BOOL is_child(void)
{
    const char *command = GetCommandLineA();
    while (*command && *command != ' ')
        command++;
    return command[0] && command[1] == 'c';
}

void start(void)
{
    out = GetStdHandle(STD_OUTPUT_HANDLE);
    if (is_child()) {
        line("   The child is process ", GetCurrentProcessId(), 10, "; its handle table:\n");
        table();
        ExitProcess(0xC0FFEE00);
    }
    HANDLE first = section("first", TRUE), second = section("second", TRUE);
    section("nobody else's", FALSE);
    line("The parent is process ", GetCurrentProcessId(), 10,
         ". It made three sections; its handle table:\n");
    table();
    text("\n");
    DWORD failed = 0;
    failed |= child("1. A child that inherits nothing (bInheritHandles FALSE):\n", FALSE, NULL, 0);
    failed |= child("2. A child that inherits all that is inheritable (bInheritHandles TRUE):\n",
                    TRUE, NULL, 0);
    HANDLE standard = out;
    HANDLE with_first[] = { first, standard }, with_second[] = { second, standard };
    failed |= child("3. A child with an explicit list: the first section and standard output:\n",
                    TRUE, with_first, 2);
    failed |= child("4. A child with another list: the second section and standard output:\n",
                    TRUE, with_second, 2);
    ExitProcess(failed);
}
