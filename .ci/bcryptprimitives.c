/* Rust's standard library takes its random numbers from ProcessPrng, which
 * Wine 8 (Debian 12) does not have. Real Windows never sees this file. */
#include <windows.h>

/* RtlGenRandom under its exported name; no header declares it so. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
