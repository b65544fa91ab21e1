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
    private readonly int _guard;

    private MappedFile(nint address, nuint bytes, int guard) : base(ownsHandle: true)
    {
        (_bytes, _guard) = (bytes, guard);
        SetHandle(address);
    }

    /// <summary>Whether a page of it was touched that the file does not have any more: what was read may be zeros, what was written is gone.</summary>
    public bool HasLostPages => MappingGuard.HasLost(_guard);

    /// <summary>Maps the first bytes of a file. Those behind its end must not be touched before the file is that long.</summary>
    /// <returns>Null where a page that is gone would end the process.</returns>
    /// <exception cref="IOException">The system refused: no more mappings, or no address space.</exception>
    public static MappedFile? TryMap(SafeFileHandle file, nuint bytes)
    {
        if (!MappingGuard.IsInForce)
            return null;
        var address = Native.Map(0, bytes, ReadWrite, Shared, file, 0);
        if (address == -1)
            throw new IOException($"Mapping {bytes} bytes failed with error {Marshal.GetLastPInvokeError()}.", Marshal.GetLastPInvokeError());
        if (MappingGuard.TryAdd(address, bytes, out var guard))
            return new MappedFile(address, bytes, guard);
        _ = Native.Unmap(address, bytes);
        return null;
    }

    protected override bool ReleaseHandle()
    {
        MappingGuard.Remove(_guard);
        return Native.Unmap(handle, _bytes) == 0;
    }
}
