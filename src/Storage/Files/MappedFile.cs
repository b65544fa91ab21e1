using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>Memory that shows a file, also beyond its present end; unmapped when the last one who holds the handle lets go.</summary>
/// <remarks>Linux only. The runtime's own mapping makes the file as long as the memory, so that every copy of a folder with four messages
/// would be gigabytes of zeros.</remarks>
internal sealed class MappedFile : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int ReadWrite = 1 | 2; // PROT_READ, PROT_WRITE
    private const int Shared = 1;        // MAP_SHARED

    private readonly nuint _bytes;

    private MappedFile(nint address, nuint bytes) : base(ownsHandle: true)
    {
        _bytes = bytes;
        SetHandle(address);
    }

    /// <summary>Maps the first bytes of a file. Those behind its end must not be touched before the file is that long.</summary>
    /// <exception cref="IOException">The system refused: no more mappings, or no address space.</exception>
    public static MappedFile Map(SafeFileHandle file, nuint bytes)
    {
        var address = Native.Map(0, bytes, ReadWrite, Shared, file, 0);
        return address != -1 ? new MappedFile(address, bytes)
            : throw new IOException($"Mapping {bytes} bytes failed with error {Marshal.GetLastPInvokeError()}.", Marshal.GetLastPInvokeError());
    }

    protected override bool ReleaseHandle() => Native.Unmap(handle, _bytes) == 0;
}
