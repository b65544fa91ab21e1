using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>The calls of the C library that .NET does not offer. Linux only; callers have another way elsewhere.</summary>
internal static partial class Native
{
    public const int PopulateWrite = 23;       // MADV_POPULATE_WRITE, Linux 5.14
    public const int NoSpace = 28;             // ENOSPC
    public const int QuotaExceeded = 122;      // EDQUOT
    public const int Interrupted = 4;          // EINTR
    public const int InvalidArgument = 22;     // EINVAL: older libraries say it for "not on this file system"
    public const int NotSupported = 95;        // EOPNOTSUPP

    /// <returns>0 or an error number; errno stays untouched.</returns>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Allocate(SafeFileHandle file, long position, long bytes);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Advise(nint address, nuint bytes, int advice);

    /// <returns>The address; -1 when it failed.</returns>
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Map(nint address, nuint bytes, int protection, int flags, SafeFileHandle file, nint position);

    /// <summary>Memory of no file.</summary>
    /// <returns>The address; -1 when it failed.</returns>
    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint MapMemory(nint address, nuint bytes, int protection, int flags, int descriptor, nint position);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Protect(nint address, nuint bytes, int protection);

    /// <param name="signal">Its number.</param>
    /// <param name="next">What handles it from now on; null to change nothing.</param>
    /// <param name="before">Takes what handled it; may be null.</param>
    [LibraryImport("libc", EntryPoint = "sigaction")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int ChangeSignal(int signal, FaultHandler.SignalAction* next, FaultHandler.SignalAction* before);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint SetMask(uint mask);

    // As .NET opens a file, but without its lock.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SyncData(SafeFileHandle file);

    /// <summary>Opens a file for reading without the lock that .NET takes with every opening: it would keep the file's owner out for a moment.</summary>
    /// <returns>Null when it cannot be opened, or the system has no such way.</returns>
    public static SafeFileHandle? TryOpenUnlocked(string path)
    {
        const int CloseOnExecute = 0x80000; // O_CLOEXEC
        if (!OperatingSystem.IsLinux())
            return null;
        var descriptor = Open(path, CloseOnExecute);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
