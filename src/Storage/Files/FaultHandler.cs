using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Iggy.Storage.Files;

/// <summary>The handler of SIGBUS, in machine code.</summary>
/// <remarks>
/// Not a function of .NET's: the thread stops in the middle of managed code, and the runtime ends a process that calls into it from there. So the handler
/// touches nothing but its table and the stack, and makes one system call. A fault that is not in the table goes on to the handler that was there before,
/// the runtime's, as if this one did not exist.
/// </remarks>
internal static unsafe class FaultHandler
{
    private const int BusError = 7;          // SIGBUS
    private const int TakesInfo = 4;         // SA_SIGINFO
    private const int PageBytes = 4096;
    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4; // PROT_
    private const int PrivateMemory = 0x02 | 0x20;            // MAP_PRIVATE, MAP_ANONYMOUS
    private const int TablePosition = 10, BeforePosition = 52;

    /// <summary>What comes before the entries.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Table
    {
        public long Count; // @0
    }

    /// <summary>A guarded stretch: 24 bytes, as the code below has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Entry
    {
        public nint Start;     // @0
        public nint End;       // @8
        public long LostPages; // @16: 1 once a page was replaced
    }

    /// <summary>struct sigaction of the C libraries of Linux, 64 bit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SignalAction
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }

    private static ReadOnlySpan<byte> Code =>
    [
        0xF3, 0x0F, 0x1E, 0xFA,                         //        endbr64                  ; rdi = signal, rsi = siginfo_t, rdx = ucontext_t
        0x48, 0x8B, 0x46, 0x10,                         //        mov  rax, [rsi+16]       ; si_addr
        0x49, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,             //        mov  r8, table           ; filled in
        0x49, 0x8B, 0x08,                               //        mov  rcx, [r8]           ; Count
        0x49, 0x83, 0xC0, 0x08,                         //        add  r8, 8               ; the first entry
        0x48, 0x85, 0xC9,                               // again: test rcx, rcx
        0x74, 0x14,                                     //        jz   pass
        0x49, 0x3B, 0x00,                               //        cmp  rax, [r8]           ; Start
        0x72, 0x06,                                     //        jb   next
        0x49, 0x3B, 0x40, 0x08,                         //        cmp  rax, [r8+8]         ; End
        0x72, 0x15,                                     //        jb   ours
        0x49, 0x83, 0xC0, 0x18,                         // next:  add  r8, 24
        0x48, 0xFF, 0xC9,                               //        dec  rcx
        0xEB, 0xE7,                                     //        jmp  again
        0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,             // pass:  mov  rax, before         ; filled in
        0xFF, 0xE0,                                     //        jmp  rax
        0x49, 0xC7, 0x40, 0x10, 0x01, 0x00, 0x00, 0x00, // ours:  mov  qword [r8+16], 1    ; LostPages
        0x57, 0x56, 0x52,                               //        push rdi; push rsi; push rdx
        0x48, 0x89, 0xC7,                               //        mov  rdi, rax
        0x48, 0x81, 0xE7, 0x00, 0xF0, 0xFF, 0xFF,       //        and  rdi, -4096          ; mmap(page,
        0xBE, 0x00, 0x10, 0x00, 0x00,                   //        mov  esi, 4096           ; 4096,
        0xBA, 0x03, 0x00, 0x00, 0x00,                   //        mov  edx, 3              ; PROT_READ | PROT_WRITE,
        0x41, 0xBA, 0x32, 0x00, 0x00, 0x00,             //        mov  r10d, 0x32          ; MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS,
        0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF,       //        mov  r8, -1              ; no file,
        0x45, 0x31, 0xC9,                               //        xor  r9d, r9d            ; 0)
        0xB8, 0x09, 0x00, 0x00, 0x00,                   //        mov  eax, 9
        0x0F, 0x05,                                     //        syscall
        0x5A, 0x5E, 0x5F,                               //        pop  rdx; pop  rsi; pop  rdi
        0x48, 0x3D, 0x00, 0xF0, 0xFF, 0xFF,             //        cmp  rax, -4096
        0x77, 0xB3,                                     //        ja   pass                ; no memory: the process ends as it would have
        0xC3,                                           //        ret                      ; the access is made again
    ];

    /// <summary>Puts the handler in front of the runtime's.</summary>
    /// <param name="table">Which it looks faults up in; stays where it is for good.</param>
    /// <returns>False where that is not possible; nothing changed.</returns>
    public static bool TryInstall(Table* table)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not Architecture.X64 || Environment.SystemPageSize != PageBytes)
            return false;
        SignalAction action;
        if (Native.ChangeSignal(BusError, null, &action) != 0 || action.Handler is 0 or 1 || (action.Flags & TakesInfo) == 0)
            return false; // nobody to pass to what is not ours, or one that is called in another way

        Span<byte> code = stackalloc byte[Code.Length];
        Code.CopyTo(code);
        BinaryPrimitives.WriteInt64LittleEndian(code[TablePosition..], (nint)table);
        BinaryPrimitives.WriteInt64LittleEndian(code[BeforePosition..], action.Handler);
        var page = Native.MapMemory(0, PageBytes, ReadWrite, PrivateMemory, -1, 0);
        if (page == -1)
            return false;
        code.CopyTo(new Span<byte>((void*)page, PageBytes));
        action.Handler = page; // with the mask, the stack and the flags of the one that was there
        if (Native.Protect(page, PageBytes, ReadExecute) == 0 && Native.ChangeSignal(BusError, &action, null) == 0)
            return true;
        _ = Native.Unmap(page, PageBytes);
        return false;
    }
}
