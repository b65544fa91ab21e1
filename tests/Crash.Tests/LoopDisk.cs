using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Crash.Tests;

/// <summary>An ext4 file system in a file, whose power can be cut: what was not synced is gone when it is mounted again.</summary>
internal sealed partial class LoopDisk : IAsyncDisposable
{
    private const nuint ShutDown = 0x8004587D;  // FS_IOC_SHUTDOWN of linux/fs.h
    private const int WithoutLogFlush = 2;      // also what only its journal in memory knows is lost
    private readonly string _image;
    private bool _isMounted;

    private LoopDisk(string image, string folder) => (_image, Folder) = (image, folder);

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Makes and mounts one.</summary>
    /// <returns>Null where that is not allowed: only root can, and containers often have no loop devices.</returns>
    public static async Task<LoopDisk?> TryMakeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var place = Directory.CreateTempSubdirectory("iggy-power-").FullName;
        var disk = new LoopDisk(Path.Combine(place, "image"), Directory.CreateDirectory(Path.Combine(place, "mount")).FullName);
        await using (var image = File.Create(disk._image))
            image.SetLength(600 << 20);
        if (await TryRunAsync("mkfs.ext4", "-q", "-F", disk._image) && await disk.TryMountAsync())
            return disk;
        await disk.DisposeAsync();
        return null;
    }

    /// <summary>Cuts the power: nothing reaches the disk any more.</summary>
    public void Cut()
    {
        using var root = OpenFolder(Folder, flags: 0);
        if (root.IsInvalid || Control(root, ShutDown, WithoutLogFlush) != 0)
            throw new InvalidOperationException($"The file system cannot be shut down: error {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Starts it again. Nobody may have a file of it open.</summary>
    public async Task RestartAsync()
    {
        if (!await TryRunAsync("umount", Folder) || !await TryMountAsync())
            throw new InvalidOperationException("The file system cannot be mounted again.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isMounted)
            await TryRunAsync("umount", Folder);
        Directory.Delete(Path.GetDirectoryName(_image)!, recursive: true);
    }

    // The journal is written by syncs only, and nothing is written early because a file is renamed: the worst that is allowed.
    private async Task<bool> TryMountAsync() => _isMounted = await TryRunAsync("mount", "-o", "loop,commit=300,noauto_da_alloc", _image, Folder);

    private static async Task<bool> TryRunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program here
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeFileHandle file, nuint request, in int argument);
}
