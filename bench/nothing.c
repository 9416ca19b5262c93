/* The smallest Windows program: what starting and ending one costs. */
#include <windows.h>
void start(void)
{
    ExitProcess(0);
}
