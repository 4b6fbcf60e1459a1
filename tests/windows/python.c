/* What python.exe and pythonw.exe are: a door to the library. */
#include <stddef.h>

__declspec(dllimport) int Py_Main(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv) {
    return Py_Main(argc, argv);
}
