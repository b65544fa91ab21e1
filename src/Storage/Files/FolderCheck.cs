using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>Compares a folder with its inventory while others may use it: it takes no lock, and says "incomplete" only for a moment in which nothing changed.</summary>
internal static class FolderCheck
{
    private const int OffsetSlotBytes = 32;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static FolderState Look(string path)
    {
        var folder = new PartitionFolder(path);
        if (!File.Exists(folder.LockPath))
            return FolderState.Missing;
        if (!OperatingSystem.IsLinux())
            return FolderState.Whole; // a held lock file cannot be read there

        // Not through .NET's handles: those would take the lock from a log that is opened at this moment.
        using var file = new SafeFileHandle(Native.Open(folder.LockPath, flags: 0), ownsHandle: true);
        if (file.IsInvalid)
            return File.Exists(folder.LockPath) ? throw new IOException($"{folder.LockPath} cannot be read.") : FolderState.Missing;
        var before = Inventory.Read(file, folder.LockPath, logId: 0, out _);
        if (!before.IsKnown || File.Exists(folder.PurgePath) || IsWhole(folder, before))
            return FolderState.Whole;
        var after = Inventory.Read(file, folder.LockPath, logId: 0, out _);
        return before.Sequence == after.Sequence ? FolderState.Incomplete : FolderState.Whole; // in use, so whole a moment ago
    }

    private static bool IsWhole(PartitionFolder folder, Inventory inventory)
    {
        var names = folder.ListSegments();
        if (names.Count == 0 || names[0] > inventory.FirstOffset || names[^1] < inventory.NewestSegment)
            return false;
        return inventory.OffsetSlots == 0
            || (new FileInfo(folder.OffsetsPath) is { Exists: true } offsets && offsets.Length >= (long)inventory.OffsetSlots * OffsetSlotBytes);
    }
}
